"""What follows from each way a reconcile can end."""

import asyncio
import contextvars

import pytest

from plugin_operator.controllers import Result, TemporaryError
from plugin_operator.errors import TerminalError
from plugin_operator.plugin.runtime.task_tracking import RevisionTasks
from plugin_operator.rendering import describe
from plugin_operator.workqueue import LOW_PRIORITY


def scripted(bench, *outcomes):
    """A reconciler that does one outcome after the other, then succeeds."""
    remaining = list(outcomes)

    async def reconcile(request):
        bench.log.append(request.name)
        if not remaining:
            return None
        outcome = remaining.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return reconcile


async def test_a_changed_object_is_reconciled_once(bench):
    await bench.run()
    bench.informer.set("a")
    bench.informer.set("a", data={"x": "1"})
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a")]
    assert bench.metrics.controller("cm").success == 1


async def test_a_deletion_is_reconciled(bench):
    bench.informer.set("a")
    await bench.run()
    bench.take_log()
    bench.informer.remove("a")
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a")]


async def test_nothing_runs_before_the_process_leads(bench):
    await bench.install(bench.recorder())
    bench.informer.set("a")
    await bench.clock.advance(60)
    assert bench.log == []
    assert bench.controller.status().queue_depth == 1
    bench.controller.start_workers()
    await bench.clock.settle()
    assert bench.log == [("r1", "a")]


async def test_no_reconcile_begins_once_leadership_is_over(bench):
    lapses = []
    bench.controller.fence.on_lapse = lambda: lapses.append(1)
    await bench.run()
    bench.controller.fence.until = bench.clock.monotonic() + 10
    bench.informer.set("a")
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a")]
    bench.clock._monotonic += 10  # the loop stood still: no timer fired
    bench.informer.set("b")
    await bench.clock.settle()
    assert bench.take_log() == []
    assert lapses == [1]


async def test_requeue_after_comes_back_at_its_time_and_forgets_failures(bench):
    await bench.run(scripted(bench, ValueError("once"), Result(requeue_after=30)))
    bench.informer.set("a")
    await bench.clock.advance(1)
    assert bench.take_log() == ["a", "a"]
    await bench.clock.advance(28)
    assert bench.take_log() == []
    await bench.clock.advance(2)
    assert bench.take_log() == ["a"]
    counted = bench.metrics.controller("cm")
    assert (counted.error, counted.requeue_after, counted.success) == (1, 1, 1)


async def test_a_temporary_error_is_a_failure_that_is_retried_after_its_own_delay(bench):
    await bench.run(scripted(bench, ValueError("first"), TemporaryError("not ready", retry_after_seconds=30)))
    key = bench.informer.set("a")
    await bench.clock.advance(1)
    assert bench.take_log() == ["a", "a"]
    failing = bench.controller.status().failing[key]
    assert (failing.error, failing.count, failing.is_terminal) == ("TemporaryError: not ready", 2, False)
    await bench.clock.advance(28)
    assert bench.take_log() == []
    await bench.clock.advance(2)
    assert bench.take_log() == ["a"]
    counted = bench.metrics.controller("cm")
    assert (counted.error, counted.errors, counted.success) == (2, 2, 1)


async def test_a_change_comes_before_the_delay_of_a_temporary_error(bench):
    await bench.run(scripted(bench, TemporaryError("not ready", retry_after_seconds=3600)))
    bench.informer.set("a")
    await bench.clock.settle()
    bench.informer.set("a", data={"x": "1"})
    await bench.clock.settle()
    assert bench.take_log() == ["a", "a"]


class Emptied(TemporaryError):
    def __init__(self) -> None:
        Exception.__init__(self, "no delay")


class Spoiled(TemporaryError):
    retry_after_seconds = property(lambda self: 1 / 0)


@pytest.mark.parametrize("error", [Emptied(), Spoiled.__new__(Spoiled)])
async def test_a_temporary_error_without_a_usable_delay_backs_off(bench, error):
    await bench.run(scripted(bench, error))
    bench.informer.set("a")
    await bench.clock.advance(1)
    assert bench.take_log() == ["a", "a"]


