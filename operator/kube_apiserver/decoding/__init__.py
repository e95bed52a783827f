"""Decoding of objects as Go does it: type errors, pruning of unknown fields, and the canonical form."""
