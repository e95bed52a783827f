"""Requests on their way from plugin code to the queues: bounded, each once, from any thread, to who works now."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from plugin_operator.controllers import ScheduleStatus, Trigger
from plugin_operator.errors import NotEnqueued
from plugin_operator.fence import Fence
from plugin_operator.hosting import Environment, HostSettings
from plugin_operator.hosting.triggers import backlog, pending_requests, revision_triggers
from plugin_operator.hosting.triggers.pending_requests import Parcel, PendingRequests
from plugin_operator.hosting.triggers.plugin_triggers import PluginTriggers
from plugin_operator.hosting.triggers.revision_triggers import SOURCE_REQUESTS, RevisionTriggers
from plugin_operator.hosting.triggers.target import Target
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.metrics import Metrics
from plugin_operator.plugin import ControllerDeclaration, Refusal, Schedule, Source, cron, every
from plugin_operator.plugin.triggers.timetable import timetable
from plugin_operator.testing import VirtualClock

ONE = NamespacedName("n", "1")


class FakeTrigger:
    """The trigger of a controller whose queue is a list."""

    def __init__(self) -> None:
        self.due: list[tuple[NamespacedName, float]] = []
        self.waiting: set[NamespacedName] = set()
        self.error: Exception | None = None

    def enqueue(self, request: NamespacedName, after_seconds: float = 0.0) -> None:
        if self.error is not None:
            raise self.error
        self.due.append((request, after_seconds))
        self.waiting.add(request)

    def enqueue_all(self) -> None:
        raise AssertionError("it has no kind")

    def waits(self, request: NamespacedName) -> bool:
        return request in self.waiting


class Plugin:
    """The triggers of one plugin with one controller ``c`` that has the source ``s``."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.metrics = Metrics()
        self.fence = Fence(self.clock)
        environment = Environment(
            client=None,
            factory=cast("Any", None),
            recorder=cast("Any", None),
            clock=self.clock,
            metrics=self.metrics,
            settings=HostSettings(scan_interval_seconds=5, import_deadline_seconds=10, drain_deadline_seconds=10),
            fence=self.fence,
        )
        self.triggers = PluginTriggers("p", environment)
        self.controller = FakeTrigger()

    def revision(self, *schedules: Schedule, kind: Any = None) -> tuple[RevisionTriggers, Source]:
        handle = Source("s")
        times = tuple(map(timetable, schedules))
        declaration = ControllerDeclaration("c", kind, print, sources=(handle,), schedules=times)
        counts = self.metrics.family(SOURCE_REQUESTS)
        made = RevisionTriggers("p", (declaration,), clock=self.clock, counts=counts)
        made.connect()
        return made, handle

    def install(self, revision: RevisionTriggers) -> None:
        own = revision.declarations[0].own_request
        self.triggers.install(revision, {"c": Target(cast("Trigger", self.controller), own)})

    def counted(self, result: str) -> float:
        return self.metrics.family(SOURCE_REQUESTS).get("p", "s", result)


@pytest.fixture
async def plugin() -> Plugin:
    found = Plugin()
    found.triggers.lead()
    return found


async def test_a_burst_is_delivered_once_for_each_request(plugin: Plugin) -> None:
    revision, source = plugin.revision()
    plugin.install(revision)
    for _ in range(3):
        assert source.send(ONE)
        assert source.send()
    await plugin.clock.settle()
    assert plugin.controller.due == [(ONE, 0.0), (NamespacedName("", "c"), 0.0)]
    assert plugin.counted("enqueued") == 6


async def test_of_several_delays_the_earliest_counts_and_time_on_the_way_counts_too(plugin: Plugin) -> None:
    revision, _ = plugin.revision()
    enqueue = revision.enqueuer("c")
    enqueue(ONE, 60.0)
    enqueue(ONE, 20.0)
    enqueue(ONE, 40.0)
    await plugin.clock.advance(5)
    plugin.install(revision)
    await plugin.clock.settle()
    assert plugin.controller.due == [(ONE, 15.0)]


