"""Putting a ``ChildSynchronizer`` together from the scope of a controller."""

from plugin_operator.clock import Clock
from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.children.answers import Answers
from plugin_operator.plugin.children.child_caches import ChildCaches
from plugin_operator.plugin.children.declared_set import SetReader
from plugin_operator.plugin.children.gates.closed_gates import ClosedGates
from plugin_operator.plugin.children.gates.gate_reader import GateReader
from plugin_operator.plugin.children.overwrites import OverwriteReport
from plugin_operator.plugin.children.owner_events import OwnerEvents
from plugin_operator.plugin.children.prune_budget import PruneBudget
from plugin_operator.plugin.children.pruner import Pruner
from plugin_operator.plugin.children.synchronizer import ChildSynchronizer
from plugin_operator.plugin.context.scope import ControllerScope


def child_synchronizer(
    scope: ControllerScope, caches: ChildCaches, *, budget: PruneBudget, clock: Clock
) -> ChildSynchronizer:
    """Return what carries out ``ctx.sync_children`` of one controller in one revision.

    Args:
        scope: the controller's scope; its recorder, log, listers and queue are used.
        caches: of the kinds in ``owns``.
        budget: limits deletions.
        clock: measures how often another party changes a child, and how long gates are closed.
    """

    def exists(request: NamespacedName) -> bool:
        return request in scope.lister()

    gates = GateReader(caches, lambda kind, key: scope.lister_for(kind).raw(key))
    reader = SetReader(scope.kind, scope.identity, scope.finalizer, caches, gates)
    log = scope.log()
    pruner = Pruner(caches, budget, scope.recorder, log, scope.enqueue)
    report = OverwriteReport(scope.recorder, log, scope.manager)
    events = OwnerEvents(scope.recorder, log)
    closed = ClosedGates(clock, exists, scope.enqueue)
    return ChildSynchronizer(reader, Answers(exists), pruner, report, events, closed, clock)
