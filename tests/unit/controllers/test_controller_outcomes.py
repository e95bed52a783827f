"""What follows from each way a reconcile can end."""

import asyncio
import contextvars
from _asyncio import Task
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from plugin_operator.controllers import Failure, Result, TemporaryError, time_limited
from plugin_operator.controllers.metrics import controller_metrics
from plugin_operator.errors import TerminalError
from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.runtime.task_tracking import RevisionTasks
from plugin_operator.rendering import describe
from plugin_operator.workqueue import LOW_PRIORITY
from tests.unit.controllers.conftest import ControllerHarness


def cancel_this_task() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


def scripted(harness: ControllerHarness, *outcomes: Any) -> Callable[[NamespacedName], Awaitable[Any]]:
    """A reconciler that does one outcome after the other, then succeeds."""
    remaining = list(outcomes)

    async def reconcile(request: NamespacedName) -> Any:
        harness.log.append(request.name)
        if not remaining:
            return None
        outcome = remaining.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return reconcile


async def test_a_changed_object_is_reconciled_once(harness: ControllerHarness) -> None:
    await harness.run()
    harness.informer.set("a")
    harness.informer.set("a", data={"x": "1"})
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a")]
    assert controller_metrics(harness.metrics, "cm").success == 1


async def test_a_deletion_is_reconciled(harness: ControllerHarness) -> None:
    harness.informer.set("a")
    await harness.run()
    harness.take_log()
    harness.informer.remove("a")
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a")]


async def test_nothing_runs_before_the_process_leads(harness: ControllerHarness) -> None:
    await harness.install(harness.recorder())
    harness.informer.set("a")
    await harness.clock.advance(60)
    assert harness.log == []
    assert harness.controller.status().queue_depth == 1
    harness.controller.start_workers()
    await harness.clock.settle()
    assert harness.log == [("r1", "a")]


async def test_requeue_after_comes_back_at_its_time_and_forgets_failures(harness: ControllerHarness) -> None:
    await harness.run(scripted(harness, ValueError("once"), Result(requeue_after=30)))
    harness.informer.set("a")
    await harness.clock.advance(1)
    assert harness.take_log() == ["a", "a"]
    await harness.clock.advance(28)
    assert harness.take_log() == []
    await harness.clock.advance(2)
    assert harness.take_log() == ["a"]
    counted = controller_metrics(harness.metrics, "cm")
    assert (counted.error, counted.requeue_after, counted.success) == (1, 1, 1)


async def test_a_temporary_error_is_a_failure_that_is_retried_after_its_own_delay(harness: ControllerHarness) -> None:
    await harness.run(scripted(harness, ValueError("first"), TemporaryError("not ready", retry_after_seconds=30)))
    key = harness.informer.set("a")
    await harness.clock.advance(1)
    assert harness.take_log() == ["a", "a"]
    failing = harness.controller.status().failing[key]
    assert (failing.error, failing.count, failing.is_terminal) == ("TemporaryError: not ready", 2, False)
    await harness.clock.advance(28)
    assert harness.take_log() == []
    await harness.clock.advance(2)
    assert harness.take_log() == ["a"]
    counted = controller_metrics(harness.metrics, "cm")
    assert (counted.error, counted.errors, counted.success) == (2, 2, 1)


async def test_a_change_comes_before_the_delay_of_a_temporary_error(harness: ControllerHarness) -> None:
    await harness.run(scripted(harness, TemporaryError("not ready", retry_after_seconds=3600)))
    harness.informer.set("a")
    await harness.clock.settle()
    harness.informer.set("a", data={"x": "1"})
    await harness.clock.settle()
    assert harness.take_log() == ["a", "a"]


class Emptied(TemporaryError):
    def __init__(self) -> None:
        Exception.__init__(self, "no delay")


class Spoiled(TemporaryError):
    retry_after_seconds = property(lambda self: 1 / 0)


@pytest.mark.parametrize("error", [Emptied(), Spoiled.__new__(Spoiled)])
async def test_a_temporary_error_without_a_usable_delay_backs_off(
    harness: ControllerHarness, error: TemporaryError
) -> None:
    await harness.run(scripted(harness, error))
    harness.informer.set("a")
    await harness.clock.advance(1)
    assert harness.take_log() == ["a", "a"]


