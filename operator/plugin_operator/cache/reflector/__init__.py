"""The reflector: keeps a store in sync with the API server by list and watch."""
