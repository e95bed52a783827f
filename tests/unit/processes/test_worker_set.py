"""The supervisor keeps its workers running, and makes of what happens in one of them what happens in all."""

import asyncio
import math
from collections.abc import AsyncIterator

import pytest

from plugin_operator.app.workers.worker_shards import WorkerShards
from plugin_operator.errors import PluginOperatorError, UsageError
from plugin_operator.metrics import Metrics
from plugin_operator.processes.blame.blame import WorkerBlame
from plugin_operator.processes.blame.charges import Limits
from plugin_operator.processes.blame.endings import Ending, EndKind
from plugin_operator.processes.blame.marks import MarkMemory
from plugin_operator.processes.local_coordinator import PATIENCE_SECONDS
from plugin_operator.processes.messages import (
    Alive,
    Answer,
    Ask,
    Failed,
    Held,
    MapState,
    Quarantine,
    Record,
    Renewed,
    Ruling,
    Runs,
    Stop,
    Suspended,
    ToWorker,
    Welcome,
    body_of,
)
from plugin_operator.processes.slot import BLOCKED_SECONDS, LAST_RESTART_SECONDS
from plugin_operator.processes.worker_set import WorkerSet
from plugin_operator.sharding import MemberRecord
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.processes.forks import FakeForks, FakeProcess

WHOLE = 257


