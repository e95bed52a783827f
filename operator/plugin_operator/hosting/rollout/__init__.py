"""The rollout of a revision: preparation, swap, drain, probation, rollback."""
