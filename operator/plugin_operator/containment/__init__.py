"""The guard around plugin code that runs in the operator's tasks.

Owns containment: an exception of plugin code, of any type, ends that call but no task of the operator. Each call has a
context of its own, and each report names plugin, revision, controller, object and the plugin's line. Leaves the
reaction to a failed call to the caller.
"""

from plugin_operator.containment.coroutine_steps import in_context, is_cancelled_from_outside, run_without_task
from plugin_operator.containment.guard import Around, PluginGuard
from plugin_operator.containment.limiter import LineLimiter

__all__ = ["Around", "LineLimiter", "PluginGuard", "in_context", "is_cancelled_from_outside", "run_without_task"]
