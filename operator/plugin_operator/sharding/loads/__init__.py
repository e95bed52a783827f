"""What the shards of a process cost it."""
