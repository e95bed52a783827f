"""Finding, loading, swapping and unloading plugins.

Owns the plugins directory (scanner, watcher), the way from bytes to a running revision (loader, validator) and the
decision which revision runs (host). Leaves what an author may write to ``plugin``, the swap itself to ``controller``.
"""
