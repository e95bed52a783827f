"""The objects that a server starts with: files of CRDs and other objects, and their creation in the right order."""
