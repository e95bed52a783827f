"""Several processes race for one Lease on a server that fails at will, while people touch the Lease: never do two lead.

Time is virtual. A process that loses ends, and a new one that knows nothing takes its place, as a pod does. Each has a
network and a watch of its own. One overlap is permitted and bounded, see ``Race.is_permitted``.
"""

import asyncio
import copy
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from plugin_operator.errors import (
    AlreadyExistsError,
    ApiConnectionError,
    BadRequestError,
    ConflictError,
    LeadershipLost,
    NotFoundError,
)
from plugin_operator.leaderelection import LeaderElector, LeaseLock, Sighting
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
    """What is sent arrives even if nobody waits for the answer any more."""

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
    """Reports each state of the Lease in order, late if so told; what came while it was cut is lost."""

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
            holder = LeaderRecord.of(state).holder_identity
            self.holders.add(holder)
            elector.heard(Sighting(holder, state["metadata"]["resourceVersion"]))


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
                clock=self.wall_clock, metrics=Metrics(), random_share=lambda: self.share,
                lease_duration_seconds=self.lease_seconds, renew_deadline_seconds=self.renew_seconds,
                retry_period_seconds=self.retry_seconds,
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


NUMBERS = st.sampled_from([-INT32_MAX, -1, 0, 1, 15, 100, INT32_MAX - 1, INT32_MAX, None, "15", 1.5, True, []])
TIMES = st.sampled_from(
    [None, "", "soon", "2026-01-01", "1999-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", 7]
)
HOLDERS = st.sampled_from(["", " ", None, 7, "stranger", "replica-0-1", "replica-1-1", "replica-2-2", {}])
EDITS = st.fixed_dictionaries(
    {},
    optional={
        "holderIdentity": HOLDERS,
        "leaseDurationSeconds": NUMBERS,
        "acquireTime": TIMES,
        "renewTime": TIMES,
        "leaseTransitions": NUMBERS,
    },
)
WHICH = st.integers(0, REPLICAS - 1)
SECONDS = st.floats(0.1, 9.0)


