"""The composition root: the only place where all layers meet.

Owns which parts there are, in which order they start, and what probes and status say of them. Everything below gets
plain arguments; only this package and those above see the options.
"""

from plugin_operator.app.build import App, build
from plugin_operator.app.main import run

__all__ = ["App", "build", "run"]
