"""How long a save takes to become running code, where that time goes, and what others notice of it."""
