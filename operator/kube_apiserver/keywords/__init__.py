"""The keywords of custom schemas, applied to values."""
