"""Answers at paths that are no resources: health, version, discovery, OpenAPI."""
