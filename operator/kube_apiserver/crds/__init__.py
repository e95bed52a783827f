"""Validation of CustomResourceDefinitions, and the schemas made from them."""
