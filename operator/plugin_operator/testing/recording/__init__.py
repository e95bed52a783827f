"""What a scenario records of its plugins: writes, requests, Events and log lines."""
