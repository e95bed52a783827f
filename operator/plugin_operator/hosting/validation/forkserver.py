"""The fork server: a warm process that forks a child per trial.

A new interpreter needs over half a second to import the dependencies of a plugin; a fork of a warm one needs some ten
milliseconds. The fork server is a separate process, because forking the operator with its threads and sockets is not
safe. It reads requests from standard input, writes verdicts to standard output, and exits at the end of its input.
"""

import contextlib
import ctypes
import os
import re
import selectors
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from plugin_operator.hosting.validation import trial_memory
from plugin_operator.hosting.validation.protocol import Frames, TrialRequest, Verdict, frame
from plugin_operator.hosting.validation.trial import give_way, run_trial
from plugin_operator.processes.blame.endings import described_status

MAX_CONCURRENT = 4
_TICK_SECONDS = 0.01
_CHUNK = 65536
_MAX_TRACE = 64 * 1024
_MAX_PRINTED = 1024 * 1024
_MAX_VERDICT = 16 * 1024 * 1024
_MAX_ROUNDS = 1000
_PR_SET_CHILD_SUBREAPER = 36
_WAY_OUT = "move what it does there into start(ctx) or reconcile"


class _Trial(msgspec.Struct):
    request: TrialRequest
    pid: int
    verdict_from: int
    trace_from: int
    output_from: int
    deadline: float
    frames: Frames = msgspec.field(default_factory=lambda: Frames(_MAX_VERDICT))
    verdict: bytes = b""
    trace: bytearray = msgspec.field(default_factory=bytearray)
    printed: int = 0
    is_overdue: bool = False
    room: int | None = None
    is_too_large: bool = False

    @property
    def descriptors(self) -> tuple[int, int, int]:
        """File descriptors to read from the child."""
        return self.verdict_from, self.trace_from, self.output_from

    @property
    def is_a_flood(self) -> bool:
        """Whether the import has printed more than the limit."""
        return self.printed > _MAX_PRINTED


class TrialServer:
    """Forks a child per request, enforces its limits and reaps it.

    Args:
        requests_from, verdicts_to: file descriptors of the operator's pipes.
        room: returns the memory limit of a trial in bytes; None for no limit.
    """

    def __init__(
        self, requests_from: int, verdicts_to: int, room: Callable[[], int | None] = trial_memory.room_bytes
    ) -> None:
        self._in = requests_from
        self._out = verdicts_to
        self._room = room
        self._frames = Frames()
        self._waiting: list[TrialRequest] = []
        self._trials: dict[int, _Trial] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._in, selectors.EVENT_READ)
        os.set_blocking(self._in, False)

    def run(self) -> None:
        """Serve requests until the operator closes the pipe, then kill the remaining children."""
        _adopt_orphans()
        while self._serve_once():
            while self._waiting and len(self._trials) < MAX_CONCURRENT:
                self._fork(self._waiting.pop(0))
        for trial in self._trials.values():
            _kill(trial.pid)

    def _serve_once(self) -> bool:
        for key, _ in self._selector.select(_TICK_SECONDS if self._trials else None):
            if key.fd == self._in:
                data = os.read(self._in, _CHUNK)
                if not data:
                    return False
                self._waiting += [msgspec.msgpack.decode(each, type=TrialRequest) for each in self._frames.feed(data)]
            elif isinstance(key.data, _Trial):
                self._read(key.data, key.fd)
        now = time.monotonic()
        for trial in list(self._trials.values()):
            self._attend(trial, now)
        return True

    def _fork(self, request: TrialRequest) -> None:
        (verdict_from, verdict_to), (trace_from, trace_to), (output_from, output_to) = (os.pipe() for _ in range(3))
        here = os.getpid()
        pid = os.fork()
        if pid == 0:
            for descriptor in (self._in, self._out, verdict_from, trace_from, output_from):
                os.close(descriptor)
            run_trial(request, here, verdict_to, trace_to, output_to)
        for descriptor in (verdict_to, trace_to, output_to):
            os.close(descriptor)
        deadline = time.monotonic() + request.deadline_seconds
        trial = _Trial(request, pid, verdict_from, trace_from, output_from, deadline, room=self._room())
        self._trials[pid] = trial
        for descriptor in trial.descriptors:
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, trial)

    def _read(self, trial: _Trial, descriptor: int) -> None:
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._selector.unregister(descriptor)
        elif descriptor == trial.output_from:
            trial.printed += len(data)
            if trial.is_a_flood:
                _kill(trial.pid)
        elif descriptor == trial.trace_from:
            trial.trace += data[: _MAX_TRACE - len(trial.trace)]
        elif not trial.verdict:
            trial.verdict = next(iter(trial.frames.feed(data)), b"")

    def _attend(self, trial: _Trial, now: float) -> None:
        if now >= trial.deadline and not trial.is_overdue:
            trial.is_overdue = True
            _kill(trial.pid)
        # Memory shared with this process since the fork does not count.
        taken = trial_memory.private_bytes(trial.pid) - trial_memory.private_bytes(os.getpid()) if trial.room else 0
        if trial.room and taken > trial.room and not trial.is_too_large:
            trial.is_too_large = True
            _kill(trial.pid)
        pid, status = os.waitpid(trial.pid, os.WNOHANG)
        if pid:
            self._finish(trial, status)

    def _finish(self, trial: _Trial, status: int) -> None:
        del self._trials[trial.pid]
        _kill_group(trial.pid)
        for descriptor in trial.descriptors:
            if descriptor in self._selector.get_map():
                self._read(trial, descriptor)
            with contextlib.suppress(KeyError):
                self._selector.unregister(descriptor)
            os.close(descriptor)
        _kill_orphans(keep=set(self._trials))
        _write_all(self._out, frame(_verdict(trial, status)))


