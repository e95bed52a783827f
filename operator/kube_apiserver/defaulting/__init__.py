"""Defaulting of objects."""
