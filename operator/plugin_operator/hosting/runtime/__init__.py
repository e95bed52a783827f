"""One revision at work: its controllers, caches, hooks and health, and what it does wrong."""
