"""What stands between a worker and the author's code, and in which order."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import Reconciler, ReconcileTimeoutError
from plugin_operator.errors import LeadershipLost
from plugin_operator.fence import Fence
from plugin_operator.hosting.runtime.health import RevisionHealth
from plugin_operator.hosting.runtime.reconcile_steps import reconcile_steps
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
    has_version = "1"
    is_live = True
    is_whole = True

    def selects(self, obj: object) -> bool:
        return True

    def version(self, key: NamespacedName) -> str:
        return self.has_version

    def identity(self, key: NamespacedName) -> tuple[str, str, bool]:
        return self.has_version, "uid", False


@dataclass
class Steps:
    """The steps of one controller whose author's code sleeps for ``work_seconds``."""

    clock: VirtualClock
    work_seconds: float = 0.0
    timeout_seconds: float | None = None
    begun: list[str] = field(default_factory=list)
    lapses: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cache = Cache()
        self.ready = asyncio.Event()
        self.ready.set()
        self.health = RevisionHealth()
        self.fence = Fence(self.clock, on_lapse=lambda: self.lapses.append(1))
        self.fence.until = self.clock.monotonic() + LEASE_SECONDS
        self.expectations = Expectations(
            MAP, lambda _kind, _key: [self.cache], clock=self.clock, on_late=lambda: None, deadline_seconds=60
        )

    async def author(self, _ctx: object, request: NamespacedName) -> None:
        self.begun.append(request.name)
        if self.work_seconds:
            await self.clock.sleep(self.work_seconds)

    def reconciler(self) -> Reconciler:
        scope = ControllerScope(
            plugin="p",
            revision="1-a",
            controller="c",
            kind=MAP,
            client=cast("Any", None),
            recorder=cast("Any", None),
            listers={},
            writes=self.expectations,
        )
        declaration = ControllerDeclaration("c", MAP, self.author, reconcile_timeout_seconds=self.timeout_seconds)
        bound = BoundController(declaration, scope, PluginGuard("p", "1-a", "c", clock=self.clock))
        return reconcile_steps(bound, ready=self.ready, fence=self.fence, health=self.health, clock=self.clock)

    def begin(self) -> "asyncio.Future[Any]":
        return asyncio.ensure_future(self.reconciler()(A))

    def lag(self) -> None:
        """Let the cache not show a write to the object."""
        self.expectations.expect(A, Target(MAP, A), NewerThan("1"))

    def catch_up(self) -> None:
        self.cache.has_version = "2"


def hold_state(steps: Steps) -> Callable[[], None]:
    steps.ready.clear()
    return steps.ready.set


def hold_cache(steps: Steps) -> Callable[[], None]:
    steps.lag()
    return steps.catch_up


def hold_state_then_cache(steps: Steps) -> Callable[[], None]:
    releases = hold_state(steps), hold_cache(steps)

    def release() -> None:
        for each in releases:
            each()

    return release


HOLDS = [hold_state, hold_cache, hold_state_then_cache]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize(("waited", "begins"), [(LEASE_SECONDS / 2, True), (2 * LEASE_SECONDS, False)])
async def test_a_reconcile_that_waited_begins_only_while_this_process_leads(
    clock: VirtualClock, hold: Callable[[Steps], Callable[[], None]], waited: float, begins: bool
) -> None:
    steps = Steps(clock)
    release = hold(steps)
    running = steps.begin()
    await clock.advance(waited)
    assert steps.begun == []
    release()
    await clock.advance(0.1)
    if begins:
        assert await running is None
    else:
        with pytest.raises(LeadershipLost):
            await running
    assert steps.begun == (["a"] if begins else [])
    assert steps.lapses == ([] if begins else [1])


async def test_no_reconcile_begins_once_leadership_is_over(clock: VirtualClock) -> None:
    steps = Steps(clock)
    assert await steps.begin() is None
    clock._monotonic += LEASE_SECONDS  # the loop stood still: no timer fired
    with pytest.raises(LeadershipLost):
        await steps.begin()
    assert (steps.begun, steps.lapses) == (["a"], [1])


@pytest.mark.parametrize("hold", HOLDS)
async def test_a_lease_in_doubt_after_a_wait_makes_the_reconcile_wait_on(
    clock: VirtualClock, hold: Callable[[Steps], Callable[[], None]]
) -> None:
    steps = Steps(clock)
    release = hold(steps)
    running = steps.begin()
    steps.fence.suspend()
    release()
    await clock.advance(1)
    assert (steps.begun, running.done()) == ([], False)
    steps.fence.open_until(clock.monotonic() + LEASE_SECONDS)
    await clock.settle()
    assert (await running, steps.begun, steps.lapses) == (None, ["a"], [])


@pytest.mark.parametrize("hold", HOLDS)
async def test_the_time_limit_measures_the_authors_code_and_none_of_the_waits(
    clock: VirtualClock, hold: Callable[[Steps], Callable[[], None]]
) -> None:
    steps = Steps(clock, work_seconds=0.9, timeout_seconds=1.0)
    steps.fence.until = clock.monotonic() + 60
    release = hold(steps)
    running = steps.begin()
    await clock.advance(5)
    release()
    await clock.advance(2)
    assert await running is None
    assert (steps.health.succeeded, steps.health.failed) == (1, 0)


async def test_a_timeout_counts_against_the_revision_once(clock: VirtualClock) -> None:
    steps = Steps(clock, work_seconds=60, timeout_seconds=1.0)
    running = steps.begin()
    await clock.advance(1)
    with pytest.raises(ReconcileTimeoutError):
        await running
    assert (steps.health.succeeded, steps.health.failed) == (0, 1)
    assert steps.health.last_kind.startswith("ReconcileTimeoutError")


async def test_a_lost_lease_and_a_cancelled_wait_count_neither_for_nor_against_the_revision(
    clock: VirtualClock,
) -> None:
    steps = Steps(clock)
    hold_cache(steps)
    waiting = steps.begin()
    await clock.settle()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    steps.catch_up()
    steps.fence.close()
    with pytest.raises(LeadershipLost):
        await steps.begin()
    assert (steps.health.succeeded, steps.health.failed, steps.begun) == (0, 0, [])