def _verdict(trial: _Trial, status: int) -> Verdict:
    request = trial.request
    if trial.is_a_flood:
        limit = f"{_MAX_PRINTED // 2**20} MiB"
        reason = f"its import prints more than {limit} to the operator's log: print less"
        return Verdict(request.id, reason, request.path)
    if trial.is_too_large:
        reason = (
            f"its import takes more than {(trial.room or 0) // 2**20} MiB of memory, half of what is left here: "
            "load less at import, or give the operator a higher limit"
        )
        return Verdict(request.id, reason, request.path, is_passing=True)
    if trial.verdict and not trial.is_overdue:
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.msgpack.decode(trial.verdict, type=Verdict)
    line = _line_from(trial.trace.decode(errors="replace"), request)
    if trial.is_overdue:
        reason = f"its import did not end within {request.deadline_seconds:g} s: {_WAY_OUT}"
    elif os.WIFSIGNALED(status):
        how = described_status(os.waitstatus_to_exitcode(status))
        memory = ", or give the operator more memory" if os.WTERMSIG(status) == signal.SIGKILL else ""
        reason = f"its import crashes the process ({how}): {_WAY_OUT}{memory}"
    else:
        reason = f"its import ends the process (os._exit({os.waitstatus_to_exitcode(status)})): {_WAY_OUT}"
    path, number = line or (request.path, None)
    return Verdict(request.id, reason, path, number, is_passing=trial.is_overdue, seconds=request.deadline_seconds)


def _line_from(trace: str, request: TrialRequest) -> tuple[str, int] | None:
    """Return path and line of the innermost plugin frame in a stack dump of ``faulthandler``."""
    found = re.search(rf'File "({re.escape(request.root)}/[^"]+)@[^"@]+", line (\d+)', trace)
    return (found[1], int(found[2])) if found else None


def _kill(pid: int) -> None:
    _kill_group(pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _kill_group(leader: int) -> None:
    """Kill the process group of a trial, even if its leader has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _adopt_orphans() -> None:
    """Become the parent of processes that a trial leaves behind, to find and kill them."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _kill_orphans(keep: set[int]) -> None:
    """Kill processes that outlived their trial, repeatedly, because each may leave children of its own."""
    for _ in range(_MAX_ROUNDS):
        orphans = _children() - keep
        for pid in orphans:
            _kill(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        if not orphans:
            return


def _children() -> set[int]:
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii")
    except OSError:
        return set()
    return {int(each) for each in listed.split()}


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def main() -> None:
    """Run the fork server on standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_way()
    with contextlib.suppress(BrokenPipeError):
        TrialServer(sys.stdin.fileno(), sys.stdout.fileno()).run()
