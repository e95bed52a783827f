"""Validation of values by the OpenAPI keywords of custom schemas."""
