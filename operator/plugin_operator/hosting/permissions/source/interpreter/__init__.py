"""Execution of a program with sets of possible values, until nothing new is found."""
