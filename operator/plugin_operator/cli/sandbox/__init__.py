"""The sandbox: its folder, its API server as a child process, and what both start with."""
