"""The composition root, which builds the operator from all layers.

Owns the list of Runnables, their order, and the content of probes and status. Layers below take plain arguments; only
this package and those above see the options.
"""

from plugin_operator.app.build import App, build
from plugin_operator.app.main import run

__all__ = ["App", "build", "run"]
