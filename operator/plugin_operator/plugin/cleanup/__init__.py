"""``cleanup=``: a finalizer on the objects of one controller, from before their first reconcile until their cleanup.

Owns when the finalizer is written, and when the plugin's function runs in place of ``reconcile``. Leaves finalizers
without such a function to ``hosting``.
"""

from plugin_operator.plugin.cleanup.event_filter import CleanupFilter
from plugin_operator.plugin.cleanup.object_cleanup import Cleaning, ObjectCleanup

__all__ = ["Cleaning", "CleanupFilter", "ObjectCleanup"]