@pytest.mark.parametrize("wrong", [-1, float("nan"), "30", True, None])
def test_a_temporary_error_takes_seconds_only(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"retry_after_seconds is .*it takes seconds from 0"):
        TemporaryError("x", retry_after_seconds=wrong)


async def test_requeue_backs_off(harness: ControllerHarness) -> None:
    await harness.run(scripted(harness, *[Result(requeue=True)] * 5))
    harness.informer.set("a")
    await harness.clock.advance(0.005 + 0.01)
    assert len(harness.take_log()) == 3
    await harness.clock.advance(1)
    assert len(harness.take_log()) == 3
    assert controller_metrics(harness.metrics, "cm").requeue == 5


async def test_an_error_is_retried_with_backoff_and_shown_until_it_is_gone(harness: ControllerHarness) -> None:
    await harness.run(scripted(harness, ValueError("first"), ValueError("second")))
    key = harness.informer.set("a")
    await harness.clock.settle()
    await harness.clock.advance(0.005)
    failing = harness.controller.status().failing[key]
    assert (failing.error, failing.count, failing.revision) == ("ValueError: second", 2, "r1")
    await harness.clock.advance(1)
    assert harness.controller.status().failing == {}
    assert [str(failure.error) for failure in harness.failures] == ["first", "second"]
    counted = controller_metrics(harness.metrics, "cm")
    assert (counted.error, counted.errors, counted.panics, counted.success) == (2, 2, 0, 1)


async def test_a_terminal_error_waits_for_a_change(harness: ControllerHarness) -> None:
    await harness.run(scripted(harness, TerminalError("hopeless")))
    harness.informer.set("a")
    await harness.clock.advance(3600)
    assert harness.take_log() == ["a"]
    assert harness.failures[0].is_terminal
    assert controller_metrics(harness.metrics, "cm").terminal_errors == 1
    harness.informer.set("a")
    await harness.clock.settle()
    assert harness.take_log() == ["a"]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()], ids=repr)
async def test_what_would_end_the_process_is_a_panic_of_one_reconcile(harness: ControllerHarness, error: Any) -> None:
    await harness.run(scripted(harness, error))
    harness.informer.set("a")
    await harness.clock.advance(1)
    assert harness.take_log() == ["a", "a"]
    assert harness.failures[0].is_panic
    assert controller_metrics(harness.metrics, "cm").panics == 1


async def test_a_reconciler_that_raises_cancelled_error_is_retried_and_its_worker_lives(
    harness: ControllerHarness,
) -> None:
    await harness.run(scripted(harness, asyncio.CancelledError()))
    pool = harness.controller._pool
    assert pool is not None
    worker = next(iter(pool.workers))
    harness.informer.set("a")
    await harness.clock.advance(1)
    assert harness.take_log() == ["a", "a"]
    assert next(iter(pool.workers)) is worker
    assert not worker.task.done()


async def test_a_reconciler_that_cancels_its_own_task_is_retried_by_a_new_worker(harness: ControllerHarness) -> None:
    async def reconcile(request: NamespacedName) -> None:
        harness.log.append(request.name)
        if len(harness.log) == 1:
            cancel_this_task()
            await asyncio.sleep(0)

    await harness.run(reconcile)
    harness.informer.set("a")
    await harness.clock.advance(1)
    assert harness.take_log() == ["a", "a"]
    pool = harness.controller._pool
    assert pool is not None
    assert len(pool.workers) == 1


@pytest.mark.parametrize("value", [True, {"requeue": True}, 5], ids=repr)
async def test_returning_something_else_is_an_error_that_says_so(
    harness: ControllerHarness, value: dict[str, bool] | int
) -> None:
    await harness.run(scripted(harness, value))
    harness.informer.set("a")
    await harness.clock.settle()
    assert "takes a Result or None" in str(harness.failures[0].error)


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_a_result_refuses_times_that_never_come(seconds: float) -> None:
    with pytest.raises(ValueError, match="requeue_after"):
        Result(requeue_after=seconds)


