"""The operator's side of parsing plugin files in separate processes.

Owns the parser processes (see ``parser``), a cache of facts by content, and the time to wait for facts. A file that
takes long delays only itself and the plugins that import it.
"""

import contextlib
import math
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Container, Mapping

import msgspec

from plugin_operator import logs
from plugin_operator.hosting.inspection import parser
from plugin_operator.hosting.inspection.contained_process import ContainedProcess, ProcessEnded
from plugin_operator.hosting.inspection.imports import FileFacts
from plugin_operator.rendering import describe

#: SHA-256 of a file's content, and its depth below the plugins directory.
Key = tuple[str, int]

_IDLE_SECONDS = 2.0
_DEADLINE_SECONDS = 60.0
_ATTEMPTS = 2
_PAUSE_SECONDS = 1.0

_log = logs.get_logger(__name__)


class _Limits(msgspec.Struct, frozen=True):
    """Resource limits for the files of one lane.

    Attributes:
        file_bytes: largest file of the lane.
        memory_bytes: address space of its process; both lanes together fit into a small pod beside the operator.
        processor_seconds: processor time per file.
    """

    file_bytes: float
    memory_bytes: int
    processor_seconds: int

    def arguments(self) -> tuple[str, str]:
        """Return the limits as arguments of the parser process."""
        return str(self.memory_bytes), str(self.processor_seconds)


_SMALL = _Limits(64 * 1024, 80 * 1024 * 1024, 2)
_LARGE = _Limits(math.inf, 192 * 1024 * 1024, 10)


class Inspector:
    """Thread-safe cache of facts about files, by content.

    Large and small files have separate lanes, so that they do not wait for each other.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._known: dict[Key, FileFacts] = {}
        self._lanes = [_Lane(limits, self._changed, self._known) for limits in (_SMALL, _LARGE)]

    def facts(self, wanted: Mapping[Key, bytes], patience_seconds: float) -> dict[Key, FileFacts]:
        """Return the known facts about ``wanted``, and drop all others from the cache. Blocks.

        Args:
            wanted: contents by key.
            patience_seconds: how long to wait for new contents. A later call returns facts that arrive after that, and
                does not wait for them again.
        """
        with self._changed:
            for key in self._known.keys() - wanted.keys():
                del self._known[key]
            asked = set().union(*(lane.keep_only(wanted) for lane in self._lanes))
            new = sorted(wanted.keys() - self._known.keys() - asked, key=lambda key: (len(wanted[key]), key))
            for key in new:
                lane = next(each for each in self._lanes if len(wanted[key]) <= each.limits.file_bytes)
                lane.put(key, wanted[key])
            for lane in self._lanes:
                lane.ensure()
            if new:
                self._changed.notify_all()
                self._changed.wait_for(lambda: all(key in self._known for key in new), patience_seconds)
            return {key: self._known[key] for key in wanted if key in self._known}


class _Lane:
    """Queue of files for one parser process; all methods but ``_work`` need the lock of the condition."""

    def __init__(self, limits: _Limits, changed: threading.Condition, known: dict[Key, FileFacts]) -> None:
        self.limits = limits
        self._changed = changed
        self._known = known
        self._waiting: deque[tuple[Key, bytes]] = deque()
        self._running: Key | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs; it ends some time after the last file."""
        return self._thread is not None and self._thread.is_alive()

    def put(self, key: Key, content: bytes) -> None:
        """Queue a file; ``ensure`` starts the work."""
        self._waiting.append((key, content))

    def ensure(self) -> None:
        """Start the thread unless it runs; called at each scan, so that a thread that died is replaced."""
        if not self.is_alive:
            self._running = None
            if self._waiting:
                self._thread = threading.Thread(target=self._work, name="plugin-inspect", daemon=True)
                self._thread.start()

    def keep_only(self, wanted: Container[Key]) -> set[Key]:
        """Drop queued files that are not wanted any more, and return the keys that are still pending."""
        self._waiting = deque((key, content) for key, content in self._waiting if key in wanted)
        return {key for key, _ in self._waiting} | ({self._running} if self._running is not None else set())

    def _work(self) -> None:
        process = _Process(self.limits)
        try:
            while (job := self._next()) is not None:
                key, content = job
                facts = None
                try:
                    facts = process.inspect(content, key[1])
                except Exception as error:  # noqa: BLE001 - see below
                    # Not the fault of the file: no process could be started, or memory is short.
                    _log.warning("Plugin parser failed, retrying", reason=describe(error))
                    time.sleep(_PAUSE_SECONDS)
                with self._changed:
                    self._running = None
                    if facts is None:
                        self._waiting.append(job)
                    else:
                        self._known[key] = facts
                    self._changed.notify_all()
        finally:
            process.close()

    def _next(self) -> tuple[Key, bytes] | None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting, _IDLE_SECONDS):
                self._thread = None
                return None
            job = self._waiting.popleft()
            self._running = job[0]
            return job


class _Process:
    """One parser process with the limits of a lane."""

    def __init__(self, limits: _Limits) -> None:
        self._limits = limits
        self._process = ContainedProcess(lambda: (str(parser.__file__), *limits.arguments()))

    def inspect(self, content: bytes, depth: int) -> FileFacts:
        """Return the facts about a file, or its rejection.

        Raises:
            OSError: no process can be started.
        """
        reason = ""
        for _ in range(_ATTEMPTS):
            try:
                answer = self._process.ask((content, depth, sys.flags.optimize), _DEADLINE_SECONDS)
            except ProcessEnded as ended:
                reason = _reason(ended.status, self._limits.processor_seconds)
                if ended.status == -signal.SIGXCPU:
                    break
            else:
                if answer.get("rejection"):
                    self.close()  # its memory may be exhausted for the next file
                return FileFacts(**answer | {"top_level": frozenset(answer.get("top_level", ()))})
        return FileFacts(is_parsed=False, rejection=reason)

    def close(self) -> None:
        """Stop the process."""
        self._process.close()


def _reason(status: int, processor_seconds: int) -> str:
    """Return why a file is rejected whose process ended with ``status``."""
    if status == -signal.SIGXCPU:
        return (
            f"takes more than {processor_seconds} s of processor time to be compiled, the limit for its size: "
            "simplify or split it"
        )
    return f"ends the process that parses it ({_named(status)})"


def _named(status: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(-status).name
    return f"status {status}"
