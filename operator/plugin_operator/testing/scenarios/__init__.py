"""Scenarios: plugins on an embedded API server in virtual time, and the objects that they start with."""