async def test_a_retry_keeps_the_priority_of_the_run_unless_the_result_names_one(
    harness: ControllerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.informer.set("a")
    await harness.run(scripted(harness, Result(requeue_after=1), Result(requeue_after=1, priority=5)))
    seen: list[Any] = []
    queue = harness.controller._queue
    original = queue.try_get

    def noting_priority() -> NamespacedName | None:
        item = original()
        if item is not None:
            seen.append(queue.priority_of(item))
        return item

    monkeypatch.setattr(queue, "try_get", noting_priority)
    await harness.clock.advance(10)
    assert seen == [LOW_PRIORITY, 5]


async def test_a_timeout_cancels_counts_and_retries(harness: ControllerHarness) -> None:
    await harness.run(time_limited(harness.gated(), 10, harness.clock))
    harness.informer.set("a")
    await harness.clock.advance(10)
    assert harness.take_log() == [("r1", "a"), ("r1", "a cancelled")]
    assert harness.failures[0].is_timeout
    counted = controller_metrics(harness.metrics, "cm")
    assert (counted.timeouts, counted.error) == (1, 1)
    harness.gates["a"].set()
    await harness.clock.advance(1)
    assert harness.take_log() == [("r1", "a")]
    assert counted.success == 1


async def test_a_timeout_that_is_ignored_leaves_the_worker_usable(harness: ControllerHarness) -> None:
    await harness.run(time_limited(harness.gated(stubborn=True), 10, harness.clock))
    harness.informer.set("a")
    await harness.clock.advance(11)
    harness.gates["a"].set()
    await harness.clock.settle()
    harness.informer.set("a")
    await harness.clock.settle()
    assert controller_metrics(harness.metrics, "cm").success == 2
    assert controller_metrics(harness.metrics, "cm").timeouts == 0


async def test_a_timeout_of_the_authors_own_is_an_ordinary_error(harness: ControllerHarness) -> None:
    await harness.run(time_limited(scripted(harness, TimeoutError("theirs")), 10, harness.clock))
    harness.informer.set("a")
    await harness.clock.settle()
    assert not harness.failures[0].is_timeout


async def test_a_failure_callback_that_raises_harms_nobody(harness: ControllerHarness) -> None:
    def explode(_: Failure) -> None:
        raise RuntimeError("listener")

    harness.controller._outcomes._on_failure = explode
    await harness.run(scripted(harness, ValueError("x")))
    harness.informer.set("a")
    await harness.clock.advance(1)
    assert harness.take_log() == ["a", "a"]


async def test_many_failing_keys_do_not_fill_the_memory(harness: ControllerHarness) -> None:
    async def reconcile(_: NamespacedName) -> None:
        raise ValueError("y" * 10_000)

    await harness.run(reconcile)
    for number in range(500):
        harness.informer.set(f"k{number}")
    await harness.clock.settle()
    failing = harness.controller.status().failing
    assert len(failing) == 200
    assert max(len(each.error) for each in failing.values()) <= 500


async def test_no_more_run_at_once_than_allowed(harness: ControllerHarness) -> None:
    await harness.run(harness.gated(), harness.spec(max_concurrent_reconciles=3))
    for number in range(10):
        harness.informer.set(f"k{number}")
    await harness.clock.settle()
    assert len(harness.take_log()) == 3
    counted = controller_metrics(harness.metrics, "cm")
    assert (counted.active_workers, counted.max_concurrent) == (3, 3)
    harness.gates["k0"].set()
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "k3")]


async def test_changes_during_a_reconcile_lead_to_one_more(harness: ControllerHarness) -> None:
    await harness.run(harness.gated())
    harness.informer.set("a")
    await harness.clock.settle()
    for _ in range(5):
        harness.informer.set("a")
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a")]
    harness.gates["a"].set()
    await harness.clock.settle()
    assert harness.take_log() == [("r1", "a")]


async def test_the_same_failure_of_many_keys_shows_its_traceback_once_in_a_while(harness: ControllerHarness) -> None:
    async def reconcile(request: NamespacedName) -> None:
        if request.name == "other":
            raise KeyError("elsewhere")
        raise ValueError("same line")

    await harness.run(reconcile)
    for number in range(20):
        harness.informer.set(f"k{number}")
    harness.informer.set("other")
    await harness.clock.settle()
    entries = [entry for entry in harness.logged if entry["event"] == "Reconciler error"]
    assert len(entries) == 21
    assert [str(entry["exc_info"]) for entry in entries if entry["exc_info"]] == ["same line", "'elsewhere'"]
    assert {entry["error"] for entry in entries} == {"ValueError: same line", "KeyError: 'elsewhere'"}
    harness.logged.clear()
    await harness.clock.advance(11)
    harness.logged.clear()
    harness.informer.set("k0")
    await harness.clock.settle()
    await harness.install(reconcile, revision="r2")
    shown = [entry["revision"] for entry in harness.logged if entry.get("exc_info")]
    assert "r2" in shown


