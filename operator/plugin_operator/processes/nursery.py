"""``Nursery``: forks worker processes from a process that has imported everything and runs no event loop.

A worker so starts in milliseconds and shares the memory of imported modules with the others. The nursery is forked
before the supervisor has an event loop or threads, because such a process must not be forked. It reaps the workers and
the processes that they leave, and it kills them all when the supervisor ends.
"""

import ctypes
import errno
import gc
import os
import selectors
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from typing import NoReturn

from plugin_operator.processes.blame.endings import described_status

Main = Callable[[int, socket.socket], int]
"""Runs a worker, given its number and its end of the socket pair, and returns its exit status."""

_ORDER = struct.Struct("!iI")
_REPORT = struct.Struct("!iIi")
_START, _KILL = 1, 2
_POLL_SECONDS = 0.005
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


class Nursery:
    """The supervisor's side; create it with ``start`` before the event loop.

    Args:
        pid: process id of the nursery.
        end: socket for orders and reports.
    """

    REPORT = _REPORT
    STARTED, ENDED, FAILED = 1, 2, 3

    def __init__(self, pid: int, end: socket.socket) -> None:
        self.pid = pid
        self.end = end

    @classmethod
    def start(cls, main: Main) -> "Nursery":
        """Fork the nursery; ``main`` is what each worker runs."""
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            ours.close()
            _leave(_Forks(theirs, main).serve)
        theirs.close()
        return cls(pid, ours)

    def order_start(self, worker: int, end: socket.socket) -> None:
        """Have a worker forked that gets this end of a socket pair."""
        socket.send_fds(self.end, [_ORDER.pack(_START, worker)], [end.fileno()])
        self.wake()

    def order_kill(self, pid: int) -> None:
        """Have a worker killed; no effect if it has ended."""
        self.end.send(_ORDER.pack(_KILL, pid))
        self.wake()

    def wake(self) -> None:
        """Continue the process of the nursery if a signal has stopped it: it obeys no order and reaps none then."""
        os.kill(self.pid, signal.SIGCONT)  # it is a child that only close reaps, so no other process has its id

    @staticmethod
    def read(report: bytes) -> tuple[int, int, int]:
        """Return of a report: what happened, the process id, and the number or exit status of a worker.

        A worker that ``FAILED`` to start has an error number in place of the process id.
        """
        what, pid, detail = _REPORT.unpack(report)
        return what, pid, detail

    def ending(self, patience_seconds: float = 0.2) -> str:
        """Return how the nursery has ended, in words; empty if it has not after ``patience_seconds``."""
        deadline = time.monotonic() + patience_seconds
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT  # close reaps it
        try:
            while (found := os.waitid(os.P_PID, self.pid, flags)) is None:
                if time.monotonic() >= deadline:
                    return ""
                time.sleep(_POLL_SECONDS)
        except ChildProcessError:
            return ""
        return described_status(found.si_status if found.si_code == os.CLD_EXITED else -found.si_status)

    def close(self, patience_seconds: float = 2.0) -> None:
        """End the nursery, which kills what is left, and wait for it; after ``patience_seconds`` it is killed."""
        self.end.close()
        self.wake()
        deadline = time.monotonic() + patience_seconds
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() >= deadline:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                return
            time.sleep(_POLL_SECONDS)


class _Forks:
    """The process of the nursery."""

    def __init__(self, end: socket.socket, main: Main) -> None:
        self._end = end
        self._main = main
        self._alive: set[int] = set()
        self._wakes, self._wakened = socket.socketpair()

    def serve(self) -> int:
        """Obey orders until the supervisor ends, then kill all workers."""
        os.setsid()  # Ctrl-C at a terminal reaches the supervisor only, which stops the workers in order
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._wakened.setblocking(False)
        self._wakes.setblocking(False)
        signal.set_wakeup_fd(self._wakened.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        gc.collect()
        gc.freeze()
        with selectors.DefaultSelector() as selector:
            selector.register(self._end, selectors.EVENT_READ)
            selector.register(self._wakes, selectors.EVENT_READ)
            while self._turn([key.fileobj for key, _ in selector.select()]):
                continue
        for pid in self._alive:
            os.kill(pid, signal.SIGKILL)
        return 0

    def _turn(self, ready: list[object]) -> bool:
        if self._wakes in ready:
            self._wakes.recv(4096)
        is_over = self._end in ready and not self._obey()
        self._reap()
        return not is_over

    def _obey(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._end, _ORDER.size, 1)
        except ConnectionError:
            return False  # the supervisor ended with reports that it had not read
        if len(data) < _ORDER.size:
            return False
        what, subject = _ORDER.unpack(data)
        if what == _START:
            self._fork(subject, socket.socket(fileno=descriptors[0]))
        elif subject in self._alive:
            os.kill(subject, signal.SIGKILL)
        return True

    def _fork(self, worker: int, end: socket.socket) -> None:
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:  # too many processes, or too little memory: the other workers run on
            end.close()
            self._report(Nursery.FAILED, error.errno or errno.EAGAIN, worker)
            return
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (self._end, self._wakes, self._wakened):
                each.close()
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            _leave(lambda: self._main(worker, end))
        end.close()
        self._alive.add(pid)
        self._report(Nursery.STARTED, pid, worker)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._alive:
                self._alive.discard(pid)
                self._report(Nursery.ENDED, pid, os.waitstatus_to_exitcode(status))

    def _report(self, what: int, pid: int, detail: int) -> None:
        try:
            self._end.sendall(_REPORT.pack(what, pid, detail))
        except OSError:
            return  # the supervisor has ended, which the next order tells


def _leave(run: Callable[[], int]) -> NoReturn:
    """Run the body of a forked process, and end the process without the cleanup of its parent."""
    code = 1
    try:
        code = run()
    except BaseException:  # noqa: BLE001 - a forked process must not return into the code of its parent
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(code)


def _prctl(option: int, value: int) -> None:
    """Call prctl(2); other systems have none, and there the closed socket alone ends a worker."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
