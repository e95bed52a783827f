"""What writes objects for the reconciles of one controller, and what waits for these writes."""

from collections.abc import Callable

from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.runtime.caches.informer_set import InformerSet
from plugin_operator.hosting.runtime.caches.owned_caches import OwnedCaches
from plugin_operator.metrics.declaration import counter
from plugin_operator.plugin import (
    ControllerDeclaration,
    ControllerScope,
    Expectations,
    child_synchronizer,
    status_writer,
)
from plugin_operator.plugin.children import ChildSynchronizer
from plugin_operator.plugin.status import StatusWriter

LATE_CACHES = counter(
    "plugin_operator_late_caches_total",
    "Reconciles that started before the cache showed the controller's own write",
    "controller",
)


def child_writer_of(
    declaration: ControllerDeclaration, informers: InformerSet, environment: Environment
) -> Callable[[ControllerScope], ChildSynchronizer] | None:
    """Return what makes the ``ctx.sync_children`` of a controller; None for one without a kind."""
    if declaration.for_ is None:
        return None

    def make(scope: ControllerScope) -> ChildSynchronizer:
        caches = OwnedCaches(declaration, scope.identity, informers, environment.is_namespaced)
        budget = environment.prune_budgets.of(scope.identity.ids, declaration.max_prune, environment.clock)
        return child_synchronizer(scope, caches, budget=budget, clock=environment.clock)

    return make


def status_writer_of(declaration: ControllerDeclaration) -> Callable[[ControllerScope], StatusWriter] | None:
    """Return what makes the ``ctx.status`` of a controller; None for one without a kind."""
    return None if declaration.for_ is None else status_writer


def expectations_of(
    declaration: ControllerDeclaration, informers: InformerSet, environment: Environment
) -> Expectations:
    """Return the expectations about the writes of a controller."""
    late = environment.metrics.family(LATE_CACHES)
    return Expectations(
        declaration.for_,
        informers.caches_of,
        clock=environment.clock,
        on_late=lambda: late.inc(declaration.name),
    )
