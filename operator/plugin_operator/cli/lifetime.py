"""Waiting for the end of a server process: a signal, or the end of its parent."""

import asyncio
import contextlib
import os
import sys
import threading

from plugin_operator.manager import StopSignals

_GRACE_SECONDS = 5.0
_PIECE_BYTES = 4096


async def wait_for_end(*, with_stdin: bool) -> None:
    """Wait for SIGINT or SIGTERM or, with ``with_stdin``, for the end of standard input."""
    end = asyncio.Event()
    if with_stdin:
        loop = asyncio.get_running_loop()
        threading.Thread(target=_drain, args=(loop, end), name="stdin", daemon=True).start()
    with StopSignals(end.set, grace_seconds=_GRACE_SECONDS):
        await end.wait()


def _drain(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), _PIECE_BYTES):
        continue
    # The loop is closed if a signal came first.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(end.set)
