"""From one revision to the next: preparation, swap, drain, probation, rollback."""