class Race(RuleBasedStateMachine):
    """The race as hypothesis plays it.

    Attributes:
        factors: how long the times of each replica are; a rollout changes them one by one.
    """

    factors: tuple[float, ...] = (1, 1, 1)

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        self.clock = VirtualClock()
        self.server = Server(self.clock)
        self.replicas = [
            Replica(number, self.server, self.clock, factor=self.factors[number]) for number in range(REPLICAS)
        ]
        self.overlap_seconds = 0.0
        self.longest_overlap_seconds = 0.0
        self.led_seconds = 0.0
        await self.clock.settle()

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.loop.run_until_complete(coroutine)

    async def pass_time(self, seconds: float) -> None:
        for _ in range(max(1, int(seconds / STEP_SECONDS))):
            await self.clock.advance(STEP_SECONDS)
            for replica in self.replicas:
                if replica.task.done():
                    replica.task.result()
            self.look([each for each in self.replicas if each.leads()])

    def look(self, leaders: list[Replica]) -> None:
        self.led_seconds += STEP_SECONDS * bool(leaders)
        if len(leaders) < 2:
            self.overlap_seconds = 0.0
            return
        self.overlap_seconds += STEP_SECONDS
        assert self.is_permitted(leaders), (self.clock.monotonic(), [each.number for each in leaders])
        assert self.overlap_seconds <= self.longest_permitted_seconds + STEP_SECONDS
        self.longest_overlap_seconds = max(self.longest_overlap_seconds, self.overlap_seconds)

    @property
    def longest_permitted_seconds(self) -> float:
        return max(each.renew_seconds for each in self.replicas) - min(each.retry_seconds for each in self.replicas)

    @staticmethod
    def is_permitted(leaders: list[Replica]) -> bool:
        """A leader has not heard yet that its Lease is gone, and the one who took it never heard of any holder."""
        return len(leaders) == 2 and any(
            old.watch.is_late and new.took_unknowing for old, new in (leaders, reversed(leaders))
        )

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.run(self.pass_time(seconds))

    @rule(which=WHICH, cut=st.booleans(), seconds=SECONDS)
    def network_is_cut_or_healed(self, which: int, cut: bool, seconds: float) -> None:
        self.replicas[which].network.cut = cut
        self.run(self.pass_time(seconds))

    @rule(which=WHICH, there=st.one_of(st.just(0.0), SECONDS), back=st.one_of(st.just(0.0), SECONDS), seconds=SECONDS)
    def network_is_slow_or_fast(self, which: int, there: float, back: float, seconds: float) -> None:
        network = self.replicas[which].network
        network.there_seconds, network.back_seconds = there, back
        self.run(self.pass_time(seconds))

    @rule(seconds=st.floats(0.0, 3.0))
    def leader_is_cut_off(self, seconds: float) -> None:
        for replica in self.replicas:
            if replica.leads():
                replica.network.cut = replica.watch.cut = True
                replica.watch.connect(replica.elector)
        self.run(self.pass_time(seconds))

    @rule(which=WHICH, cut=st.booleans(), seconds=SECONDS)
    def watch_is_cut_or_opened_again(self, which: int, cut: bool, seconds: float) -> None:
        watch = self.replicas[which].watch
        watch.cut = cut
        self.run(self._reconnect(watch, seconds))

    async def _reconnect(self, watch: Watch, seconds: float) -> None:
        watch.connect(watch.elector)
        await self.pass_time(seconds)

    @rule(which=WHICH, delay=st.one_of(st.just(0.0), SECONDS))
    def watch_is_late(self, which: int, delay: float) -> None:
        self.replicas[which].watch.delay_seconds = delay

    @rule(seconds=st.floats(0.0, 20.0))
    def lease_is_deleted(self, seconds: float) -> None:
        self.run(self._delete(seconds))

    async def _delete(self, seconds: float) -> None:
        if self.server.lease is not None:
            self.server.delete()
        await self.pass_time(seconds)

    @rule(spec=EDITS, seconds=SECONDS)
    def lease_is_edited_by_hand(self, spec: dict[str, Any], seconds: float) -> None:
        self.run(self._edit(spec, seconds))

    async def _edit(self, spec: dict[str, Any], seconds: float) -> None:
        if (lease := self.server.lease) is not None:
            before = lease["spec"] if isinstance(lease["spec"], dict) else {}
            self.server.store({**lease, "spec": {**before, **spec}})
        await self.pass_time(seconds)

    @rule(spec=st.one_of(EDITS, st.sampled_from([None, [], "spec"])), seconds=SECONDS)
    def lease_is_made_anew_by_a_stranger(self, spec: Any, seconds: float) -> None:
        self.run(self._make_anew(spec, seconds))

    async def _make_anew(self, spec: Any, seconds: float) -> None:
        if self.server.lease is not None:
            self.server.delete()
        self.server.create(spec)
        await self.pass_time(seconds)

    @rule(which=WHICH, seconds=SECONDS)
    def process_releases_the_lease_and_ends(self, which: int, seconds: float) -> None:
        self.run(self._end(self.replicas[which], seconds, release=True))

    @rule(which=WHICH, seconds=SECONDS)
    def process_is_killed(self, which: int, seconds: float) -> None:
        self.run(self._end(self.replicas[which], seconds, release=False))

    async def _end(self, replica: Replica, seconds: float, *, release: bool) -> None:
        elector = replica.elector
        await replica.end()
        releasing = asyncio.ensure_future(elector.release()) if release and elector is not None else None
        await self.clock.settle()
        replica.elector = None
        replica.task = asyncio.ensure_future(replica._live())
        await self.pass_time(seconds)
        if releasing is not None:
            releasing.cancel()
            await asyncio.gather(releasing, return_exceptions=True)

    @rule(which=WHICH, stale=st.booleans(), seconds=SECONDS)
    def server_shows_old_data_or_the_newest(self, which: int, stale: bool, seconds: float) -> None:
        self.replicas[which].network.is_stale = stale
        self.run(self.pass_time(seconds))

    @rule(which=WHICH, holder=st.sampled_from([None, "", "stranger"]), seconds=st.floats(0.0, 3.0))
    def watch_lies(self, which: int, holder: str | None, seconds: float) -> None:
        self.replicas[which].watch.lie(holder)
        self.run(self.pass_time(seconds))

    def which_stands_by(self) -> int:
        return next(each.number for each in self.replicas if not each.leads())

    def standby(self) -> str:
        elector = self.replicas[self.which_stands_by()].elector
        return elector.identity if elector is not None else ""

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            try:
                self.run(self._heal())
            finally:
                self.run(self._end_all())
                self.loop.close()

    async def _heal(self) -> None:
        """Nobody is locked out for ever, whatever the Lease says."""
        for replica in self.replicas:
            replica.network.cut = replica.watch.cut = replica.network.is_stale = False
            replica.network.there_seconds = replica.network.back_seconds = replica.watch.delay_seconds = 0.0
            replica.watch.connect(replica.elector)
        await self.pass_time(max(each.renew_seconds for each in self.replicas) + 2 * STEP_SECONDS)
        longest = max(each.retry_seconds for each in self.replicas)
        end = self.clock.monotonic() + 10 * min(each.lease_seconds for each in self.replicas) + 2.2 * longest
        while not any(each.leads() for each in self.replicas):
            assert self.clock.monotonic() < end, self.server.lease
            await self.pass_time(STEP_SECONDS)
        leader = next(each for each in self.replicas if each.leads())
        for _ in range(10):
            await self.pass_time(RETRY_SECONDS)
            assert leader.leads()

    async def _end_all(self) -> None:
        for replica in self.replicas:
            await replica.end()


