"""A channel carries messages between two processes, on the event loops that the operator runs on."""

import asyncio
import socket
from collections.abc import Callable

import pytest
import uvloop

from plugin_operator.processes.channel import Channel
from plugin_operator.processes.messages import Alive, FromWorker, line_of

LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])


@LOOPS
def test_the_messages_end_after_those_that_had_arrived_although_the_other_end_is_open(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def read() -> list[FromWorker]:
        ours, theirs = socket.socketpair()
        channel: Channel[FromWorker] = await Channel.open(ours, FromWorker)
        with theirs:
            theirs.sendall(line_of(Alive(True)))
            channel.finish()
            found = [each async for each in channel.messages()]
            channel.close()
            channel.finish()
        return found

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(asyncio.wait_for(read(), 10)) == [Alive(True)]
