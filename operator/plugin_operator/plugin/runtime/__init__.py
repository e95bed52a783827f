"""Control of running plugin code: its tasks, exits and forks."""
