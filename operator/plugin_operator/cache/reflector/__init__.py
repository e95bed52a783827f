"""Keeping a store equal to the server: list, watch, resume, relist."""
