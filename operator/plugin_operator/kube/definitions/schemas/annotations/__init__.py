"""Annotations of fields: taken apart, and what to write in place of one that has no schema."""
