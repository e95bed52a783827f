"""Lints of plugin files: mistakes that load well and show at run time, found in the source."""
