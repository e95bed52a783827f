"""The guard keeps whatever plugin code raises, sets or leaves behind to the call."""

import asyncio
import contextvars
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from plugin_operator.containment import LineLimiter, PluginGuard
from plugin_operator.containment.guard import MOST
from plugin_operator.controllers import Request
from plugin_operator.controllers.handlers import EnqueueMapped
from plugin_operator.kube import NamespacedName
from plugin_operator.testing.fake_informers import FakeObject
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.hostile import RAISES, raiser

KEY = NamespacedName("ns", "web")
TENANT: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="nobody")


def make_guard(
    clock: VirtualClock | None = None,
    *,
    locate: Callable[[str], str | None] = lambda _: None,
    on_error: Callable[[str, BaseException], None] = lambda _what, _error: None,
) -> PluginGuard:
    return PluginGuard("one", "1-abc", "web", clock=clock or VirtualClock(), locate=locate, on_error=on_error)


@pytest.mark.parametrize("name", RAISES)
async def test_whatever_plain_code_raises_gives_the_fallback_and_one_line(name: str) -> None:
    told: list[str] = []
    guard = make_guard(on_error=lambda what, _error: told.append(what))
    with capture_logs() as lines:
        assert guard.contain("predicate", KEY, True, raiser(RAISES[name])) is True
    (line,) = lines
    expected = {"plugin": "one", "revision": "1-abc", "controller": "web", "namespace": "ns", "name": "web"}
    assert expected.items() <= line.items()
    assert (line["event"], line["what"]) == ("Plugin code raised", "predicate")
    assert told == ["predicate"]


def test_the_line_names_the_innermost_place_in_the_plugins_own_files() -> None:
    def fails() -> None:
        Path("/does/not/exist").read_text()

    guard = make_guard(locate=lambda filename: "/plugins/one.py" if filename == __file__ else None)
    with capture_logs() as lines:
        guard.contain("map", KEY, None, fails)
    assert lines[0]["at"] == f"/plugins/one.py:{fails.__code__.co_firstlineno + 1}"


@pytest.mark.parametrize("is_bound", [False, True], ids=["plain", "with a context"])
def test_a_wrong_result_has_its_function_as_its_place_and_no_frames(is_bound: bool) -> None:
    def wrong(*_: object) -> list[Any]:
        return [{"kind": "Pod"}]

    handler = EnqueueMapped(partial(wrong, "ctx") if is_bound else wrong)
    guard = make_guard(locate=lambda filename: "/plugins/one.py" if filename == __file__ else None)
    with capture_logs() as lines:
        guard.contain(
            "map", KEY, None, lambda: list(handler.requests(Request("", "x"), FakeObject({"metadata": {"name": "x"}})))
        )
    (line,) = lines
    assert line["at"] == f"/plugins/one.py:{wrong.__code__.co_firstlineno}"
    assert "a map function returned a dict" in line["error"]
    assert "exc_info" not in line


def test_what_a_call_sets_is_not_seen_by_the_next_nor_by_its_caller() -> None:
    guard = make_guard()

    def call() -> str:
        before = TENANT.get()
        TENANT.set("red")
        return before

    TENANT.set("caller")
    assert [guard.contain("map", KEY, "", call) for _ in range(2)] == ["nobody", "nobody"]
    assert TENANT.get() == "caller"


async def test_a_coroutine_sees_its_callers_context_and_changes_only_its_own() -> None:
    async def reconcile() -> str:
        before = TENANT.get()
        TENANT.set("red")
        await asyncio.sleep(0)
        return f"{before} {TENANT.get()}"

    TENANT.set("caller")
    assert [await make_guard().drive(reconcile()) for _ in range(2)] == ["caller red"] * 2
    assert TENANT.get() == "caller"


async def test_a_task_that_a_coroutine_spawns_inherits_its_context() -> None:
    async def child() -> str:
        return TENANT.get()

    async def reconcile() -> str:
        TENANT.set("red")
        return await asyncio.create_task(child())

    assert await make_guard().drive(reconcile()) == "red"


async def test_timeouts_and_the_current_task_work_within_the_guard() -> None:
    async def reconcile() -> asyncio.Task[object] | None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        return asyncio.current_task()

    assert await make_guard().drive(reconcile()) is asyncio.current_task()


