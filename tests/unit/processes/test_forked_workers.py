"""The supervisor knows when a worker has ended, also if the nursery that forks the workers has ended with them."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator

import pytest

from plugin_operator.errors import PluginOperatorError
from plugin_operator.processes.forked import ForkedWorkers, WorkerProcess
from plugin_operator.processes.nursery import Nursery
from plugin_operator.testing.virtual_clock import VirtualClock

STARTED, ENDED, FAILED = Nursery.STARTED, Nursery.ENDED, Nursery.FAILED


class Reports:
    """A nursery that forks nothing, and the workers that it reports."""

    def __init__(self) -> None:
        self._ours, self.end = socket.socketpair()
        self.forks = ForkedWorkers(Nursery(os.getpid(), self._ours), clock=VirtualClock())

    async def started(self, pid: int) -> WorkerProcess:
        starting = asyncio.ensure_future(self.forks.start(0))
        await asyncio.sleep(0)
        self.report(STARTED, pid, 0)
        return await starting

    def close(self) -> None:
        self._ours.close()
        self.end.close()

    def report(self, what: int, pid: int, detail: int) -> None:
        self.end.send(Nursery.REPORT.pack(what, pid, detail))


@pytest.fixture
async def nursery() -> AsyncIterator[Reports]:
    made = Reports()
    await made.forks.open()
    yield made
    made.close()


async def test_a_worker_ends_with_the_status_that_is_reported(nursery: Reports) -> None:
    first = await nursery.started(100)
    nursery.report(ENDED, 100, 7)
    assert (first.pid, await first.ended) == (100, 7)
    first.channel.close()
    nursery.end.close()
    await asyncio.wait_for(nursery.forks.gone.wait(), 10)


async def test_a_worker_that_ends_before_its_start_was_noted_has_its_status(nursery: Reports) -> None:
    starting = asyncio.ensure_future(nursery.forks.start(0))
    await asyncio.sleep(0)
    nursery.end.send(Nursery.REPORT.pack(STARTED, 100, 0) + Nursery.REPORT.pack(ENDED, 100, 3))
    process = await asyncio.wait_for(starting, 10)
    assert (process.pid, await process.ended) == (100, 3)
    process.channel.close()


async def test_a_kill_has_no_effect_once_the_nursery_has_ended_and_nothing_has_noted_it(nursery: Reports) -> None:
    first = await nursery.started(100)
    nursery.end.close()
    nursery.forks.kill(first)
    assert await asyncio.wait_for(first.ended, 10) < 0
    first.channel.close()


async def test_all_workers_have_ended_once_the_nursery_has(nursery: Reports) -> None:
    first = await nursery.started(100)
    nursery.end.close()
    assert await asyncio.wait_for(first.ended, 10) < 0
    nursery.forks.kill(first)
    with pytest.raises(PluginOperatorError):
        await nursery.forks.start(1)
    first.channel.close()


async def test_a_start_that_was_abandoned_closes_the_channel_and_later_reports_are_read(nursery: Reports) -> None:
    abandoned = asyncio.ensure_future(nursery.forks.start(0))
    await asyncio.sleep(0)
    _, (theirs,), _, _ = socket.recv_fds(nursery.end, 64, 1)
    abandoned.cancel()
    await asyncio.wait([abandoned])
    with socket.socket(fileno=theirs) as end:
        assert end.recv(1) == b"", "a worker ends when its channel is closed"
    nursery.report(STARTED, 100, 0)
    second = await asyncio.wait_for(nursery.started(101), 10)
    second.channel.close()


async def test_a_start_that_the_kernel_refuses_is_an_error_and_the_next_one_works(nursery: Reports) -> None:
    starting = asyncio.ensure_future(nursery.forks.start(0))
    await asyncio.sleep(0)
    nursery.report(FAILED, errno.EAGAIN, 0)
    with pytest.raises(PluginOperatorError, match=r"no worker can be started: .*temporarily unavailable"):
        await asyncio.wait_for(starting, 10)
    second = await nursery.started(100)
    second.channel.close()
