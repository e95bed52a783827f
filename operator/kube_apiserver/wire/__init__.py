"""HTTP conventions of the Kubernetes API: failures, paths, content negotiation, bodies.

The package depends on aiohttp, not on storage.
"""