async def test_a_cancellation_reaches_the_coroutine_and_its_clean_up_runs_in_its_context() -> None:
    seen: list[str] = []
    begun = asyncio.Event()

    async def reconcile() -> None:
        TENANT.set("red")
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            seen.append(TENANT.get())

    task = asyncio.create_task(make_guard().drive(reconcile()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["red"]


@pytest.mark.parametrize("name", ["own base exception", "cancelled", "generator exit", "class is asked"])
async def test_what_a_coroutine_raises_reaches_the_caller_as_it_is(name: str) -> None:
    async def reconcile() -> None:
        await asyncio.sleep(0)
        raiser(RAISES[name])()

    with pytest.raises(BaseException) as caught:
        await make_guard().drive(reconcile())
    assert type(caught.value).__name__ in {"Panic", "CancelledError", "GeneratorExit", "Asked"}


async def test_plain_code_cannot_cancel_the_task_it_runs_in() -> None:
    seen: list[asyncio.Task[object] | None] = []
    make_guard().contain("predicate", KEY, None, lambda: seen.append(asyncio.current_task()))
    task = asyncio.current_task()
    assert seen == [None]
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


def test_a_listener_that_fails_does_not_undo_the_containment() -> None:
    def listen(_what: str, _error: BaseException) -> None:
        raise RuntimeError("the listener")

    assert make_guard(on_error=listen).contain("map", KEY, 1, raiser("raise ValueError")) == 1


async def test_the_same_failure_is_logged_a_few_times_then_counted() -> None:
    clock = VirtualClock()
    guard = make_guard(clock)
    with capture_logs() as lines:
        for _ in range(10):
            guard.contain("map", KEY, None, raiser("raise ValueError"))
        await clock.advance(11)
        guard.contain("map", KEY, None, raiser("raise ValueError"))
    assert [line.get("left_out") for line in lines] == [None, None, None, 7]


async def test_a_limiter_forgets_places_rather_than_grow() -> None:
    limiter = LineLimiter(VirtualClock(), burst=1, period_seconds=10)
    for number in range(1000):
        assert limiter.pass_one(number) == 0
    assert limiter.pass_one(999) is None


ODD_FUTURES: dict[str, str] = {
    "its mark raises": "_asyncio_future_blocking = property(lambda self: 1 / 0)",
    "its mark exits": "_asyncio_future_blocking = property(lambda self: exit(0))",
    "it has no loop": "_asyncio_future_blocking = True",
    "its loop raises": "_asyncio_future_blocking = True\n    def get_loop(self): raise KeyboardInterrupt",
    "it takes no callback": (
        "_asyncio_future_blocking = True\n"
        "    def get_loop(self): return asyncio.get_running_loop()\n"
        "    def add_done_callback(self, *args): raise StopIteration"
    ),
    "it is a future that breaks": "def add_done_callback(self, *args, **options): raise SystemExit(0)",
    "it is no future": "x = 1",
    "only it itself is marked": (
        "def __init__(self): self._asyncio_future_blocking = True\n"
        "    def get_loop(self): return asyncio.get_running_loop()\n"
        "    def add_done_callback(self, *args, **options): raise SystemExit(0)"
    ),
}


@pytest.mark.parametrize("name", ODD_FUTURES)
async def test_waiting_for_an_odd_future_raises_in_the_coroutine_and_leaves_its_task_at_work(name: str) -> None:
    base = "asyncio.Future" if "future that" in name else "object"
    scope: dict[str, Any] = {"asyncio": asyncio, "exit": sys.exit}
    exec(f"class Odd({base}):\n    {ODD_FUTURES[name]}\n    def __await__(self):\n        yield self\n", scope)

    async def reconcile() -> BaseException:
        odd = scope["Odd"]()
        if base != "object":
            odd._asyncio_future_blocking = True
        try:
            await odd
        except BaseException as error:  # noqa: BLE001 - it is what is asked for
            return error
        raise AssertionError("it could be waited for")

    assert isinstance(await asyncio.wait_for(make_guard().drive(reconcile()), 5), BaseException)


async def test_a_gathering_is_waited_for_and_cancelled_as_ever() -> None:
    ended: list[str] = []
    begun = asyncio.Event()

    async def part() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("part")
        return ""

    async def reconcile() -> list[str]:
        assert list(await asyncio.gather(asyncio.sleep(0, "a"), asyncio.sleep(0.001, "b"))) == ["a", "b"]
        return list(await asyncio.gather(part(), part()))

    task = asyncio.create_task(make_guard().drive(reconcile()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["part", "part"]


async def test_failures_of_ever_new_classes_are_limited_together() -> None:
    guard = make_guard()
    with capture_logs() as lines:
        for number in range(1000):
            guard.contain("map", KEY, None, raiser(f"raise type('E{number}', (Exception,), {{}})()"))
    assert len(lines) <= MOST


async def test_lines_that_were_left_out_of_all_places_are_counted_in_the_next_one() -> None:
    clock = VirtualClock()
    limiter = LineLimiter(clock, burst=1, period_seconds=10, most=2)
    assert [limiter.pass_one(number) for number in range(5)] == [0, 0, None, None, None]
    await clock.advance(11)
    assert [limiter.pass_one(number) for number in range(5, 8)] == [3, 0, None]
