"""Helpers for the tests of this package and of plugin authors."""
