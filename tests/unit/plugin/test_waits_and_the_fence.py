"""A process that is stopped while a reconcile waits, and wakes up without its Lease, does not begin it."""

import asyncio
from typing import Any, cast

import pytest

from plugin_operator.containment import PluginGuard
from plugin_operator.errors import LeadershipLost
from plugin_operator.fence import Fence
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin import BoundController, ControllerDeclaration, ControllerScope, Expectations
from plugin_operator.plugin.writes.expectations import NewerThan, Target
from plugin_operator.testing.virtual_clock import VirtualClock

MAP = GroupVersionKind.parse("v1/ConfigMap")
A = NamespacedName("default", "a")
LEASE_SECONDS = 2.0


class Cache:
    """Lags behind until it is told."""

    position = "1"
    version = "1"

    def selects(self, obj: object) -> bool:
        return True

    def identity(self, key: NamespacedName) -> tuple[str, str, bool]:
        return self.version, "uid", False


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.mark.parametrize(("waited", "begins"), [(LEASE_SECONDS / 2, True), (2 * LEASE_SECONDS, False)])
async def test_a_reconcile_that_waited_for_its_cache_begins_only_while_this_process_leads(
    clock: VirtualClock, waited: float, begins: bool
) -> None:
    begun: list[str] = []

    async def reconcile(_ctx: object, request: NamespacedName) -> None:
        begun.append(request.name)

    cache, fence = Cache(), Fence(clock)
    scope = ControllerScope(
        plugin="p", revision="1-a", controller="c", kind=MAP, client=None, recorder=cast("Any", None), listers={}
    )
    scope.fence = fence
    scope.writes = Expectations(MAP, lambda _kind, _key: cache, clock=clock, on_late=lambda: None, deadline_seconds=60)
    scope.writes.expect(A, Target(MAP, A), NewerThan("1"))
    fence.until = clock.monotonic() + LEASE_SECONDS
    bound = BoundController(
        ControllerDeclaration("c", MAP, reconcile), scope, PluginGuard("p", "1-a", "c", clock=clock)
    )

    running = asyncio.ensure_future(bound.reconciler()(A))
    await clock.advance(waited)
    assert begun == []
    cache.version = "2"
    await clock.advance(0.1)
    if begins:
        assert await running is None
    else:
        with pytest.raises(LeadershipLost):
            await running
    assert begun == (["a"] if begins else [])