@pytest.mark.parametrize("wrong", [-1, float("nan"), "30", True, None])
def test_a_temporary_error_takes_seconds_only(wrong):
    with pytest.raises((TypeError, ValueError), match=r"retry_after_seconds is .*it takes seconds from 0"):
        TemporaryError("x", retry_after_seconds=wrong)


async def test_requeue_backs_off(bench):
    await bench.run(scripted(bench, *[Result(requeue=True)] * 5))
    bench.informer.set("a")
    await bench.clock.advance(0.005 + 0.01)
    assert len(bench.take_log()) == 3
    await bench.clock.advance(1)
    assert len(bench.take_log()) == 3
    assert bench.metrics.controller("cm").requeue == 5


async def test_an_error_is_retried_with_backoff_and_shown_until_it_is_gone(bench):
    await bench.run(scripted(bench, ValueError("first"), ValueError("second")))
    key = bench.informer.set("a")
    await bench.clock.settle()
    await bench.clock.advance(0.005)
    failing = bench.controller.status().failing[key]
    assert (failing.error, failing.count, failing.revision) == ("ValueError: second", 2, "r1")
    await bench.clock.advance(1)
    assert bench.controller.status().failing == {}
    assert [str(failure.error) for failure in bench.failures] == ["first", "second"]
    counted = bench.metrics.controller("cm")
    assert (counted.error, counted.errors, counted.panics, counted.success) == (2, 2, 0, 1)


async def test_a_terminal_error_waits_for_a_change(bench):
    await bench.run(scripted(bench, TerminalError("hopeless")))
    bench.informer.set("a")
    await bench.clock.advance(3600)
    assert bench.take_log() == ["a"]
    assert bench.failures[0].is_terminal
    assert bench.metrics.controller("cm").terminal_errors == 1
    bench.informer.set("a")
    await bench.clock.settle()
    assert bench.take_log() == ["a"]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()], ids=repr)
async def test_what_would_end_the_process_is_a_panic_of_one_reconcile(bench, error):
    await bench.run(scripted(bench, error))
    bench.informer.set("a")
    await bench.clock.advance(1)
    assert bench.take_log() == ["a", "a"]
    assert bench.failures[0].is_panic
    assert bench.metrics.controller("cm").panics == 1


async def test_a_reconciler_that_raises_cancelled_error_is_retried_and_its_worker_lives(bench):
    await bench.run(scripted(bench, asyncio.CancelledError()))
    worker = next(iter(bench.controller._pool.workers))
    bench.informer.set("a")
    await bench.clock.advance(1)
    assert bench.take_log() == ["a", "a"]
    assert next(iter(bench.controller._pool.workers)) is worker
    assert not worker.task.done()


async def test_a_reconciler_that_cancels_its_own_task_is_retried_by_a_new_worker(bench):
    async def reconcile(request):
        bench.log.append(request.name)
        if len(bench.log) == 1:
            asyncio.current_task().cancel()
            await asyncio.sleep(0)

    await bench.run(reconcile)
    bench.informer.set("a")
    await bench.clock.advance(1)
    assert bench.take_log() == ["a", "a"]
    assert len(bench.controller._pool.workers) == 1


@pytest.mark.parametrize("value", [True, {"requeue": True}, 5], ids=repr)
async def test_returning_something_else_is_an_error_that_says_so(bench, value):
    await bench.run(scripted(bench, value))
    bench.informer.set("a")
    await bench.clock.settle()
    assert "takes a Result or None" in str(bench.failures[0].error)


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_a_result_refuses_times_that_never_come(seconds):
    with pytest.raises(ValueError, match="requeue_after"):
        Result(requeue_after=seconds)


