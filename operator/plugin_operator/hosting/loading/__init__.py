"""Loading a revision: its private modules, and control of changes that its import makes to the process."""
