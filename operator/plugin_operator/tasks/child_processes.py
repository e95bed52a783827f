"""Ending child processes of asyncio.

asyncio's own ``Process.kill``, and ``close`` of its transport, poll the child. If it has just ended, the poll reaps it
before asyncio's watcher does. The watcher then logs "Unknown child process pid" and reports status 255.
"""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process


def kill(process: Process, *, group: bool = False) -> None:
    """Kill a child that asyncio has not seen end, or its process group; no effect if it has ended.

    Its process id is its own until asyncio has reaped it, which sets ``returncode`` a moment later.
    """
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)


async def kill_and_reap(process: Process, *, group: bool, deadline_seconds: float) -> None:
    """Kill a child, close its pipes, and wait for its end at most until the deadline.

    A child of the child may keep the other ends of the pipes open.
    """
    kill(process, group=group)
    transport: asyncio.SubprocessTransport = process._transport  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
    for descriptor in range(3):
        if (pipe := transport.get_pipe_transport(descriptor)) is not None:
            pipe.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(deadline_seconds):
            await process.wait()
    transport.close()
