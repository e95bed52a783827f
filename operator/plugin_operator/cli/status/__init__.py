"""The status of a running operator: the request, the form of the answer, and its table."""
