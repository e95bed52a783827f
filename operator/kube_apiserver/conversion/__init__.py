"""One object in several served versions."""
