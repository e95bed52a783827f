"""One module for each command of ``plugin-operator``."""