@pytest.mark.parametrize("then", ["return", "raise"])
async def test_a_reconciler_that_cancels_its_task_at_its_end_makes_the_process_no_less_ready(
    harness: ControllerHarness, then: str
) -> None:
    async def reconcile(request: NamespacedName) -> None:
        harness.log.append(request.name)
        if len(harness.log) == 1:
            cancel_this_task()
            if then == "raise":
                raise SystemExit(0)

    await harness.run(reconcile)
    harness.informer.set("a")
    await harness.clock.settle()
    assert harness.controller._supervisor.down == []
    await harness.clock.advance(1)
    harness.informer.set("b")
    await harness.clock.advance(1)
    assert harness.take_log()[-1] == "b"
    events = {line["event"]: line for line in harness.logged}
    assert "Background task ended, restarting it" not in events
    assert events["Reconcile cancelled its own worker, replacing it"]["controller"] == "cm"


async def _idle_worker(harness: ControllerHarness, cancel: Callable[..., Any]) -> None:
    """Run a controller whose idle worker is cancelled by ``cancel(task)``, and see that it reconciles on."""
    tasks = []

    async def reconcile(request: NamespacedName) -> None:
        harness.log.append(request.name)
        tasks.append(asyncio.current_task())

    await harness.run(reconcile)
    harness.informer.set("a")
    await harness.clock.settle()
    cancel(tasks[0])
    await harness.clock.settle()
    harness.informer.set("b")
    await harness.clock.settle()
    assert harness.take_log() == ["a", "b"], "not replaced at once"


async def test_an_idle_worker_that_plugin_code_cancels_is_replaced_at_once_and_the_line_names_the_plugin(
    harness: ControllerHarness,
) -> None:
    def cancel(task: Task[Any]) -> None:
        def later() -> None:
            RevisionTasks("evil", "1-abc").mark()
            asyncio.get_running_loop().call_later(0, task.cancel)

        contextvars.copy_context().run(later)

    await _idle_worker(harness, cancel)
    assert harness.controller._supervisor.down == []
    [line] = [line for line in harness.logged if line["event"] == "Idle worker cancelled by plugin code, replacing it"]
    assert (line["plugin"], line["revision"]) == ("evil", "1-abc")
    assert "Background task ended, restarting it" not in {line["event"] for line in harness.logged}


async def test_an_idle_worker_that_ends_for_another_reason_is_replaced_at_once_and_the_line_names_its_controller(
    harness: ControllerHarness,
) -> None:
    await _idle_worker(harness, lambda task: task.cancel())
    [line] = [line for line in harness.logged if line["event"] == "Background task ended, restarting it"]
    assert {"plugin", "revision", "controller"} <= line.keys()


async def test_a_worker_that_is_cancelled_again_and_again_is_replaced_after_a_pause_that_grows(
    harness: ControllerHarness,
) -> None:
    starts = []

    async def reconcile(_: NamespacedName) -> None:
        starts.append(harness.clock.monotonic())
        cancel_this_task()
        await asyncio.sleep(0)

    await harness.run(reconcile)
    for number in range(50):
        harness.informer.set(f"k{number}")
    await harness.clock.advance(10)
    assert 3 <= len(starts) <= 15


async def test_the_message_of_an_error_is_asked_for_once_for_each_failure_besides_its_traceback(
    harness: ControllerHarness,
) -> None:
    asked = []

    class SlowError(Exception):
        def __str__(self) -> str:
            asked.append(len(harness.log))
            return "slow"

    await harness.run(scripted(harness, SlowError(), SlowError()))
    harness.informer.set("a")
    await harness.clock.advance(1)
    assert [line["error"] for line in harness.logged if line["event"] == "Reconciler error"] == ["SlowError: slow"] * 2
    assert asked == [1, 2]


def test_an_error_that_says_something_else_is_asked_again() -> None:
    error = ValueError("one")
    assert describe(error) == "ValueError: one"
    error.args = ("two",)
    assert describe(error) == "ValueError: two"
