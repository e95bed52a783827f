"""The event loop of a process: what is kept from the collector, and what may end it."""

import asyncio
import gc
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

from plugin_operator.manager import event_loop as loops
from plugin_operator.manager import run_in_loop, stray_errors
from tests.hostile import RAISES, raiser


async def frozen() -> int:
    return gc.get_freeze_count()


@pytest.fixture(params=["uvloop", "asyncio"])
def event_loop_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run on either kind of loop."""
    if request.param == "asyncio":
        monkeypatch.setattr(loops, "_loop_factory", lambda: None)


@pytest.fixture
def signals_handled() -> Iterator[None]:
    """Handle SIGINT, as the operator does while it runs."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_is_imported_before_the_loop_runs_is_kept_from_the_garbage_collector() -> None:
    modules: list[list[object]] = [[] for _ in range(10_000)]
    before = gc.get_freeze_count()
    assert run_in_loop(frozen()) - before >= len(modules)


def _call_soon(raises: Callable[..., object]) -> None:
    asyncio.get_running_loop().call_soon(raises)


def _call_later(raises: Callable[..., object]) -> None:
    asyncio.get_running_loop().call_later(0, raises)


def _done_callback(raises: Callable[..., object]) -> None:
    asyncio.ensure_future(asyncio.sleep(0)).add_done_callback(raises)


def _from_a_thread(raises: Callable[..., object]) -> None:
    asyncio.get_running_loop().call_soon_threadsafe(raises)


def _task(raises: Callable[..., object]) -> None:
    async def run() -> None:
        raises()

    _kept.append(asyncio.ensure_future(run()))


def _finalizer(raises: Callable[..., object]) -> None:
    type("Finalized", (), {"__del__": raises})()


_kept: list[object] = []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("event_loop_of", "signals_handled")
@pytest.mark.parametrize("schedule", [_call_soon, _call_later, _done_callback, _from_a_thread, _task, _finalizer])
@pytest.mark.parametrize("name", ["system exit", "keyboard interrupt", "own base exception", "str exits", "args exit"])
def test_no_callback_ends_the_loop_and_none_that_is_due_is_lost(
    schedule: Callable[[Callable[..., object]], None], name: str
) -> None:
    async def main() -> list[int]:
        loop, ran = asyncio.get_running_loop(), list[int]()
        everything = loop.create_future()
        for number in range(20):
            loop.call_soon(ran.append, number)
            schedule(raiser(RAISES[name]))
        for _ in range(5):
            await asyncio.sleep(0.001)
        loop.call_soon(everything.set_result, None)
        await everything
        return ran

    with capture_logs() as lines:
        assert run_in_loop(main()) == list(range(20))
    _kept.clear()
    assert schedule is _task or lines


@pytest.mark.usefixtures("event_loop_of")
def test_code_that_cancels_all_tasks_does_not_end_the_process() -> None:
    async def main() -> str:
        loop = asyncio.get_running_loop()
        for _ in range(5):
            loop.call_soon(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
            await asyncio.sleep(0.001)
        return "done"

    with capture_logs() as lines:
        assert run_in_loop(main()) == "done"
    assert {line["event"] for line in lines} == {"Cancellation of the operator's main task ignored"}


@pytest.mark.usefixtures("event_loop_of")
def test_code_that_stops_the_loop_does_not_end_the_process() -> None:
    async def main() -> str:
        for _ in range(3):
            asyncio.get_running_loop().stop()
            await asyncio.sleep(0.001)
        return "done"

    with capture_logs() as lines:
        assert run_in_loop(main()) == "done"
    assert {line["event"] for line in lines} == {"Event loop stopped by other code, restarting it"}


@pytest.mark.usefixtures("event_loop_of")
def test_a_main_coroutine_that_raises_a_runtime_error_ends_with_it() -> None:
    async def main() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        run_in_loop(main())


def test_a_main_coroutine_that_exits_is_an_error_and_no_stop_in_order() -> None:
    async def main() -> None:
        sys.exit(0)

    with pytest.raises(RuntimeError, match="main task raised SystemExit: 0"):
        run_in_loop(main())


def test_ctrl_c_before_the_operator_handles_signals_ends_it() -> None:
    async def main() -> None:
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run_in_loop(main())


def _flood(loop: asyncio.AbstractEventLoop, number: int) -> None:
    loop.call_soon(raiser(RAISES["exception"]))
    loop.call_soon(raiser(RAISES["system exit"]))
    loop.call_soon(raiser(f"raise type('Odd{number}', (Exception,), {{}})('x')"))
    _task(raiser(RAISES["exception"]))
    _kept.clear()
    _finalizer(raiser(RAISES["exception"]))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("event_loop_of", "signals_handled")
def test_what_is_raised_again_and_again_without_a_caller_is_logged_a_few_times_only() -> None:
    async def main() -> None:
        for number in range(200):
            _flood(asyncio.get_running_loop(), number)
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)

    with capture_logs() as lines:
        run_in_loop(main())
    events = Counter(line["event"] for line in lines)
    assert set(events) == {
        "Exception ignored", "Unhandled exception on the event loop", "Callback tried to exit the process"
    }  # fmt: skip
    assert events.total() <= stray_errors.MOST


@pytest.mark.usefixtures("event_loop_of")
def test_warnings_of_python_are_lines_of_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    async def forgotten() -> None: ...

    async def main() -> None:
        forgotten()  # type: ignore[unused-coroutine]

    with capture_logs() as lines, warnings.catch_warnings():
        warnings.simplefilter("always")
        run_in_loop(main())
    (line,) = lines
    assert (line["event"], line["category"]) == ("Python warning", "RuntimeWarning")
    assert line["warning"].endswith("forgotten' was never awaited: add await")
    assert capfd.readouterr().err == ""
