"""Trial imports: a forked process imports each revision before the operator does."""
