"""Running a checked expression: the tree becomes functions, which count what they cost."""
