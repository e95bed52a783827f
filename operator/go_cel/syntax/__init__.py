"""The text of an expression, and its syntax tree."""
