"""Measures this operator beside its peers: the same bytes from one load server, one peer at a time, interleaved."""
