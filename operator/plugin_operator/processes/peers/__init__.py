"""What the workers of one operator tell each other about plugins, through the supervisor."""