async def test_a_retry_keeps_the_priority_of_the_run_unless_the_result_names_one(bench):
    bench.informer.set("a")
    await bench.run(scripted(bench, Result(requeue_after=1), Result(requeue_after=1, priority=5)))
    seen = []
    bench.controller._queue.try_get, original = (
        lambda: ((item := original()) and seen.append(bench.controller._queue.priority_of(item))) or item,
        bench.controller._queue.try_get,
    )
    await bench.clock.advance(10)
    assert seen == [LOW_PRIORITY, 5]


async def test_a_timeout_cancels_counts_and_retries(bench):
    await bench.run(bench.gated(), bench.spec(reconcile_timeout_seconds=10))
    bench.informer.set("a")
    await bench.clock.advance(10)
    assert bench.take_log() == [("r1", "a"), ("r1", "a cancelled")]
    assert bench.failures[0].is_timeout
    counted = bench.metrics.controller("cm")
    assert (counted.timeouts, counted.error) == (1, 1)
    bench.gates["a"].set()
    await bench.clock.advance(1)
    assert bench.take_log() == [("r1", "a")]
    assert counted.success == 1


async def test_a_timeout_that_is_ignored_leaves_the_worker_usable(bench):
    await bench.run(bench.gated(stubborn=True), bench.spec(reconcile_timeout_seconds=10))
    bench.informer.set("a")
    await bench.clock.advance(11)
    bench.gates["a"].set()
    await bench.clock.settle()
    bench.informer.set("a")
    await bench.clock.settle()
    assert bench.metrics.controller("cm").success == 2
    assert bench.metrics.controller("cm").timeouts == 0


async def test_a_timeout_of_the_authors_own_is_an_ordinary_error(bench):
    await bench.run(scripted(bench, TimeoutError("theirs")), bench.spec(reconcile_timeout_seconds=10))
    bench.informer.set("a")
    await bench.clock.settle()
    assert not bench.failures[0].is_timeout


async def test_a_failure_callback_that_raises_harms_nobody(bench):
    def explode(_):
        raise RuntimeError("listener")

    bench.controller._outcomes._on_failure = explode
    await bench.run(scripted(bench, ValueError("x")))
    bench.informer.set("a")
    await bench.clock.advance(1)
    assert bench.take_log() == ["a", "a"]


async def test_many_failing_keys_do_not_fill_the_memory(bench):
    async def reconcile(_):
        raise ValueError("y" * 10_000)

    await bench.run(reconcile)
    for number in range(500):
        bench.informer.set(f"k{number}")
    await bench.clock.settle()
    failing = bench.controller.status().failing
    assert len(failing) == 200
    assert max(len(each.error) for each in failing.values()) <= 500


async def test_no_more_run_at_once_than_allowed(bench):
    await bench.run(bench.gated(), bench.spec(max_concurrent_reconciles=3))
    for number in range(10):
        bench.informer.set(f"k{number}")
    await bench.clock.settle()
    assert len(bench.take_log()) == 3
    counted = bench.metrics.controller("cm")
    assert (counted.active_workers, counted.max_concurrent) == (3, 3)
    bench.gates["k0"].set()
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "k3")]


async def test_changes_during_a_reconcile_lead_to_one_more(bench):
    await bench.run(bench.gated())
    bench.informer.set("a")
    await bench.clock.settle()
    for _ in range(5):
        bench.informer.set("a")
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a")]
    bench.gates["a"].set()
    await bench.clock.settle()
    assert bench.take_log() == [("r1", "a")]


async def test_the_same_failure_of_many_keys_shows_its_traceback_once_in_a_while(bench):
    async def reconcile(request):
        if request.name == "other":
            raise KeyError("elsewhere")
        raise ValueError("same line")

    await bench.run(reconcile)
    for number in range(20):
        bench.informer.set(f"k{number}")
    bench.informer.set("other")
    await bench.clock.settle()
    entries = [entry for entry in bench.logged if entry["event"] == "Reconciler error"]
    assert len(entries) == 21
    assert [str(entry["exc_info"]) for entry in entries if entry["exc_info"]] == ["same line", "'elsewhere'"]
    assert {entry["error"] for entry in entries} == {"ValueError: same line", "KeyError: 'elsewhere'"}
    bench.logged.clear()
    await bench.clock.advance(11)
    bench.logged.clear()
    bench.informer.set("k0")
    await bench.clock.settle()
    await bench.install(reconcile, revision="r2")
    shown = [entry["revision"] for entry in bench.logged if entry.get("exc_info")]
    assert "r2" in shown


