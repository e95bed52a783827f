"""HTTP conventions of the Kubernetes API: failures, paths, content negotiation, bodies.

The package depends on HTTP, not on storage.
"""
