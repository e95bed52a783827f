"""Validation of the values that fields of many kinds have: members, paths, percentages, selectors of nodes."""
