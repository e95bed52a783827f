"""HTTP to the API server: connections, attempts, limits of answers, and failures as exceptions."""
