"""Signed plugin directories: keys, the manifest, signing, and verification before a load."""
