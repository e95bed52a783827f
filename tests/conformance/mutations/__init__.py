"""Random mutations of valid objects of every kind: both API servers get them, and the report groups what differs.

``python -m tests.conformance.mutations --seed N --mutations 10000`` (``make mutations``) runs by hand, for minutes. The
seed decides every request, so that a line of the report can be played again.
"""
