"""What an expression costs, in the units of cel-go: at most, before it runs, and in fact, while it runs."""
