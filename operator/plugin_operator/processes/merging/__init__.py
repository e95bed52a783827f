"""What workers report, merged to what one process would report."""
