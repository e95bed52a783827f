"""Fakes for unit tests without a server: a context with a client, listers and a recorder."""
