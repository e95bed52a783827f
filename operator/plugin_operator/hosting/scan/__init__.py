"""Scanning the plugins directory: file contents, changes, and the files of each plugin."""
