"""Replicas tell each other which plugins they hold and what they watch."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from plugin_operator.app.plugin_skew import PREFIX, PluginSkewMonitor
from plugin_operator.hosting import PluginState, PluginStatus
from plugin_operator.metrics import Gauge
from plugin_operator.testing.virtual_clock import VirtualClock

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


class Lease:
    """Its annotations, shared by all."""

    name = "lease"
    namespace = "default"

    def __init__(self) -> None:
        self.annotations: dict[str, str] = {"of.others/x": "y"}
        self.writes = 0

    async def patch(self, kind: Any, name: str, patch: Any, namespace: str | None = None) -> None:
        self.writes += 1
        for key, value in patch["metadata"]["annotations"].items():
            if value is None:
                self.annotations.pop(key, None)
            else:
                self.annotations[key] = value

    @property
    def told(self) -> dict[str, str]:
        return {k.removeprefix(PREFIX): v for k, v in self.annotations.items() if k.startswith(PREFIX)}


@dataclass
class Elector:
    lock: Lease
    identity: str
    leads: bool = False

    def is_leader(self) -> bool:
        return self.leads


class Replica:
    def __init__(self, name: str, lease: Lease, clock: VirtualClock, namespaces: Sequence[str] = ()) -> None:
        self.elector = Elector(lease, f"host_{name}")
        self.digest = "d1"
        self.namespaces = namespaces
        self.is_settled = True
        self.gauge = Gauge("g", "help")
        self.census = PluginSkewMonitor(
            self, self.elector, lambda: dict(lease.annotations),  # type: ignore[arg-type]
            client=lease, differing=self.gauge, clock=clock,
        )  # fmt: skip

    def status(self) -> list[PluginStatus]:
        return [PluginStatus("one", "one.py", None, PluginState.ACTIVE, SINCE, digest=self.digest)]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def lease() -> Lease:
    return Lease()


@pytest.fixture
async def start(lease: Lease, clock: VirtualClock) -> AsyncIterator[Callable[..., Any]]:
    running: list[Replica] = []

    async def start(name: str, *, leads: bool = False, namespaces: Sequence[str] = ()) -> Replica:
        replica = Replica(name, lease, clock, namespaces)
        replica.elector.leads = leads
        await replica.census.start()
        running.append(replica)
        return replica

    yield start
    for replica in running:
        await replica.census.stop(1)


async def test_each_replica_tells_what_it_holds_and_writes_only_changes(
    start: Any, lease: Lease, clock: VirtualClock
) -> None:
    leader, standby = await start("a", leads=True), await start("b")
    await clock.advance(10)
    assert set(lease.told) == {"a", "b"}
    assert lease.told["a"] == lease.told["b"]
    assert lease.annotations["of.others/x"] == "y"
    before = lease.writes
    await clock.advance(600)
    assert lease.writes == before
    assert (leader.gauge.get(), standby.gauge.get()) == (0, 0)


async def test_a_replica_that_is_still_loading_tells_nothing_yet(start: Any, lease: Lease, clock: VirtualClock) -> None:
    replica = await start("a")
    replica.is_settled = False
    await clock.advance(10)
    assert lease.told == {}
    replica.is_settled = True
    await clock.advance(10)
    assert set(lease.told) == {"a"}


async def test_a_leader_says_once_that_a_standby_lags_behind_for_long(
    start: Any, lease: Lease, clock: VirtualClock
) -> None:
    leader, standby = await start("a", leads=True), await start("b")
    await clock.advance(10)
    leader.digest = "d2"
    with capture_logs() as lines:
        await clock.advance(100)
        assert leader.gauge.get() == 0
        await clock.advance(300)
    said = [line for line in lines if line["event"].startswith("Plugin skew between replicas")]
    assert [line["replicas"] for line in said] == [["b"]]
    assert (leader.gauge.get(), standby.gauge.get()) == (1, 0)
    standby.digest = "d2"
    await clock.advance(5)
    assert leader.gauge.get() == 0


async def test_a_leader_says_that_a_replica_watches_other_namespaces(
    start: Any, lease: Lease, clock: VirtualClock
) -> None:
    leader = await start("a", leads=True, namespaces=["shop", "stock"])
    await start("b", namespaces=["stock", "shop"])
    await start("c", namespaces=["shop"])
    await start("d")
    with capture_logs() as lines:
        await clock.advance(200)
    said = [line for line in lines if line["event"] == "Plugin skew between replicas"]
    assert [line["replicas"] for line in said] == [["c", "d"]]
    assert leader.gauge.get() == 2


async def test_what_dead_replicas_left_goes_with_the_next_change_and_the_next_leader(
    start: Any, lease: Lease, clock: VirtualClock
) -> None:
    lease.annotations[PREFIX + "dead"] = "x"
    leader = await start("a", leads=True)
    await clock.advance(5)
    assert set(lease.told) == {"a"}
    lease.annotations |= {f"{PREFIX}crashed-{number}": "x" for number in range(30)}
    await clock.advance(5)
    assert set(lease.told) == {"a"}
    lease.annotations[PREFIX + "dead"] = "x"
    leader.digest = "d2"
    await clock.advance(5)
    assert set(lease.told) == {"a"}
