"""Parsing and compiling plugin files in a process with resource limits that runs no plugin code."""
