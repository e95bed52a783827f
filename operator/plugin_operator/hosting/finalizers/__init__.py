"""Finalizers of ``cleanup=`` after an edit without it, outside of the caches, and of a deleted file.

Owns what such objects have and when the operator takes it off. Leaves objects of a controller with ``cleanup=`` to
``plugin.cleanup``.
"""
