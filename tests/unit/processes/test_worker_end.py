"""A worker obeys its supervisor, and ends with it."""

import asyncio
import math
import socket
from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from plugin_operator.cache import OwnedShards
from plugin_operator.errors import LeadershipLost
from plugin_operator.fence import Fence
from plugin_operator.processes.channel import Channel
from plugin_operator.processes.member_end import MemberEnd
from plugin_operator.processes.messages import (
    Alive,
    Answer,
    Ask,
    FromWorker,
    Held,
    MapState,
    Outcome,
    Quarantine,
    Record,
    Renewed,
    Report,
    Ruling,
    Runs,
    Stop,
    Suspended,
    Welcome,
)
from plugin_operator.processes.worker_end import PipedLeadership, SupervisorLink
from plugin_operator.sharding import LEAD, MemberRecord, Shard, ShardMap
from plugin_operator.tasks import TaskSupervisor
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock


class Diary:
    """A worker that writes down each message."""

    is_settled = True
    plugins = {"widgets": "abc"}

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.shards = OwnedShards(clock)
        self.supervisor = TaskSupervisor(clock)
        self.lines: list[str] = []

    def joined(self, life: str, publish: Callable[[MemberRecord], None]) -> MemberEnd:
        self.lines.append(f"join {life}")
        return MemberEnd(
            life,
            self.shards,
            publish=publish,
            give_up=self.request_stop,
            leave=self.leave,
            clock=self.clock,
            supervisor=self.supervisor,
        )

    def need_no_trial(self, digests: Iterable[str]) -> None:
        self.lines += [f"no trial of {each}" for each in digests]

    def learn(self, what: Report | Outcome) -> None:
        self.lines.append(f"{type(what).__name__.lower()} {what.plugin} {what.digest}")

    def request_stop(self) -> None:
        self.lines.append("stop")

    def leave(self) -> None:
        self.lines.append("leave")


class Piped:
    """A worker's end and the supervisor's."""

    def __init__(self, channel: Channel[FromWorker], end: socket.socket) -> None:
        self.channel = channel
        self.messages = channel.messages()
        self.clock = VirtualClock()
        self.fence = Fence(self.clock)
        self.worker = Diary(self.clock)
        self.leadership = PipedLeadership(self.fence, self.clock)
        self.link = SupervisorLink(end, self.worker, self.leadership, {"echo": self._echo}, clock=self.clock)

    def map(self, version: int, *, owner: str, target: str = "") -> MapState:
        founded = ShardMap.found("local", 64, object_uid="local", is_settled=True)
        content = founded.changed(dict.fromkeys(founded.shards, Shard(owner, 1, target)), version=version)
        return MapState("local", str(version), version, content if owner else founded)

    async def next(self, kind: type[FromWorker]) -> FromWorker:
        async for message in self.messages:
            if isinstance(message, kind):
                return message
        raise AssertionError("the worker has closed the channel")

    async def _echo(self, about: str) -> str:
        return about


@pytest.fixture
async def piped() -> AsyncIterator[Piped]:
    ours, theirs = socket.socketpair()
    made = Piped(await Channel.open(ours, FromWorker), theirs)
    starting = asyncio.ensure_future(made.link.start())
    made.channel.send(
        Welcome("0-0", (Quarantine("widgets", "bad", "failed"), Runs("widgets", "abc", b"source")), ("abc",))
    )
    made.channel.send(made.map(1, owner=""))
    made.channel.send(made.map(2, owner="0-0"))
    await starting
    yield made
    await made.link.stop(1.0)
    made.channel.close()


async def test_it_knows_quarantines_and_shards_before_it_loads_plugins(piped: Piped) -> None:
    assert piped.worker.lines == ["quarantine widgets bad", "runs widgets abc", "no trial of abc", "join 0-0"]
    assert (piped.worker.shards.ranges.is_everything, piped.worker.shards.leads) == (True, True)


async def test_it_acknowledges_shards_once_they_are_drained(piped: Piped) -> None:
    message = await piped.next(Record)
    assert isinstance(message, Record)
    piped.channel.send(Renewed(message.record.renewals))
    moving = piped.map(3, owner="0-0")
    shards = {**moving.content.shards, "7": Shard("0-0", 1, "1-0")}
    piped.channel.send(MapState("local", "3", 3, moving.content.changed(shards, version=3)))
    while not message.record.acknowledged:
        message = await piped.next(Record)
        assert isinstance(message, Record)
        piped.channel.send(Renewed(message.record.renewals))
        await piped.clock.advance(0.5)
    assert message.record.acknowledged == {"7": 1}
    assert not piped.worker.shards.ranges.is_everything


