"""Type checking: which overload a call means, and what is wrong with an expression before it runs."""
