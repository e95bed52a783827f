"""Where the threads of plugins come from; see ``plugin_operator.threads``."""

from plugin_operator.threads import ThreadRunner

__all__ = ["ThreadRunner"]
