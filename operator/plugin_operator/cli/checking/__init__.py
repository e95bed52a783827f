"""Checks of plugin files: the report, and its forms."""
