"""The status that a reconciler writes with ``ctx.status``: once, at the end, if it changed.

Owns what is written and how. Leaves requests to the client of the reconcile, and conditions to ``plugin.context``.
"""

from plugin_operator.plugin.status.making import status_writer
from plugin_operator.plugin.status.writer import StatusWriter

__all__ = ["StatusWriter", "status_writer"]
