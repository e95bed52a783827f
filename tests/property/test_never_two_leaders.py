"""Several electors race for one Lease on a server that fails at will: never do two of them lead."""

import asyncio
import copy
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from plugin_operator.errors import AlreadyExistsError, ApiConnectionError, ConflictError, LeadershipLost, NotFoundError
from plugin_operator.leaderelection import LeaderElector, LeaseLock
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock

REPLICAS = 3


class Server:
    """One Lease, and a network of its own for each replica."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.lease: dict[str, Any] | None = None
        self.version = 0

    def store(self, obj: Any) -> Any:
        self.version += 1
        self.lease = copy.deepcopy(obj)
        self.lease["metadata"]["resourceVersion"] = str(self.version)
        return copy.deepcopy(self.lease)


class Network:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.there_seconds = 0.0
        self.back_seconds = 0.0
        self.cut = False

    async def _travel(self, seconds: float) -> None:
        await self.server.clock.sleep(seconds)
        if self.cut:
            raise ApiConnectionError("no route")

    async def get(self, kind: str, name: str, namespace: str | None = None) -> Any:
        await self._travel(self.there_seconds)
        seen = copy.deepcopy(self.server.lease)
        await self._travel(self.back_seconds)
        if seen is None:
            raise NotFoundError(404, "NotFound", name)
        return seen

    async def create(self, obj: Any) -> Any:
        await self._travel(self.there_seconds)
        if self.server.lease is not None:
            raise AlreadyExistsError(409, "AlreadyExists", "taken")
        stored = self.server.store(obj)
        await self._travel(self.back_seconds)
        return stored

    async def update(self, obj: Any) -> Any:
        await self._travel(self.there_seconds)
        lease = self.server.lease
        if lease is None or obj["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"]:
            raise ConflictError(409, "Conflict", "changed")
        stored = self.server.store(obj)
        await self._travel(self.back_seconds)
        return stored


async def _endless(elector: LeaderElector, clock: VirtualClock) -> None:
    """A replica that is started again whenever it has lost, as a pod is."""
    while True:
        try:
            await elector.run(lambda: None)
        except LeadershipLost:
            await clock.sleep(1.0)


fault = st.tuples(
    st.integers(0, REPLICAS - 1),
    st.sampled_from(["cut", "heal", "slow there", "slow back", "fast", "clear holder", "release"]),
    st.floats(0.1, 9.0),
)


async def _race(faults: list[tuple[int, str, float]], shares: list[float]) -> int:
    clock = VirtualClock()
    server = Server(clock)
    networks = [Network(server) for _ in range(REPLICAS)]
    share = iter(shares * 1_000)
    electors = [
        LeaderElector(
            LeaseLock(network, "default", "lease", f"replica-{number}"),
            clock=clock, metrics=Metrics(), random_share=lambda: next(share),
        )
        for number, network in enumerate(networks)
    ]  # fmt: skip
    tasks = [asyncio.create_task(_endless(elector, clock)) for elector in electors]
    led = 0
    try:
        for which, what, seconds in faults:
            network = networks[which]
            if what in {"cut", "heal"}:
                network.cut = what == "cut"
            elif what == "slow there":
                network.there_seconds = seconds
            elif what == "slow back":
                network.back_seconds = seconds
            elif what == "fast":
                network.there_seconds = network.back_seconds = 0.0
            elif what == "release":
                await asyncio.wait([asyncio.ensure_future(electors[which].release())], timeout=0)
            for _ in range(int(seconds * 4)):
                await clock.advance(0.25)
                leaders = [elector.identity for elector in electors if elector.is_leader()]
                assert len(leaders) <= 1, (clock.monotonic(), leaders)
                led += len(leaders)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return led


# A renewal is on its way back while the Lease is released and taken by another.
@example([(1, "slow back", 1.0), (0, "cut", 1.0), (0, "cut", 2.0), (1, "release", 3.0)], [0.0])
@example([(0, "cut", 1.0), (1, "slow back", 1.0), (0, "cut", 1.0), (0, "cut", 2.0), (1, "release", 3.0)], [0.0])
@settings(max_examples=60, deadline=None)
@given(st.lists(fault, min_size=1, max_size=25), st.lists(st.floats(0, 0.999), min_size=1, max_size=5))
def test_never_do_two_replicas_lead(faults: list[tuple[int, str, float]], shares: list[float]) -> None:
    asyncio.run(_race(faults, shares))


def test_a_healthy_race_has_a_leader_nearly_always() -> None:
    assert asyncio.run(_race([(0, "heal", 9.0)] * 10, [0.5])) >= 350
