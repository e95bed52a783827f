"""Calls to the API server in the source of a plugin, found without running it.

Owns an analysis of all files of a plugin together: which values can reach the arguments of each call. It does not
depend on the order of statements. What it cannot follow is reported, and never guessed.
"""
