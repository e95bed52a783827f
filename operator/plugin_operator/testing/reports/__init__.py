"""What a failing test shows: log lines and tracebacks of plugins, without the inside of the operator."""
