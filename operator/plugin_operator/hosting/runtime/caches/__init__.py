"""The caches of one controller in one revision: its informers, their listers and indexes."""
