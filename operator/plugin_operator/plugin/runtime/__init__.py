"""What holds plugin code while it runs: its tasks, exits and forks."""
