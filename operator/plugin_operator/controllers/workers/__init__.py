"""Running reconciles: worker pool, event loop budget, outcomes, drain."""
