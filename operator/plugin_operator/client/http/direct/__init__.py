"""HTTP/1.1 to one API server on connections of our own, at a fifth of the CPU of a general HTTP client."""
