"""Parts of the command ``rbac``."""
