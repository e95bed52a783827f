"""Trial imports: a revision is imported in a forked process before the operator imports it."""
