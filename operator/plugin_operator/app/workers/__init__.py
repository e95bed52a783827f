"""The operator as several processes: what runs in the supervisor, and what runs in each worker."""
