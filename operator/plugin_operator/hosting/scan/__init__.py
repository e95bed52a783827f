"""Finding what lies in the plugins directory: bytes, changes, and which files make one plugin."""
