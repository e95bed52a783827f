"""Documents as the bodies of requests."""
