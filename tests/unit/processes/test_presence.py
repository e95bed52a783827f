"""Whether a worker answers is said in words, and logged once for each change."""

import os

import pytest
from structlog.testing import capture_logs

from plugin_operator.processes.blame.endings import Ending
from plugin_operator.processes.presence import SILENT_SECONDS, Presence


class KnownWorker:
    """What the supervisor knows of a worker."""

    number = 1

    def __init__(self) -> None:
        self.pid: int | None = os.getpid()
        self.is_up = True
        self.silent_seconds = 0.0
        self.ending: Ending | None = None


@pytest.fixture
def worker() -> KnownWorker:
    return KnownWorker()


def test_a_worker_that_answers_has_no_problem(worker: KnownWorker) -> None:
    worker.silent_seconds = SILENT_SECONDS - 0.5

    assert Presence(worker).problem == ""


def test_a_worker_that_does_not_answer_is_named_with_process_reason_and_time(worker: KnownWorker) -> None:
    worker.silent_seconds = 4.5

    assert Presence(worker).problem == (
        f"worker 1 does not answer (pid {os.getpid()}): its event loop has not run for 4.5 s"
    )


def test_a_worker_without_a_process_is_named_with_the_end_of_the_last_one(worker: KnownWorker) -> None:
    worker.pid, worker.is_up = None, False
    assert Presence(worker).problem == "worker 1 does not run: not started yet"

    worker.ending = Ending.of(-9)
    assert Presence(worker).problem == "worker 1 does not run: killed by SIGKILL"


def test_a_worker_that_starts_is_named(worker: KnownWorker) -> None:
    worker.is_up = False

    assert Presence(worker).problem == f"worker 1 is starting (pid {os.getpid()})"


def test_silence_and_its_end_are_logged_once(worker: KnownWorker) -> None:
    presence = Presence(worker)
    with capture_logs() as lines:
        for seconds in (0.0, 1.5, 2.0, 2.5, 3.0, 0.5, 0.0):
            worker.silent_seconds = seconds
            presence.tick()

    assert [(each["event"], each["worker"]) for each in lines] == [
        ("Worker does not answer", 1),
        ("Worker answers again", 1),
    ]
    assert "its event loop has not run for 2 s" in lines[0]["reason"]


def test_a_silent_worker_that_was_killed_does_not_answer_again_before_its_next_process_does(
    worker: KnownWorker,
) -> None:
    presence = Presence(worker)
    worker.silent_seconds = 3.0
    presence.tick()
    worker.silent_seconds, worker.is_up, worker.pid = 0.0, False, None
    with capture_logs() as lines:
        presence.tick()
        worker.is_up, worker.pid = True, os.getpid()
        presence.tick()

    assert lines == []
