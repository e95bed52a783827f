"""One active revision: its controllers, caches, hooks, health and misbehavior."""
