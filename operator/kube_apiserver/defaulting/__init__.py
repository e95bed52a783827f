"""Defaults of custom kinds, from their schema, and of built-in kinds."""
