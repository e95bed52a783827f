"""``Presence``: whether a worker answers, in words, and one line of log for each change."""

from typing import Protocol

from plugin_operator import logs
from plugin_operator.processes.blame.endings import Ending, is_stopped

#: A worker reports twice a second. One that is silent for this long does not answer.
SILENT_SECONDS = 2.0

_log = logs.get_logger(__name__)


class Worker(Protocol):
    """What is known of a worker; see ``slot.WorkerSlot``."""

    @property
    def number(self) -> int:
        """Its number, from 0."""

    @property
    def pid(self) -> int | None:
        """Process id; None while no process runs."""

    @property
    def is_up(self) -> bool:
        """Whether its process has given a sign of life."""

    @property
    def silent_seconds(self) -> float:
        """Time since its last sign of life."""

    @property
    def ending(self) -> Ending | None:
        """How its last process has ended; None before the first end."""


class Presence:
    """Follows one worker.

    Args:
        worker: the worker.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._was_silent = False

    @property
    def problem(self) -> str:
        """Why the worker cannot answer; empty if it can."""
        worker = self._worker
        name = f"worker {worker.number}"
        if worker.pid is None:
            return f"{name} does not run: {worker.ending.how if worker.ending is not None else 'not started yet'}"
        if not worker.is_up:
            return f"{name} is starting (pid {worker.pid})"
        if worker.silent_seconds < SILENT_SECONDS:
            return ""
        why = "a signal has stopped it" if is_stopped(worker.pid) else "its event loop has not run"
        return f"{name} does not answer (pid {worker.pid}): {why} for {worker.silent_seconds:g} s"

    def tick(self) -> None:
        """Log that a running worker has fallen silent, or that it answers again; call it often."""
        worker = self._worker
        is_silent = worker.is_up and worker.silent_seconds >= SILENT_SECONDS
        if is_silent and not self._was_silent:
            _log.warning("Worker does not answer", worker=worker.number, pid=worker.pid, reason=self.problem)
        elif self._was_silent and worker.is_up and not is_silent:
            _log.info("Worker answers again", worker=worker.number, pid=worker.pid)
        self._was_silent = is_silent
