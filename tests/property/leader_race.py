"""The parts of a race for one Lease: a server that fails at will, and replicas with a clock, network and watch each."""

import asyncio
import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from plugin_operator.errors import (
    AlreadyExistsError,
    ApiConnectionError,
    BadRequestError,
    ConflictError,
    LeadershipLost,
    NotFoundError,
)
from plugin_operator.fence import Fence
from plugin_operator.leaderelection import LeaderElector, LeaseLock, Sighting, Timing
from plugin_operator.leaderelection.lease_record import LeaderRecord, is_micro_time
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock

REPLICAS = 3
LEASE_SECONDS, RENEW_SECONDS, RETRY_SECONDS = 15.0, 10.0, 2.0
STEP_SECONDS = 0.25
INT32_MAX = 2**31 - 1

Lease = dict[str, Any]


class WallClock:
    """The virtual clock with the wall clock of one replica: no two show the same microsecond."""

    def __init__(self, clock: VirtualClock, number: int) -> None:
        self._clock = clock
        self._ahead = timedelta(microseconds=10 * number)

    def now(self) -> datetime:
        return self._clock.now() + self._ahead

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clock, name)


class Server:
    """One Lease, judged as kube-apiserver judges it, and everybody who watches it."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.lease: Lease | None = None
        self.before: Lease | None = None  # what a server that lags behind still shows
        self.version = 0
        self.uids = 0
        self.watches: list[Watch] = []

    def create(self, spec: Any) -> Lease:
        self.uids += 1
        return self.store({"metadata": {"name": "lease", "uid": f"uid-{self.uids}"}, "spec": spec})

    def store(self, obj: Lease) -> Lease:
        self.version += 1
        self.before, self.lease = self.lease, copy.deepcopy(obj)
        self.lease["metadata"]["resourceVersion"] = str(self.version)
        self._tell()
        return copy.deepcopy(self.lease)

    def delete(self) -> None:
        self.version += 1
        self.before, self.lease = self.lease, None
        self._tell()

    def _tell(self) -> None:
        for watch in self.watches:
            watch.changed()

    def judge(self, spec: Any) -> None:
        times = [spec["acquireTime"], spec["renewTime"]]
        if not 0 < spec["leaseDurationSeconds"] <= INT32_MAX or not 0 <= spec["leaseTransitions"] <= INT32_MAX:
            raise BadRequestError(400, "BadRequest", f"numbers out of range: {spec}")
        if not all(is_micro_time(time) for time in times):
            raise BadRequestError(400, "BadRequest", f"no times: {times}")


class Network:
    """A request that was sent arrives, even if its caller was cancelled."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.there_seconds = 0.0
        self.back_seconds = 0.0
        self.cut = False
        self.is_stale = False
        self.holders: set[str] = set()

    async def _send(self, act: Callable[[], Any]) -> Any:
        async def arrive() -> Any:
            await self.server.clock.sleep(self.there_seconds)
            if self.cut:
                raise ApiConnectionError("no route")
            return act()

        request = asyncio.ensure_future(arrive())
        request.add_done_callback(lambda task: task.cancelled() or task.exception())
        answer = await asyncio.shield(request)
        await self.server.clock.sleep(self.back_seconds)
        if self.cut:
            raise ApiConnectionError("no route")
        return answer

    async def get(self, kind: str, name: str, namespace: str | None = None) -> Any:
        def act() -> Lease:
            lease = self.server.before if self.is_stale else self.server.lease
            if lease is None:
                raise NotFoundError(404, "NotFound", name)
            return copy.deepcopy(lease)

        seen = await self._send(act)
        self.holders.add(LeaderRecord.of(seen).holder_identity)
        return seen

    async def create(self, obj: Any) -> Any:
        def act() -> Lease:
            self.server.judge(obj["spec"])
            if self.server.lease is not None:
                raise AlreadyExistsError(409, "AlreadyExists", "taken")
            return self.server.create(obj["spec"])

        return await self._send(act)

    async def update(self, obj: Any) -> Any:
        def act() -> Lease:
            self.server.judge(obj["spec"])
            lease = self.server.lease
            if lease is None:
                raise NotFoundError(404, "NotFound", "gone")
            if obj["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"]:
                raise ConflictError(409, "Conflict", "changed")
            return self.server.store(obj)

        return await self._send(act)