class Rollout(Race):
    """The replicas have other settings than each other."""

    factors = (1, 3, 0.5)


def play(*steps: Callable[[Race], None]) -> Race:
    """Play one race by hand."""
    race = Race()
    race.begin()
    try:
        for step in (lambda race: race.wait(9.0), *steps):
            step(race)
    finally:
        race.teardown()
    return race


@pytest.mark.parametrize(("race", "examples"), [(Race, 60), (Rollout, 30)])
def test_never_do_two_replicas_lead(race: type[Race], examples: int) -> None:
    run_state_machine_as_test(race, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None))


def test_a_healthy_race_has_a_leader_nearly_always() -> None:
    assert play(*[lambda race: race.wait(9.0)] * 10).led_seconds >= 95


@pytest.mark.parametrize(
    "trouble",
    [
        lambda race: race.lease_is_deleted(20.0),
        lambda race: race.lease_is_edited_by_hand({"holderIdentity": ""}, 9.0),
        lambda race: race.lease_is_edited_by_hand({"holderIdentity": None, "leaseDurationSeconds": 1}, 9.0),
        lambda race: race.lease_is_edited_by_hand({"holderIdentity": race.standby()}, 9.0),
        lambda race: race.lease_is_edited_by_hand({"leaseDurationSeconds": -1}, 9.0),
        lambda race: race.lease_is_made_anew_by_a_stranger(None, 9.0),
        lambda race: race.lease_is_made_anew_by_a_stranger({"holderIdentity": "stranger"}, 9.0),
    ],
)
def test_a_leader_that_is_cut_off_meets_no_other_that_knew_of_it(trouble: Callable[[Race], None]) -> None:
    race = play(lambda race: race.leader_is_cut_off(1.0), trouble, lambda race: race.wait(9.0))
    assert race.longest_overlap_seconds == 0


@pytest.mark.parametrize("late", ["cut", "late"])
def test_a_leader_that_is_late_to_hear_of_the_deletion_ends_within_a_retry_period(late: str) -> None:
    def hear_nothing(race: Race) -> None:
        for replica in race.replicas:
            replica.watch.cut, replica.watch.delay_seconds = late == "cut", 9.0

    race = play(
        hear_nothing,
        lambda race: race.lease_is_deleted(0.0),
        lambda race: race.process_is_killed(race.which_stands_by(), RETRY_SECONDS + STEP_SECONDS),
    )
    assert race.longest_overlap_seconds == 0


def test_the_one_overlap_is_a_leader_that_is_cut_off_and_a_process_that_never_heard_of_it() -> None:
    race = play(
        lambda race: race.leader_is_cut_off(0.0),
        lambda race: race.lease_is_deleted(0.0),
        lambda race: race.process_is_killed(race.which_stands_by(), 9.0),
    )
    assert 0 < race.longest_overlap_seconds <= race.longest_permitted_seconds + STEP_SECONDS
