"""From events to keys in the queue: one source for each informer, and namespaces that cannot be read."""