async def test_what_is_held_for_a_swap_that_never_comes_is_dropped(plugin: Plugin) -> None:
    revision, source = plugin.revision()
    assert source.send(ONE)
    revision.give_up()
    assert source.send(ONE) is False
    with pytest.raises(NotEnqueued, match="gone"):
        revision.enqueuer("c")(ONE, 0.0)
    assert plugin.counted("gone") == 2


async def test_a_revision_that_has_worked_is_never_given_up(plugin: Plugin) -> None:
    old, source = plugin.revision()
    plugin.install(old)
    new, _ = plugin.revision()
    plugin.install(new)
    old.give_up()
    assert source.send(ONE)


async def test_a_process_that_leads_no_more_takes_nothing(plugin: Plugin) -> None:
    revision, source = plugin.revision()
    plugin.install(revision)
    plugin.fence.suspend()
    assert source.send(ONE), "whether it leads is not known yet, and workers wait for that"
    plugin.fence.close()
    assert source.send(ONE) is False
    assert plugin.counted("standby") == 1


async def test_a_source_takes_no_more_than_its_bound_until_its_requests_are_reconciled(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MAX_WAITING", 2_000)
    revision, source = plugin.revision()
    plugin.install(revision)
    for number in range(2_000):
        assert source.send(("n", str(number)))
    await plugin.clock.settle()
    with pytest.raises(NotEnqueued, match="too many"):
        source.send(("n", "more"))
    assert source.send(("n", "7")), "what waits already takes no room"
    plugin.controller.waiting.clear()
    with pytest.raises(NotEnqueued, match="too many"):
        source.send(("n", "more"))  # a look at all of them costs time, and is not worth it at each call
    await plugin.clock.advance(1)
    assert source.send(("n", "more"))
    assert plugin.counted("full") == 2


async def test_a_blocked_event_loop_bounds_what_is_on_its_way(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_requests, "MAX_PENDING", 10)
    monkeypatch.setattr(revision_triggers, "MAX_PENDING", 10)
    revision, source = plugin.revision()
    for number in range(10):
        assert source.send(("n", str(number)))
    with pytest.raises(NotEnqueued, match="too many"):
        source.send(("n", "more"))
    plugin.install(revision)
    with pytest.raises(NotEnqueued, match="too many"):
        source.send(("n", "more"))
    await plugin.clock.settle()
    assert len(plugin.controller.due) == 10
    assert source.send(("n", "more"))


async def test_threads_that_send_at_once_lose_nothing(plugin: Plugin) -> None:
    revision, source = plugin.revision()
    plugin.install(revision)

    def send(thread: int) -> None:
        for number in range(200):
            source.send((str(thread), str(number % 100)))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        await asyncio.to_thread(each.join)
    await plugin.clock.settle()
    assert {request for request, _ in plugin.controller.due} == {
        NamespacedName(str(thread), str(number)) for thread in range(6) for number in range(100)
    }
    assert plugin.counted("enqueued") == 1_200


async def test_one_request_that_fails_costs_no_other(plugin: Plugin) -> None:
    revision, source = plugin.revision()
    plugin.install(revision)
    plugin.controller.error = TypeError("no")
    source.send(ONE)
    await plugin.clock.settle()
    plugin.controller.error = None
    source.send(ONE)
    await plugin.clock.settle()
    assert plugin.controller.due == [(ONE, 0.0)]


async def test_requests_arrive_outside_of_the_context_of_who_sent_them() -> None:
    variable = contextvars.ContextVar("variable", default="clean")
    seen: list[str] = []
    pending = PendingRequests(lambda _parcels: seen.append(variable.get()))
    variable.set("plugin")
    pending.put(Parcel("c", "", ONE))
    await asyncio.sleep(0)
    assert seen == ["clean"]


def test_a_source_outlives_its_event_loop() -> None:
    async def make() -> PendingRequests:
        return PendingRequests(lambda _parcels: None)

    pending = asyncio.run(make())
    assert pending.put(Parcel("c", "", ONE)) is False


async def test_none_is_refused_where_a_controller_of_the_source_has_a_kind(plugin: Plugin) -> None:
    revision, source = plugin.revision(kind=GroupVersionKind("", "v1", "Pod"))
    with pytest.raises(TypeError, match="say which object"):
        source.send()
    plugin.install(revision)
    assert source.send(ONE)


async def test_a_plugin_that_is_unloaded_takes_nothing(plugin: Plugin) -> None:
    revision, source = plugin.revision()
    plugin.install(revision)
    plugin.triggers.clear()
    assert source.send(ONE) is False
    assert plugin.triggers.schedules("c") == cast("tuple[ScheduleStatus, ...]", ())
    assert revision_refusal(revision) is Refusal.GONE


def revision_refusal(revision: RevisionTriggers) -> Refusal | None:
    send: Callable[[str, NamespacedName | None], Refusal | None] = revision.send
    return send("s", ONE)


NIGHTLY = cron("0 3 * * *")
OWN = (NamespacedName("", "c"), 0.0)


async def scheduled(plugin: Plugin, *schedules: Schedule) -> None:
    revision, _ = plugin.revision(*schedules)
    plugin.install(revision)
    plugin.triggers.start()
    await plugin.clock.settle()


async def test_an_equal_schedule_of_a_new_revision_keeps_its_time(plugin: Plugin) -> None:
    await scheduled(plugin, every(600), NIGHTLY)
    await plugin.clock.advance(500)
    await scheduled(plugin, cron("0  3 * * *", missed="skip"), every(600.0))
    assert plugin.controller.due == [OWN]
    await plugin.clock.advance(99)
    assert plugin.controller.due == [OWN]
    await plugin.clock.advance(1)
    assert plugin.controller.due == [OWN, OWN]
    await plugin.triggers.stop()


async def test_a_changed_schedule_replaces_the_old_one(plugin: Plugin) -> None:
    await scheduled(plugin, every(600))
    await scheduled(plugin, NIGHTLY)
    plugin.controller.due.clear()
    await plugin.clock.advance(3.5 * 3600)  # the clock begins at midnight
    assert plugin.controller.due == [OWN]
    assert [each.schedule for each in plugin.triggers.schedules("c")] == ["cron 0 3 * * * UTC"]
    await plugin.triggers.stop()


@pytest.mark.parametrize(("hours", "runs"), [(0.1, 1), (20, 0)])
async def test_a_rollback_makes_up_for_a_time_that_passed_and_an_old_schedule_that_returns_does_not(
    plugin: Plugin, hours: float, runs: int
) -> None:
    await plugin.clock.advance(2.95 * 3600)
    await scheduled(plugin, NIGHTLY)
    await scheduled(plugin, every(86_400))
    plugin.controller.due.clear()
    await plugin.clock.advance(hours * 3600)
    await scheduled(plugin, NIGHTLY)
    assert plugin.controller.due == [OWN] * runs
    await plugin.triggers.stop()


async def test_an_unloaded_plugin_runs_no_schedule(plugin: Plugin) -> None:
    await scheduled(plugin, every(1))
    plugin.triggers.clear()
    plugin.controller.due.clear()
    await plugin.clock.advance(10)
    assert plugin.controller.due == []


async def test_a_standby_runs_no_schedule(plugin: Plugin) -> None:
    revision, _ = plugin.revision(every(1))
    plugin.install(revision)
    await plugin.clock.advance(10)
    assert plugin.controller.due == []
    assert [each.due for each in plugin.triggers.schedules("c")] == [None]


def test_a_request_that_is_sent_while_a_backlog_looks_is_taken_as_by_a_finalizer() -> None:
    nested: list[bool] = []

    def waits(_request: NamespacedName) -> bool:
        if not nested:
            nested.append(False)
            nested[0] = log.admits(NamespacedName("", "other"))  # as the __del__ of what the collector finds here
        return True

    log = backlog.Backlog(waits, VirtualClock())
    for number in range(1_200):
        assert log.admits(NamespacedName("", f"r{number}"))
    assert nested == [True]


async def test_a_request_that_is_put_by_a_finalizer_while_the_lock_is_held_is_delivered() -> None:
    delivered: list[Parcel] = []
    pending = PendingRequests(delivered.extend)
    parcel = Parcel("c", "s", NamespacedName("", "a"))
    with pending._lock:
        assert pending.put(parcel)
    await asyncio.sleep(0)
    assert delivered == [parcel]
