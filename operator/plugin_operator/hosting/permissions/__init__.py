"""RBAC permissions of plugins: rules, the calls that they allow, and what a plugin needs."""
