"""Parsing of requests: bodies, options, selectors, continue tokens and resource versions."""
