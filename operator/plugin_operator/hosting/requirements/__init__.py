"""What plugins need installed: reading it from their files, comparing it with what is there, and merging it."""