async def test_it_ends_in_order_before_another_worker_runs_what_only_one_may_run(piped: Piped) -> None:
    moving = piped.map(3, owner="0-0")
    shards = {**moving.content.shards, LEAD: Shard("0-0", 1, "1-0")}
    piped.channel.send(MapState("local", "3", 3, moving.content.changed(shards, version=3)))
    await eventually(lambda: piped.worker.lines[-1] == "stop")


async def test_its_fence_is_open_as_long_as_the_supervisor_leads(piped: Piped) -> None:
    assert not piped.leadership.is_leader()
    piped.channel.send(Held(piped.clock.monotonic() + 10))
    await eventually(piped.leadership.is_leader)
    assert piped.leadership.leads_until == piped.clock.monotonic() + 10
    piped.channel.send(Suspended())
    await eventually(lambda: piped.fence.is_suspended)
    assert not piped.leadership.is_leader()
    piped.channel.send(Held(piped.clock.monotonic() + 1))
    await eventually(piped.leadership.is_leader)
    await piped.clock.advance(1.0)
    assert not piped.leadership.is_leader()
    with pytest.raises(LeadershipLost):
        piped.fence.check()


async def test_it_loses_leadership_when_the_supervisor_stops_to_renew(piped: Piped) -> None:
    run = asyncio.ensure_future(piped.leadership.run(lambda: piped.worker.lines.append("lead")))
    piped.channel.send(Held(piped.clock.monotonic() + 10))
    await eventually(lambda: piped.worker.lines[-1] == "lead")
    await piped.clock.advance(9.0)
    piped.channel.send(Held(piped.clock.monotonic() + 10))
    await eventually(lambda: piped.leadership.leads_until == piped.clock.monotonic() + 10)
    await piped.clock.advance(9.5)
    assert not run.done()
    await piped.clock.advance(0.5)
    assert not piped.leadership.is_leader()
    assert not run.done(), "a supervisor that runs ends first"
    await piped.clock.advance(0.25)
    with pytest.raises(LeadershipLost, match="the supervisor has not renewed it"):
        await run


async def test_its_fence_stays_closed_once_its_reconciles_have_stopped(piped: Piped) -> None:
    await piped.leadership.release()
    piped.channel.send(Held())
    piped.channel.send(Stop())
    await eventually(lambda: piped.worker.lines[-1] == "stop")
    with pytest.raises(LeadershipLost):
        piped.fence.check()


async def test_without_a_lease_its_fence_has_no_limit(piped: Piped) -> None:
    piped.channel.send(Held())
    await eventually(piped.leadership.is_leader)
    assert (piped.fence.until, piped.leadership.leads_until) == (math.inf, None)


async def test_it_answers_and_gives_signs_of_life(piped: Piped) -> None:
    assert await piped.next(Alive) == Alive(True, {"widgets": "abc"})
    piped.channel.send(Ask(7, "echo", "hello"))
    answer = await piped.next(Answer)
    assert isinstance(answer, Answer)
    assert (answer.number, bytes(answer.body)) == (7, b'"hello"')
    rolled_back = Quarantine("widgets", "abc", "failed", b"source")
    piped.link.tell(rolled_back)
    assert await piped.next(Quarantine) == rolled_back


async def test_it_learns_what_the_worker_that_leads_decides_later(piped: Piped) -> None:
    piped.channel.send(Ruling("widgets", "def", "refused", "/p/widgets.py", 7, is_refused=True))
    await eventually(lambda: "ruling widgets def" in piped.worker.lines)


async def test_it_stops_in_order_when_asked_and_at_once_when_the_supervisor_has_ended(piped: Piped) -> None:
    piped.worker.lines.clear()
    piped.channel.send(Stop())
    await eventually(lambda: piped.worker.lines == ["stop"])
    piped.channel.close()
    await eventually(lambda: piped.worker.lines == ["stop", "leave"])


async def test_it_is_not_ready_while_a_message_cannot_be_obeyed(piped: Piped, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("no")

    monkeypatch.setattr(piped.worker, "request_stop", broken)
    piped.channel.send(Stop())
    await eventually(lambda: piped.worker.supervisor.down)
    assert piped.worker.supervisor.down == ["link to the supervisor/messages raised OSError: no"]
