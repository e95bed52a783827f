"""What is reported of a plugin: its state, status, log lines and metrics."""