class Supervised:
    """Two workers and what the supervisor knows."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.forks = FakeForks()
        self.until = math.inf
        self.failures: list[BaseException] = []
        self.memories = [MarkMemory(), MarkMemory()]
        self.metrics = Metrics()
        self.blame = WorkerBlame(self.memories, Limits(30.0, 5), clock=self.clock, metrics=self.metrics)
        self.workers = WorkerSet(
            2,
            self.forks,
            blame=self.blame,
            held_until=lambda: self.until,
            fail=lambda _, error: self.failures.append(error),
            clock=self.clock,
        )

    def life(self, number: int) -> FakeProcess:
        return self.forks.started[number]

    async def get(self, process: FakeProcess, kind: type[ToWorker]) -> ToWorker:
        return await eventually(lambda: next((each for each in process.got if isinstance(each, kind)), None))

    async def be_alive(self, *processes: FakeProcess) -> None:
        for each in processes:
            each.send(Alive(True, {"widgets": "abc"}))
        up = {each.process.pid for each in processes}
        await eventually(lambda: up <= {slot.pid for slot in self.workers.slots if slot.is_up})


@pytest.fixture
async def supervised() -> AsyncIterator[Supervised]:
    made = Supervised()
    await made.workers.start()
    await eventually(lambda: len(made.forks.started) == 2)
    yield made
    for each in made.forks.started:
        each.end(0)
    await made.workers.stop(0)


async def test_a_worker_learns_what_it_owns_and_that_it_may_work_once_this_process_leads(
    supervised: Supervised,
) -> None:
    first, second = supervised.life(0), supervised.life(1)
    supervised.workers.renewed()
    await supervised.get(first, MapState)
    assert [type(each) for each in first.got] == [Welcome, MapState]
    supervised.until = 1234.5
    supervised.workers.lead()
    assert await supervised.get(first, Held) == Held(1234.5)
    assert await supervised.get(second, Held) == Held(1234.5)
    supervised.until = -math.inf
    supervised.workers.renewed()
    await supervised.get(first, Suspended)


async def test_a_worker_that_ends_is_started_again_and_may_work_at_once(supervised: Supervised) -> None:
    supervised.workers.lead()
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    supervised.life(1).end(-9)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    await supervised.clock.advance(0.05)
    await eventually(lambda: len(supervised.forks.started) == 3)
    await supervised.get(supervised.life(2), Held)
    assert (supervised.workers.slots[1].exit_status, supervised.workers.slots[0].restarts) == (-9, 0)


async def test_a_worker_that_ends_is_started_again_although_its_child_holds_the_channel_open(
    supervised: Supervised,
) -> None:
    supervised.life(1).send(Alive(True, {"widgets": "last"}))
    supervised.life(1).end(7, leaves_child=True)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    assert (supervised.workers.slots[1].exit_status, supervised.workers.slots[1].plugins) == (7, {"widgets": "last"})


async def test_a_worker_that_sends_what_is_no_message_is_killed_and_its_next_life_has_another_name(
    supervised: Supervised, caplog: pytest.LogCaptureFixture
) -> None:
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    for data in (b'{"is": \xff\n', b'{"is": "unknown"}\n', b"\xc3\x28\n"):
        last = supervised.forks.started[-1]
        count = len(supervised.forks.started)
        last.send_raw(data)
        slot = next(each for each in supervised.workers.slots if each.pid == last.process.pid)
        restarts = slot.restarts
        await eventually(lambda: slot.restarts == restarts + 1)  # noqa: B023 - awaited in the same turn
        await supervised.clock.advance(1.0)
        await eventually(lambda: len(supervised.forks.started) == count + 1)  # noqa: B023 - awaited in the same turn
    welcome = await supervised.get(supervised.forks.started[-1], Welcome)
    assert welcome == Welcome("1-3", (), ("abc",))
    assert supervised.workers.slots[1].exit_status == -9


@pytest.mark.parametrize("name", ["0-0", "1-1", "another"])
async def test_a_worker_that_publishes_a_record_of_another_member_is_killed_and_the_other_gets_no_shards(
    supervised: Supervised, name: str
) -> None:
    await join(supervised, supervised.life(0), "0-0")
    await join(supervised, supervised.life(1), "1-0")
    before = owners(supervised)
    supervised.life(1).send(Record(MemberRecord(name=name, renewals=2, origin="local")))
    await eventually(lambda: supervised.workers.slots[1].exit_status == -9)
    assert owners(supervised) == before


async def test_the_end_of_a_worker_is_said_in_words_with_what_to_do(
    supervised: Supervised, capsys: pytest.CaptureFixture[str]
) -> None:
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    supervised.life(1).end(3)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    said = await eventually(lambda: [each for each in capsys.readouterr().out.splitlines() if "Worker ended" in each])
    assert "how='exit status 3'" in said[0]
    assert "way_out='code may have called os._exit" in said[0]


async def test_a_worker_whose_event_loop_is_blocked_is_killed(supervised: Supervised) -> None:
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    while supervised.workers.slots[1].restarts == 0:
        supervised.life(0).send(Alive(True))
        await eventually(lambda: not supervised.workers.slots[0].alive or not supervised.workers.slots[0].alive.plugins)
        await supervised.clock.advance(BLOCKED_SECONDS / 5)
    slot = supervised.workers.slots[1]
    assert slot.exit_status == -9
    assert slot.ending == Ending(EndKind.BLOCKED, -9, BLOCKED_SECONDS)
    assert supervised.workers.slots[0].restarts == 0


async def test_a_worker_that_ends_is_noted_soon_although_a_signal_has_stopped_what_notes_it(
    supervised: Supervised,
) -> None:
    supervised.forks.sleeps = True
    await supervised.clock.advance(0.5)
    await eventually(lambda: not supervised.forks.sleeps)


async def test_a_rollback_in_one_worker_reaches_the_others_and_those_that_start_later(supervised: Supervised) -> None:
    rolled_back = Quarantine("widgets", "abc", "5 reconciles failed")
    supervised.life(0).send(rolled_back)
    assert await supervised.get(supervised.life(1), Quarantine) == rolled_back
    supervised.life(1).send(Quarantine("widgets", "abc", "6 reconciles failed here, at the same time"))
    supervised.life(1).send(Alive(True))
    await eventually(lambda: supervised.workers.slots[1].is_up)
    assert not [each for each in supervised.life(0).got if isinstance(each, Quarantine)]
    supervised.life(0).end(1)
    await eventually(lambda: supervised.workers.slots[0].restarts == 1)
    await supervised.clock.advance(0.05)
    await eventually(lambda: len(supervised.forks.started) == 3)
    welcome = await supervised.get(supervised.life(2), Welcome)
    assert welcome == Welcome("0-1", (rolled_back,))


async def test_what_runs_reaches_the_workers_that_start_later_until_it_is_unloaded(supervised: Supervised) -> None:
    first, second = supervised.life(0), supervised.life(1)
    for each in (Runs("widgets", "abc", b"old"), Runs("widgets", "def", b"new"), Runs("gone", "ghi", b"")):
        first.send(each)
    first.send(Runs("gone", ""))
    await supervised.be_alive(first, second)
    second.end(1)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    await supervised.clock.advance(0.05)
    await eventually(lambda: len(supervised.forks.started) == 3)
    welcome = await supervised.get(supervised.life(2), Welcome)
    assert isinstance(welcome, Welcome)
    assert welcome.reported == (Runs("widgets", "def", b"new"),)
    assert not [each for each in second.got if isinstance(each, Runs)]


async def test_a_decision_about_definitions_reaches_the_others_once_and_those_that_start_later(
    supervised: Supervised,
) -> None:
    first, second = supervised.life(0), supervised.life(1)
    refused = Ruling("widgets", "def", "size: it is narrower", "/p/widgets.py", 3, is_refused=True)
    for each in (Ruling("widgets", "abc"), refused, refused):
        first.send(each)
    await eventually(lambda: [each for each in second.got if isinstance(each, Ruling)][1:] == [refused])
    await supervised.be_alive(first, second)
    second.end(1)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    await supervised.clock.advance(0.05)
    await eventually(lambda: len(supervised.forks.started) == 3)
    welcome = await supervised.get(supervised.life(2), Welcome)
    assert isinstance(welcome, Welcome)
    assert welcome.reported == (Ruling("widgets", "abc"), refused)
    assert len([each for each in second.got if isinstance(each, Ruling)]) == 2
    assert not [each for each in first.got if isinstance(each, Ruling)]


async def test_plugins_count_as_loaded_once_all_workers_run_the_same_content(supervised: Supervised) -> None:
    settled = [supervised.workers.is_settled]
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    assert [*settled, supervised.workers.is_settled] == [False, True]
    assert [(each.name, each.digest) for each in supervised.workers.status()] == [("widgets", "abc")]
    supervised.life(1).send(Alive(True, {"widgets": "def"}))
    await eventually(lambda: not supervised.workers.status())


async def test_answers_come_from_all_workers_and_none_from_one_that_is_too_slow(supervised: Supervised) -> None:
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    answers = asyncio.ensure_future(supervised.workers.ask("status"))
    asked = await supervised.get(supervised.life(0), Ask)
    assert isinstance(asked, Ask)
    supervised.life(0).send(Answer(asked.number, body_of({"version": "1"})))
    await supervised.get(supervised.life(1), Ask)
    await eventually(lambda: len(supervised.workers.slots[0]._asked) == 0)
    await supervised.clock.advance(1.5)
    assert await answers == [{"version": "1"}, None]


@pytest.mark.parametrize(("is_usage", "kind"), [(True, UsageError), (False, PluginOperatorError)])
async def test_a_worker_that_cannot_start_ends_the_operator_with_its_reason(
    supervised: Supervised, is_usage: bool, kind: type[PluginOperatorError]
) -> None:
    supervised.life(0).send(Failed("the key is no key", is_usage))
    supervised.life(0).end(1)
    await eventually(lambda: supervised.failures)
    assert [(type(each), str(each)) for each in supervised.failures] == [(kind, "the key is no key")]


async def test_a_worker_that_cannot_start_again_is_retried(supervised: Supervised) -> None:
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    supervised.life(1).send(Alive(False))
    supervised.life(1).end(-9)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    await supervised.clock.advance(0.05)
    await eventually(lambda: len(supervised.forks.started) == 3)
    assert await supervised.get(supervised.life(2), Welcome) == Welcome("1-1", (), ("abc",))
    supervised.life(2).send(Failed("the key cannot be read"))
    supervised.life(2).end(1)
    await eventually(lambda: supervised.workers.slots[1].restarts == 2)
    assert not supervised.failures


async def test_a_stop_lets_workers_end_and_kills_those_that_do_not() -> None:
    supervised = Supervised()
    await supervised.workers.start()
    await eventually(lambda: len(supervised.forks.started) == 2)
    stopping = asyncio.ensure_future(supervised.workers.stop(5.0))
    await supervised.get(supervised.life(0), Stop)
    supervised.life(0).end(0)
    await supervised.get(supervised.life(1), Stop)
    await supervised.clock.advance(5.0)
    with pytest.raises(PluginOperatorError, match=r"worker 1 \(killed by SIGKILL\)"):
        await stopping


async def test_workers_may_write_while_they_drain_as_long_as_this_process_leads(supervised: Supervised) -> None:
    supervised.workers.lead()
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    stopping = asyncio.ensure_future(supervised.workers.stop(30.0))
    await supervised.get(supervised.life(0), Stop)
    supervised.until = 1234.5
    supervised.workers.renewed()
    await eventually(lambda: supervised.life(0).got[-1] == Held(1234.5))
    for each in supervised.forks.started:
        each.end(0)
    await stopping


async def test_a_worker_that_starts_during_a_stop_gets_no_work(supervised: Supervised) -> None:
    supervised.workers.lead()
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    supervised.forks.may_start.clear()
    supervised.life(1).end(-9)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    await supervised.clock.advance(0.05)
    stopping = asyncio.ensure_future(supervised.workers.stop(5.0))
    await supervised.get(supervised.life(0), Stop)
    supervised.forks.may_start.set()
    await eventually(lambda: len(supervised.forks.started) == 3)
    await eventually(lambda: supervised.life(2).has_ended)
    assert supervised.life(2).got == []
    supervised.life(0).end(0)
    await stopping


async def test_a_stop_has_the_ends_of_workers_noted_though_a_signal_has_stopped_what_notes_them(
    supervised: Supervised,
) -> None:
    supervised.forks.sleeps = True
    stopping = asyncio.ensure_future(supervised.workers.stop(5.0))
    await supervised.get(supervised.life(0), Stop)
    assert not supervised.forks.sleeps
    supervised.life(0).end(0)
    supervised.life(1).end(0)
    await stopping


async def join(supervised: Supervised, process: FakeProcess, life: str) -> None:
    process.send(Record(MemberRecord(name=life, renewals=1, origin=supervised.workers.coordinator.origin)))
    assert await supervised.get(process, Renewed) == Renewed(1)


def owners(supervised: Supervised) -> dict[str, int]:
    return {life: len(names) for life, names in supervised.workers.coordinator.owners().items()}


async def test_no_shard_has_an_owner_before_all_workers_have_joined(supervised: Supervised) -> None:
    await join(supervised, supervised.life(0), "0-0")
    assert owners(supervised) == {"": 257}
    await join(supervised, supervised.life(1), "1-0")
    assert sorted(owners(supervised)) == ["0-0", "1-0"]
    assert {min(128, each) for each in owners(supervised).values()} == {128}
    content = supervised.workers.coordinator.stored.content
    assert content is not None
    ranges = [content.ranges_of(names) for names in supervised.workers.coordinator.owners().values()]
    assert [len(each) for each in ranges] == [1, 1], "a selector with many ranges is refused as too long"


async def test_the_next_life_of_a_worker_gets_its_shards_and_no_other_worker_notices(supervised: Supervised) -> None:
    await join(supervised, supervised.life(0), "0-0")
    await join(supervised, supervised.life(1), "1-0")
    before = supervised.workers.coordinator.owners()
    supervised.life(1).end(-9)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    assert supervised.workers.coordinator.owners() == before
    await supervised.clock.advance(0.05)
    await eventually(lambda: len(supervised.forks.started) == 3)
    supervised.life(2).send(Record(MemberRecord(name="1-1", renewals=0)))
    await supervised.get(supervised.life(2), Renewed)
    assert supervised.workers.coordinator.owners() == before, "it has not seen the map yet"
    supervised.life(2).got.clear()
    await join(supervised, supervised.life(2), "1-1")
    assert supervised.workers.coordinator.owners() == {"0-0": before["0-0"], "1-1": before["1-0"]}


async def test_an_object_that_ends_its_worker_each_time_does_not_move_to_the_others(supervised: Supervised) -> None:
    await join(supervised, supervised.life(0), "0-0")
    await join(supervised, supervised.life(1), "1-0")
    before, origin = supervised.workers.coordinator.owners(), supervised.workers.coordinator.origin
    number = 1
    for life in range(1, 15):
        supervised.life(life).end(3)
        while len(supervised.forks.started) == life + 1:
            number += 1
            supervised.life(0).send(Record(MemberRecord(name="0-0", renewals=number, origin=origin)))
            await eventually(lambda: Renewed(number) in supervised.life(0).got)  # noqa: B023 - awaited in the same turn
            await supervised.clock.advance(0.5)
        await join(supervised, supervised.life(life + 1), f"1-{life}")
        assert supervised.workers.coordinator.owners() == {"0-0": before["0-0"], f"1-{life}": before["1-0"]}
    assert LAST_RESTART_SECONDS < PATIENCE_SECONDS


async def test_the_others_get_the_shards_of_a_worker_that_does_not_come_back(supervised: Supervised) -> None:
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    await join(supervised, supervised.life(0), "0-0")
    await join(supervised, supervised.life(1), "1-0")
    supervised.life(1).end(-9)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    while "1-0" in owners(supervised):
        supervised.life(0).send(Alive(True))
        await supervised.clock.advance(PATIENCE_SECONDS / 5)
    assert owners(supervised) == {"0-0": 257}


async def test_a_worker_that_still_drains_during_a_stop_gets_no_shards_of_those_that_have_ended(
    supervised: Supervised,
) -> None:
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    await join(supervised, supervised.life(0), "0-0")
    await join(supervised, supervised.life(1), "1-0")
    before = supervised.workers.coordinator.owners()
    stopping = asyncio.ensure_future(supervised.workers.stop(60.0))
    await supervised.get(supervised.life(0), Stop)
    supervised.life(1).end(0)
    origin = supervised.workers.coordinator.origin
    for number in range(2, 10):
        supervised.life(0).send(Record(MemberRecord(name="0-0", renewals=number, origin=origin)))
        await eventually(lambda: Renewed(number) in supervised.life(0).got)  # noqa: B023 - awaited in the same turn
        await supervised.clock.advance(PATIENCE_SECONDS / 5)
    assert supervised.workers.coordinator.owners() == before
    supervised.life(0).end(0)
    await stopping


async def test_a_worker_that_is_alive_but_publishes_no_record_is_killed_after_a_lease(supervised: Supervised) -> None:
    await join(supervised, supervised.life(0), "0-0")
    await join(supervised, supervised.life(1), "1-0")
    number, origin = 1, supervised.workers.coordinator.origin
    while supervised.workers.slots[1].restarts == 0:
        number += 1
        supervised.life(1).send(Alive(True))
        supervised.life(0).send(Record(MemberRecord(name="0-0", renewals=number, origin=origin)))
        await eventually(lambda: Renewed(number) in supervised.life(0).got)  # noqa: B023 - awaited in the same turn
        await supervised.clock.advance(2.0)
    assert number > BLOCKED_SECONDS / 2
    assert (supervised.workers.slots[1].exit_status, supervised.workers.slots[0].restarts) == (-9, 0)


def scrape(metrics: Metrics) -> str:
    """Return a scrape of the supervisor."""
    return metrics.render("")[1].decode()


async def test_each_worker_has_its_slices_and_all_shards_an_owner(supervised: Supervised) -> None:
    metrics = Metrics()
    shards = WorkerShards(supervised.workers, metrics)
    assert shards.division() == {"unattended": WHOLE, "moves": 0, "membershipChanges": 0, "imbalance": None}
    await join(supervised, supervised.life(0), "0-0")
    await join(supervised, supervised.life(1), "1-0")
    assert shards.division() == {"unattended": 0, "moves": 0, "membershipChanges": 0, "imbalance": 1.0}
    text = scrape(metrics)
    assert 'plugin_operator_shards_owned{worker="0"} 128.0' in text
    assert 'plugin_operator_shards_owned{worker="1"} 128.0' in text
    assert "plugin_operator_shards_unowned 0.0" in text
    assert "plugin_operator_shard_imbalance 1.0" in text


async def test_the_shards_of_an_ended_worker_are_unowned_until_its_next_life_and_do_not_move(
    supervised: Supervised,
) -> None:
    shards = WorkerShards(supervised.workers, Metrics())
    await join(supervised, supervised.life(0), "0-0")
    await join(supervised, supervised.life(1), "1-0")
    supervised.life(1).end(-9)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    assert shards.figures().unowned in {128, 129}
    assert shards.figures().owned["1"] == 0
    await supervised.clock.advance(0.05)
    await eventually(lambda: len(supervised.forks.started) == 3)
    await join(supervised, supervised.life(2), "1-1")
    assert shards.division() == {"unattended": 0, "moves": 0, "membershipChanges": 0, "imbalance": 1.0}


async def test_shards_that_the_other_worker_gets_have_moved(supervised: Supervised) -> None:
    shards = WorkerShards(supervised.workers, Metrics())
    await supervised.be_alive(supervised.life(0), supervised.life(1))
    await join(supervised, supervised.life(0), "0-0")
    await join(supervised, supervised.life(1), "1-0")
    supervised.life(1).end(-9)
    await eventually(lambda: supervised.workers.slots[1].restarts == 1)
    while shards.figures().owned["0"] < WHOLE - 1:
        supervised.life(0).send(Alive(True))
        await supervised.clock.advance(PATIENCE_SECONDS / 5)
    found = shards.division()
    assert (found["unattended"], found["membershipChanges"]) == (0, 1)
    assert found["imbalance"] == 2.0, "the other worker owns nothing"
    assert found["moves"] in {128, 129}
