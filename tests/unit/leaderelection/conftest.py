"""A Lease server in memory."""

import asyncio
import copy
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from plugin_operator.clock import Clock
from plugin_operator.errors import AlreadyExistsError, ApiConnectionError, ConflictError, NotFoundError
from plugin_operator.fence import Fence
from plugin_operator.leaderelection import LeaderElector, LeaseLock, Timing
from plugin_operator.leaderelection.elector import LEADER
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock

TIMING = Timing(lease_duration_seconds=15, renew_deadline_seconds=10, retry_period_seconds=2)
RELEASED = {
    "holderIdentity": "",
    "leaseDurationSeconds": 1,
    "acquireTime": "2025-12-31T00:00:00.000000Z",
    "renewTime": "2025-12-31T00:00:00.000000Z",
    "leaseTransitions": 0,
}


class FakeLeases:
    """Stores one Lease with optimistic locking; can be made unreachable, slow, or lose answers."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.down = False
        self.delay_seconds = 0.0
        self.lose_answers = False
        self.answer_delay_seconds = 0.0
        self.requests = 0
        self._uids = itertools.count(1)

    async def _arrive(self) -> None:
        self.requests += 1
        if self.delay_seconds:
            await self.clock.sleep(self.delay_seconds)
        if self.down:
            raise ApiConnectionError("connection refused")

    async def get(self, kind: str, name: str, namespace: str | None = None) -> Any:
        await self._arrive()
        if self.lease is None:
            raise NotFoundError(404, "NotFound", name)
        return copy.deepcopy(self.lease)

    async def create(self, obj: Any) -> Any:
        await self._arrive()
        if self.lease is not None:
            raise AlreadyExistsError(409, "AlreadyExists", "taken")
        return self.put(obj["spec"])

    async def update(self, obj: Any) -> Any:
        await self._arrive()
        if self.lease is None:
            raise NotFoundError(404, "NotFound", "gone")
        if obj["metadata"].get("resourceVersion") != self.lease["metadata"]["resourceVersion"]:
            raise ConflictError(409, "Conflict", "changed")
        stored = self._store(obj)
        if self.answer_delay_seconds:
            await self.clock.sleep(self.answer_delay_seconds)
        return stored

    def _store(self, obj: Any) -> Any:
        self.version += 1
        self.lease = copy.deepcopy(obj)
        self.lease["metadata"]["resourceVersion"] = str(self.version)
        if self.lose_answers:
            raise ApiConnectionError("connection reset")
        return copy.deepcopy(self.lease)

    @property
    def spec(self) -> dict[str, Any]:
        assert self.lease is not None
        found: dict[str, Any] = self.lease["spec"]
        return found

    @property
    def metadata(self) -> dict[str, Any]:
        assert self.lease is not None
        found: dict[str, Any] = self.lease["metadata"]
        return found

    def lose(self) -> str:
        """Delete the Lease behind everybody's back and return its uid."""
        uid = str(self.metadata["uid"])
        self.lease = None
        return uid

    def touch(self, **spec: Any) -> None:
        """Change the Lease behind everybody's back."""
        assert self.lease is not None
        self._store({**self.lease, "spec": {**self.spec, **spec}})

    def put(self, spec: Any) -> Any:
        """Make the Lease anew, whether or not there is one."""
        return self._store({"metadata": {"name": "lease", "uid": f"uid-{next(self._uids)}"}, "spec": spec})


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def leases(clock: VirtualClock) -> FakeLeases:
    """A Lease that somebody gave back, so that whoever tries first leads at once."""
    leases = FakeLeases(clock)
    leases.put(dict(RELEASED))
    return leases


class Replica:
    """One elector and what happened to it."""

    def __init__(self, name: str, leases: FakeLeases, clock: VirtualClock) -> None:
        self.metrics = Metrics()
        self.elector = LeaderElector(
            LeaseLock(leases, "default", "lease", name),
            fence=Fence(clock),
            clock=clock,
            metrics=self.metrics,
            timing=TIMING,
            random_share=lambda: 0.0,
        )
        self.led = 0
        self.task = asyncio.create_task(self.elector.run(self._lead))

    def _lead(self) -> None:
        self.led += 1

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    @property
    def leads(self) -> bool:
        return self.elector.is_leader()

    @property
    def gauge(self) -> float:
        return self.metrics.family(LEADER).get("lease")


@pytest.fixture
async def start(leases: FakeLeases, clock: VirtualClock) -> AsyncIterator[Callable[[str], Replica]]:
    replicas: list[Replica] = []

    def start(name: str) -> Replica:
        replicas.append(Replica(name, leases, clock))
        return replicas[-1]

    yield start
    for replica in replicas:
        await replica.stop()