@pytest.mark.parametrize("then", ["return", "raise"])
async def test_a_reconciler_that_cancels_its_task_at_its_end_makes_the_process_no_less_ready(bench, then):
    async def reconcile(request):
        bench.log.append(request.name)
        if len(bench.log) == 1:
            asyncio.current_task().cancel()
            if then == "raise":
                raise SystemExit(0)

    await bench.run(reconcile)
    bench.informer.set("a")
    await bench.clock.settle()
    assert bench.controller._supervisor.down == []
    await bench.clock.advance(1)
    bench.informer.set("b")
    await bench.clock.advance(1)
    assert bench.take_log()[-1] == "b"
    events = {line["event"]: line for line in bench.logged}
    assert "Background task ended, restarting it" not in events
    assert events["Reconcile cancelled its own worker, replacing it"]["controller"] == "cm"


async def _idle_worker(bench, cancel) -> None:
    """Run a controller whose idle worker is cancelled by ``cancel(task)``, and see that it reconciles on."""
    tasks = []

    async def reconcile(request):
        bench.log.append(request.name)
        tasks.append(asyncio.current_task())

    await bench.run(reconcile)
    bench.informer.set("a")
    await bench.clock.settle()
    cancel(tasks[0])
    await bench.clock.settle()
    bench.informer.set("b")
    await bench.clock.settle()
    assert bench.take_log() == ["a", "b"], "not replaced at once"


async def test_an_idle_worker_that_plugin_code_cancels_is_replaced_at_once_and_the_line_names_the_plugin(bench):
    def cancel(task):
        def later():
            RevisionTasks("evil", "1-abc").mark()
            asyncio.get_running_loop().call_later(0, task.cancel)

        contextvars.copy_context().run(later)

    await _idle_worker(bench, cancel)
    assert bench.controller._supervisor.down == []
    [line] = [line for line in bench.logged if line["event"] == "Idle worker cancelled by plugin code, replacing it"]
    assert (line["plugin"], line["revision"]) == ("evil", "1-abc")
    assert "Background task ended, restarting it" not in {line["event"] for line in bench.logged}


async def test_an_idle_worker_that_ends_for_another_reason_is_replaced_at_once_and_the_line_names_its_controller(bench):
    await _idle_worker(bench, lambda task: task.cancel())
    [line] = [line for line in bench.logged if line["event"] == "Background task ended, restarting it"]
    assert {"plugin", "revision", "controller"} <= line.keys()


async def test_a_worker_that_is_cancelled_again_and_again_is_replaced_after_a_pause_that_grows(bench):
    starts = []

    async def reconcile(_):
        starts.append(bench.clock.monotonic())
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    await bench.run(reconcile)
    for number in range(50):
        bench.informer.set(f"k{number}")
    await bench.clock.advance(10)
    assert 3 <= len(starts) <= 15


async def test_the_message_of_an_error_is_asked_for_once_for_each_failure_besides_its_traceback(bench):
    asked = []

    class SlowError(Exception):
        def __str__(self):
            asked.append(len(bench.log))
            return "slow"

    await bench.run(scripted(bench, SlowError(), SlowError()))
    bench.informer.set("a")
    await bench.clock.advance(1)
    assert [line["error"] for line in bench.logged if line["event"] == "Reconciler error"] == ["SlowError: slow"] * 2
    assert asked == [1, 2]


def test_an_error_that_says_something_else_is_asked_again():
    error = ValueError("one")
    assert describe(error) == "ValueError: one"
    error.args = ("two",)
    assert describe(error) == "ValueError: two"
