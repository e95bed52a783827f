"""The rules of single kinds, by group: one module for each family of kinds."""
