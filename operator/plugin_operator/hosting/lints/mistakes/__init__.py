"""The mistakes that the lints find, each in a module of its own."""
