"""Hosts for the tests of this folder."""

from tests.host_harness import harness, make_harness, plugin_text, short_deadlines

__all__ = ["harness", "make_harness", "plugin_text", "short_deadlines"]
