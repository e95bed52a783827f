"""The children of a controller: apply the declared set, prune what the set no longer has.

Owns marks, plan, memory of answers, and the limit on deletions. Leaves the caches to ``hosting``, which implements
``ChildCaches``, and requests to the client of the reconcile.
"""

from plugin_operator.plugin.children.child_caches import CachedChild, ChildCaches
from plugin_operator.plugin.children.errors import ChildExistsError
from plugin_operator.plugin.children.making import child_synchronizer
from plugin_operator.plugin.children.marks import marked_owner, owner_uid
from plugin_operator.plugin.children.prune_budget import PruneBudget, PruneBudgets
from plugin_operator.plugin.children.synchronizer import ChildSynchronizer

__all__ = [
    "CachedChild",
    "ChildCaches",
    "ChildExistsError",
    "ChildSynchronizer",
    "PruneBudget",
    "PruneBudgets",
    "child_synchronizer",
    "marked_owner",
    "owner_uid",
]
