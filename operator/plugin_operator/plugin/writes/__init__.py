"""Writes of reconciles: read-your-writes, missing permissions, write loops and write fights."""
