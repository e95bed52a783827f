"""Non-resource paths: health, version, discovery, OpenAPI."""
