"""Worker processes that exist only in the test."""

import asyncio
import itertools
import socket

from plugin_operator.processes.channel import Channel
from plugin_operator.processes.forked import WorkerProcess
from plugin_operator.processes.messages import FromWorker, Message, ToWorker


class FakeProcess:
    """The other end of a worker process.

    Attributes:
        got: the messages of the supervisor, in order.
    """

    def __init__(self, process: WorkerProcess, channel: Channel[ToWorker]) -> None:
        self.process = process
        self.got: list[ToWorker] = []
        self._channel = channel
        self._reading = asyncio.get_running_loop().create_task(self._read())

    @property
    def has_ended(self) -> bool:
        return self.process.ended.done()

    def send(self, message: Message) -> None:
        self._channel.send(message)

    def send_raw(self, data: bytes) -> None:
        self._channel._writer.write(data)

    def end(self, status: int, *, leaves_child: bool = False) -> None:
        """End; a child that it leaves holds the channel open."""
        if not leaves_child:
            self._channel.close()
        if not self.process.ended.done():
            self.process.ended.set_result(status)

    async def _read(self) -> None:
        async for message in self._channel.messages():
            self.got.append(message)


class FakeForks:
    """Starts fake processes.

    Attributes:
        started: all processes, in order.
        may_start: processes start while it is set.
        sleeps: whether a signal has stopped what notes the ends of processes.
    """

    def __init__(self) -> None:
        self.sleeps = False
        self.started: list[FakeProcess] = []
        self.gone = asyncio.Event()
        self.ending = ""
        self.may_start = asyncio.Event()
        self.may_start.set()
        self._pids = itertools.count(100)

    async def open(self) -> None:
        return

    async def start(self, number: int) -> WorkerProcess:
        del number
        await self.may_start.wait()
        ours, theirs = socket.socketpair()
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        process = WorkerProcess(next(self._pids), await Channel.open(ours, FromWorker), ended)
        self.started.append(FakeProcess(process, await Channel.open(theirs, ToWorker)))
        return process

    def kill(self, process: WorkerProcess) -> None:
        next(each for each in self.started if each.process is process).end(-9)

    def wake(self) -> None:
        self.sleeps = False

    async def close(self) -> None:
        for each in self.started:
            each.end(-9)
