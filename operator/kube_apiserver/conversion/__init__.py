"""Conversion of objects between served versions."""
