"""The commands that show what plugins have left behind in a cluster."""
