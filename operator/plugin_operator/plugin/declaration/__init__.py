"""Declarations of plugins, and the contract that they must meet."""
