"""Sources: one per informer, from events to the queue, and namespaces whose caches wait."""
