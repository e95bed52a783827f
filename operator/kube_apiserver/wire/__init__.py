"""HTTP in the dialect of the Kubernetes API: failures, paths, content negotiation, bodies.

Knows aiohttp and bytes; knows nothing of what is stored.
"""
