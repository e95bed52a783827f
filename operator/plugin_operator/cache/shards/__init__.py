"""Caches of a part of a kind: the objects whose hash is in ranges that change while the process runs."""
