"""Who may have ended a worker follows from how it ended, and from what ran."""

import signal

import pytest

from plugin_operator.processes.blame.endings import Ending, EndKind
from plugin_operator.processes.blame.marks import Mark, Running
from plugin_operator.processes.blame.suspects import Suspicion, suspicion_of

EXIT, CRASH, KILL = Ending.of(3), Ending.of(-signal.SIGSEGV), Ending.of(-signal.SIGKILL)
BLOCK = Ending(EndKind.BLOCKED, -signal.SIGKILL, 10.0)
ONE, TWO = Mark("one", "a", "reconcile"), Mark("two", "b", "reconcile")
THREAD, OTHER_THREAD = (Mark(name, "c", "reconcile", in_thread=True) for name in ("three", "four"))


@pytest.mark.parametrize("ending", [EXIT, CRASH])
def test_code_on_the_event_loop_has_ended_a_worker_that_exits_or_crashes(ending: Ending) -> None:
    found = suspicion_of(ending, Running(ONE, in_flight=(ONE, TWO, THREAD)))
    assert found == Suspicion((ONE,), is_certain=True, on_loop=True)


def test_a_worker_that_was_killed_may_have_been_killed_from_elsewhere() -> None:
    assert suspicion_of(KILL, Running(ONE, in_flight=(ONE, TWO))) == Suspicion((ONE,), on_loop=True)
    assert suspicion_of(KILL, Running(in_flight=(ONE, TWO))) == Suspicion((ONE, TWO))


def test_code_in_a_thread_has_done_it_if_none_is_on_the_event_loop() -> None:
    assert suspicion_of(CRASH, Running(in_flight=(ONE, THREAD))) == Suspicion((THREAD,), is_certain=True)
    found = suspicion_of(CRASH, Running(in_flight=(THREAD, OTHER_THREAD)))
    assert found == Suspicion((THREAD, OTHER_THREAD))


def test_code_that_was_on_the_event_loop_all_the_time_has_blocked_it() -> None:
    assert suspicion_of(BLOCK, Running(ONE), Running(ONE)).is_certain
    assert not suspicion_of(BLOCK, Running(ONE), Running(TWO)).is_certain
    assert not suspicion_of(BLOCK, Running(ONE), None).is_certain


def test_an_event_loop_that_is_blocked_without_code_of_plugins_leaves_threads_under_suspicion() -> None:
    in_flight = Running(in_flight=(ONE, THREAD))
    assert suspicion_of(BLOCK, in_flight, in_flight) == Suspicion((THREAD,))
    assert suspicion_of(BLOCK, Running(in_flight=(ONE,)), Running(in_flight=(ONE,))) == Suspicion((ONE,))
    assert suspicion_of(BLOCK, in_flight) == Suspicion((THREAD,))


def test_code_that_came_later_has_not_blocked_the_event_loop() -> None:
    assert suspicion_of(BLOCK, Running(in_flight=(ONE, TWO)), Running(in_flight=(TWO,))) == Suspicion((TWO,))
    assert suspicion_of(BLOCK, Running(in_flight=(THREAD,)), Running()) == Suspicion()


@pytest.mark.parametrize(
    ("ending", "running"),
    [
        (EXIT, Running(ONE, leaves=True)),
        (Ending.of(0), Running(ONE)),
        (Ending(EndKind.STOPPED, -signal.SIGKILL, 10.0), Running(ONE)),
    ],
    ids=["the worker leaves by itself", "in order", "a signal had stopped it"],
)
def test_nothing_is_laid_on_plugins_if_the_end_has_another_cause(ending: Ending, running: Running) -> None:
    assert suspicion_of(ending, running, running) == Suspicion()
