"""Reports about plugins: state, status, log lines and metrics."""
