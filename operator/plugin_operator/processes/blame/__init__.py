"""Which plugin has ended its worker process: what ran there, what it is charged with, and what follows."""
