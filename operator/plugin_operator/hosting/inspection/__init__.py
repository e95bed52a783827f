"""Parsing and compiling plugin files in a process with limits, in which nothing of them runs."""
