"""The calls of plugins in tests: which no rule allows, and a recording of all."""
