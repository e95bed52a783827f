"""What a request says: its body, options, selectors, continue tokens and resource versions."""
