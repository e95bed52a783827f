"""What runs reconciles: worker pool, turns on the event loop, outcomes, drain."""