class Watch:
    """Report each state of the Lease in order, with an optional delay; states during a cut are lost."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.elector: LeaderElector | None = None
        self.holders: set[str] = set()
        self.delay_seconds = 0.0
        self.cut = False
        self.behind = 0
        self._due = 0.0
        self._seen: Lease | None = None
        self._connection = 0
        server.watches.append(self)

    def lie(self, holder: str | None) -> None:
        """Report a state that never was; None is a deletion."""
        elector, lease = self.elector, self.server.lease
        if elector is not None and lease is not None:
            if holder is None:
                elector.heard_deleted(lease["metadata"]["uid"])
            else:
                elector.heard(Sighting(holder, str(self.server.version + 1)))

    @property
    def is_late(self) -> bool:
        return self.cut or self.behind > 0

    def connect(self, elector: LeaderElector | None) -> None:
        """Begin anew, with the state of now."""
        self.elector, self._connection, self.behind = elector, self._connection + 1, 0
        self._due = self.server.clock.monotonic()
        if not self.cut:
            self.changed()

    def restart(self, elector: LeaderElector) -> None:
        self._seen = None
        self.connect(elector)

    def changed(self) -> None:
        if self.cut:
            return
        clock, state, connection = self.server.clock, copy.deepcopy(self.server.lease), self._connection
        self._due = max(self._due, clock.monotonic() + self.delay_seconds)
        self.behind += 1

        def arrive() -> None:
            if connection == self._connection:
                self.behind -= 1
                self._report(state)

        clock.call_later(self._due - clock.monotonic(), arrive)

    def _report(self, state: Lease | None) -> None:
        before, self._seen, elector = self._seen, state, self.elector
        if elector is None:
            return
        gone = before is not None and (state is None or before["metadata"]["uid"] != state["metadata"]["uid"])
        if gone and before is not None:
            elector.heard_deleted(before["metadata"]["uid"])
        if state is not None:
            record = LeaderRecord.of(state)
            self.holders.add(record.holder_identity)
            version = state["metadata"]["resourceVersion"]
            elector.heard(Sighting(record.holder_identity, version, record.lease_duration_seconds))


class Replica:
    """A Deployment's pod: the process in it ends whenever it has lost, and a new one starts a second later."""

    def __init__(self, number: int, server: Server, clock: VirtualClock, *, factor: float = 1) -> None:
        self.number = number
        self.lease_seconds, self.renew_seconds = factor * LEASE_SECONDS, factor * RENEW_SECONDS
        self.retry_seconds = factor * RETRY_SECONDS
        self.clock = clock
        self.wall_clock: Any = WallClock(clock, number)
        self.network = Network(server)
        self.watch = Watch(server)
        self.share = 0.0
        self.lives = 0
        self.elector: LeaderElector | None = None
        self.took_unknowing = False  # of any holder before it
        self.task = asyncio.ensure_future(self._live())

    async def _live(self) -> None:
        while True:
            self.lives += 1
            self.elector = elector = LeaderElector(
                LeaseLock(self.network, "default", "lease", f"replica-{self.number}-{self.lives}"),
                fence=Fence(self.wall_clock), clock=self.wall_clock, metrics=Metrics(), random_share=lambda: self.share,
                timing=Timing(self.lease_seconds, self.renew_seconds, self.retry_seconds),
            )  # fmt: skip
            self.network.holders, self.watch.holders = set(), set()
            self.watch.restart(elector)
            try:
                await elector.run(self._lead)
            except LeadershipLost:
                self.elector = None
                await self.clock.sleep(1.0)

    def _lead(self) -> None:
        assert self.elector is not None
        holders = self.network.holders | self.watch.holders
        self.took_unknowing = holders <= {"", self.elector.identity}

    def leads(self) -> bool:
        return self.elector is not None and self.elector.is_leader()

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
