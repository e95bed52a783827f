"""Signed plugin directories: keys, the manifest, signing it, and verifying it before anything is loaded."""
