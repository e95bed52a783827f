"""Several processes race for one Lease on a server that fails at will, while people touch the Lease: never do two lead.

Time is virtual. A process that loses ends, and a new one that knows nothing takes its place, as a pod does. Each has a
network and a watch of its own. One overlap is permitted and bounded, see ``Race.is_permitted``.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from plugin_operator.testing.virtual_clock import VirtualClock
from tests.property.leader_race import INT32_MAX, REPLICAS, RETRY_SECONDS, STEP_SECONDS, Replica, Server, Watch

NUMBERS: st.SearchStrategy[Any] = st.sampled_from(
    [-INT32_MAX, -1, 0, 1, 15, 100, INT32_MAX - 1, INT32_MAX, None, "15", 1.5, True, []]
)
TIMES = st.sampled_from(
    [None, "", "soon", "2026-01-01", "1999-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", 7]
)
HOLDERS: st.SearchStrategy[Any] = st.sampled_from(
    ["", " ", None, 7, "stranger", "replica-0-1", "replica-1-1", "replica-2-2", {}]
)
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


def test_a_lease_that_was_there_between_two_reads_restarts_the_wait_of_those_who_heard_of_it() -> None:
    def cut_off_and_slow(race: Race, *, there: float, back: float, seconds: float) -> None:
        leader = race.replicas[0]
        leader.watch.cut = True
        race.network_is_slow_or_fast(which=0, there=there, back=back, seconds=seconds)

    race = Race()
    race.begin()
    try:
        race.watch_is_cut_or_opened_again(which=0, cut=True, seconds=2.25)
        race.lease_is_deleted(0.25)
        cut_off_and_slow(race, there=3.0, back=0.0, seconds=8.5)
        cut_off_and_slow(race, there=0.0, back=1.0, seconds=5.0)
        assert race.server.lease is not None, "the former leader has made a Lease, and does not know it yet"
        race.lease_is_deleted(3.0)
    finally:
        race.teardown()
    assert race.longest_overlap_seconds == 0


def test_a_lease_without_times_in_the_name_of_a_standby_is_no_write_of_that_standby() -> None:
    race = play(
        lambda race: race.watch_is_late(which=0, delay=1.0),
        lambda race: race.lease_is_made_anew_by_a_stranger({"holderIdentity": race.standby()}, 3.0),
    )
    assert race.longest_overlap_seconds == 0


def test_the_one_overlap_is_a_leader_that_is_cut_off_and_a_process_that_never_heard_of_it() -> None:
    race = play(
        lambda race: race.leader_is_cut_off(0.0),
        lambda race: race.lease_is_deleted(0.0),
        lambda race: race.process_is_killed(race.which_stands_by(), 9.0),
    )
    assert 0 < race.longest_overlap_seconds <= race.longest_permitted_seconds + STEP_SECONDS
