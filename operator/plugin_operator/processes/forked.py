"""The workers that the nursery has forked, on the supervisor's event loop."""

import asyncio
import os
import signal
import socket
from contextlib import suppress

from plugin_operator.clock import Clock
from plugin_operator.errors import PluginOperatorError
from plugin_operator.processes.channel import Channel
from plugin_operator.processes.messages import FromWorker
from plugin_operator.processes.nursery import Nursery
from plugin_operator.tasks import TaskOwner, TaskSupervisor

_STOP_SECONDS = 1.0


class WorkerProcess:
    """One forked worker.

    Attributes:
        pid: its process id.
        channel: what it sends and gets.
        ended: its exit status once it was reaped, negative for a signal.
    """

    def __init__(self, pid: int, channel: Channel[FromWorker], ended: asyncio.Future[int]) -> None:
        self.pid = pid
        self.channel = channel
        self.ended = ended


class ForkedWorkers:
    """Starts workers and notes their ends.

    Args:
        nursery: forks them.
        clock: measures the deadline of a stop.
        supervisor: notified if reading the reports ends unexpectedly.
    """

    def __init__(self, nursery: Nursery, *, clock: Clock, supervisor: TaskSupervisor | None = None) -> None:
        self._nursery = nursery
        self._tasks = TaskOwner("nursery", clock=clock, supervisor=supervisor)
        self._started: dict[int, asyncio.Future[tuple[int, asyncio.Future[int]]]] = {}
        self._alive: dict[int, asyncio.Future[int]] = {}
        self.gone = asyncio.Event()
        self.ending = ""

    async def open(self) -> None:
        """Read reports from now on."""
        self._nursery.end.setblocking(False)
        self._tasks.complete(self._read, "reports", kind="nursery-reports")

    async def start(self, number: int) -> WorkerProcess:
        """Fork the worker with a number.

        Raises:
            PluginOperatorError: the nursery has ended.
        """
        if self.gone.is_set():
            raise PluginOperatorError("no worker can be started: the process that forks them has ended")
        ours, theirs = socket.socketpair()
        started = self._started[number] = asyncio.get_running_loop().create_future()
        try:
            with theirs:
                self._nursery.order_start(number, theirs)
            pid, ended = await started
            return WorkerProcess(pid, await Channel.open(ours, FromWorker), ended)
        except OSError as error:
            ours.close()
            raise PluginOperatorError(f"no worker can be started: {error}") from error
        except BaseException:
            ours.close()  # a worker whose start was abandoned ends with it
            raise

    def kill(self, process: WorkerProcess) -> None:
        """Kill a worker; no effect if it has ended."""
        if not process.ended.done() and not self.gone.is_set():
            with suppress(ConnectionError):  # the nursery has ended, which is read next
                self._nursery.order_kill(process.pid)

    def wake(self) -> None:
        """Let the nursery report the ends of workers, even if a signal has stopped it."""
        self._nursery.wake()

    async def close(self) -> None:
        """End the nursery."""
        await self._tasks.stop(_STOP_SECONDS)
        self._nursery.close()

    async def _read(self) -> None:
        loop, size = asyncio.get_running_loop(), Nursery.REPORT.size
        pending = b""
        while data := await self._received(loop):
            pending += data
            while len(pending) >= size:
                report, pending = pending[:size], pending[size:]
                self._note(*Nursery.read(report))
        self._end_all()

    async def _received(self, loop: asyncio.AbstractEventLoop) -> bytes:
        try:
            return await loop.sock_recv(self._nursery.end, 4096)
        except ConnectionError:
            return b""  # it ended before it had read an order

    def _end_all(self) -> None:
        """Note that the nursery has ended, and with it all workers: the kernel kills them."""
        self.ending = self._nursery.ending()
        self.gone.set()
        for ended in self._alive.values():
            if not ended.done():
                ended.set_result(-signal.SIGKILL)
        for started in self._started.values():
            if not started.done():
                started.set_exception(BrokenPipeError("the process that forks workers has ended"))
        self._alive, self._started = {}, {}

    def _note(self, what: int, pid: int, detail: int) -> None:
        if what == Nursery.STARTED:
            ended = self._alive[pid] = asyncio.get_running_loop().create_future()
            if not (started := self._started.pop(detail)).done():
                started.set_result((pid, ended))
        elif what == Nursery.FAILED:
            if not (started := self._started.pop(detail)).done():
                started.set_exception(OSError(pid, os.strerror(pid)))
        elif not (ended := self._alive.pop(pid)).done():
            ended.set_result(detail)
