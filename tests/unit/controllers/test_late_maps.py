"""Async map functions: one object's changes one after the other, and nothing lost at a reload."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from structlog.testing import capture_logs

from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import EnqueueMapped, EnqueueMappedLater, Request, Watch
from plugin_operator.controllers.sources.late_maps import DEADLINE_SECONDS, MAX_AT_ONCE
from plugin_operator.controllers.sources.source import Source
from plugin_operator.tasks import TaskOwner
from plugin_operator.testing.fake_informers import FakeInformer
from plugin_operator.testing.virtual_clock import VirtualClock

Map = Callable[..., Awaitable[Iterable[Any]]]


class Ear:
    """A source with one async map function, and what it enqueued."""

    def __init__(self, function: Map, *, takes_old: bool = False) -> None:
        self.heard: list[str] = []
        self.stuck = 0
        self.errors: list[str] = []
        self.clock = VirtualClock()
        self.informer = FakeInformer("secrets")
        self.tasks = TaskOwner("maps", clock=self.clock)
        self.source = Source(self.informer, self._hear, tasks=self.tasks, clock=self.clock, on_stuck=self._stick)
        self.bind(EnqueueMappedLater(function, takes_old))
        self.informer.add_handler(self.source)

    def bind(self, handler: EnqueueMapped | EnqueueMappedLater) -> None:
        guard = PluginGuard(
            "p", "1-a", "c", clock=self.clock, on_error=lambda what, error: self.errors.append(f"{what}: {error}")
        )
        self.source.bind((Watch(("secrets",), handler),), guard)

    def _stick(self, change: int) -> None:
        self.stuck += change

    def _hear(self, request: Request, priority: int) -> None:
        self.heard.append(request.name)


class Gated:
    """A map function that returns once its gate is open, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate = asyncio.Event()

    async def __call__(self, obj: dict[str, Any], old: dict[str, Any] | None = None) -> list[Request]:
        before = "" if old is None else f"{old['data']['v']}->"
        self.asked.append(f"{obj['metadata']['name']}:{before}{obj['data']['v']}")
        await self.gate.wait()
        return [Request("default", f"{obj['metadata']['name']}-{obj['data']['v']}")]


async def test_requests_come_once_the_function_returns() -> None:
    gated = Gated()
    ear = Ear(gated)
    ear.informer.set("a", data={"v": "1"})
    await ear.clock.settle()
    assert (gated.asked, ear.heard) == (["a:1"], [])
    gated.gate.set()
    await ear.clock.settle()
    assert ear.heard == ["a-1"]
    assert len(ear.tasks) == 0


async def test_changes_of_an_object_that_wait_become_one_from_the_oldest_state_to_the_newest() -> None:
    gated = Gated()
    ear = Ear(gated, takes_old=True)
    for version in "1234":
        ear.informer.set("a", data={"v": version})
    await ear.clock.settle()
    gated.gate.set()
    await ear.clock.settle()
    assert gated.asked == ["a:1", "a:1->4"]
    assert ear.heard == ["a-1", "a-4"]


async def test_both_states_of_a_change_are_mapped() -> None:
    gated = Gated()
    gated.gate.set()
    ear = Ear(gated)
    ear.informer.set("a", data={"v": "1"})
    await ear.clock.settle()
    ear.informer.set("a", data={"v": "2"})
    await ear.clock.settle()
    assert ear.heard == ["a-1", "a-1", "a-2"]


async def test_only_so_many_run_at_once_and_none_is_left_out() -> None:
    gated = Gated()
    ear = Ear(gated)
    for number in range(3 * MAX_AT_ONCE):
        ear.informer.set(f"s{number}", data={"v": "1"})
    await ear.clock.settle()
    assert len(gated.asked) == MAX_AT_ONCE
    gated.gate.set()
    await ear.clock.settle()
    assert sorted(ear.heard) == sorted(f"s{number}-1" for number in range(3 * MAX_AT_ONCE))


async def test_one_that_does_not_return_is_cancelled_and_reported() -> None:
    ear = Ear(Gated())
    ear.informer.set("a", data={"v": "1"})
    with capture_logs():
        await ear.clock.advance(DEADLINE_SECONDS + 1)
    assert ear.errors == [f"map: the map function did not return within {DEADLINE_SECONDS:g} s"]
    assert len(ear.tasks) == 0


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit("bye"), asyncio.CancelledError()])
async def test_whatever_one_raises_is_contained_and_others_go_on(error: BaseException) -> None:
    async def fails(obj: dict[str, Any]) -> list[str]:
        if obj["metadata"]["name"] == "bad":
            raise error
        return ["default/good"]

    ear = Ear(fails)
    with capture_logs():
        ear.informer.set("bad")
        ear.informer.set("good")
        await ear.clock.settle()
    assert ear.heard == ["good"]
    assert len(ear.errors) == 1
    assert len(ear.tasks) == 0


async def test_a_new_revision_maps_what_the_old_one_has_not_answered() -> None:
    gated = Gated()
    ear = Ear(gated)
    ear.informer.set("running", data={"v": "1"})
    await ear.clock.settle()
    ear.informer.set("running", data={"v": "2"})
    ear.informer.remove("running")
    await ear.clock.settle()
    ear.bind(EnqueueMapped(lambda obj: [Request("default", f"new-{obj['data']['v']}")]))
    gated.gate.set()
    await ear.clock.settle()
    assert set(ear.heard) == {"new-1", "new-2"}
    assert len(ear.tasks) == 0


async def test_a_retired_source_ends_its_functions() -> None:
    ear = Ear(Gated())
    ear.informer.set("a", data={"v": "1"})
    await ear.clock.settle()
    ear.source.retire()
    await ear.clock.settle()
    assert len(ear.tasks) == 0


async def test_those_that_ignore_their_cancellation_are_bounded_counted_and_logged_once() -> None:
    asked: list[str] = []
    gate = asyncio.Event()

    async def stubborn(obj: dict[str, Any]) -> list[Request]:
        asked.append(obj["metadata"]["name"])
        while not gate.is_set():
            try:
                await gate.wait()
            except asyncio.CancelledError:
                continue
        return []

    ear = Ear(stubborn)
    with capture_logs() as lines:
        for number in range(3 * MAX_AT_ONCE):
            ear.informer.set(f"s{number}", data={"v": "1"})
        await ear.clock.advance(10 * DEADLINE_SECONDS)
    assert len(asked) == ear.stuck == MAX_AT_ONCE
    assert len([line for line in lines if line["event"] == "Map function ignores its cancellation"]) == 1
    gate.set()
    await ear.clock.settle()
    assert len(set(asked)) == 3 * MAX_AT_ONCE
    assert ear.stuck == len(ear.tasks) == 0
