"""The kernel's queue of file events overflows for good: the watch is a process of its own, stopped meanwhile."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

LIMIT = Path("/proc/sys/fs/inotify/max_queued_events")
MOST = 40_000

WATCH = """
import asyncio, sys
from plugin_operator.clock import SystemClock
from plugin_operator.hosting.scan.watcher import Watcher

def hinted():
    sys.stdout.write("hint\\n")
    sys.stdout.flush()

asyncio.run(Watcher(sys.argv[1], hinted, clock=SystemClock()).run())
"""


def events_needed() -> int:
    return int(LIMIT.read_text()) if LIMIT.exists() else MOST + 1


@pytest.mark.skipif(events_needed() > MOST, reason="the kernel's queue is too long to be filled, or there is none")
async def test_an_overflow_of_the_kernels_queue_leaves_the_watch_alive(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WATCH, str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    hints = process.stdout
    assert hints is not None
    try:
        probes = asyncio.create_task(touch_until_cancelled(tmp_path / "probe"))
        await asyncio.wait_for(hints.readline(), 30)
        probes.cancel()
        await asyncio.wait([probes])
        process.send_signal(signal.SIGSTOP)
        await asyncio.to_thread(overflow, tmp_path / "noise", events_needed())
        process.send_signal(signal.SIGCONT)
        await quiet(hints)
        (tmp_path / "edit").touch()
        assert await asyncio.wait_for(hints.readline(), 30) == b"hint\n"
    finally:
        process.kill()
        await process.wait()


async def touch_until_cancelled(path: Path) -> None:
    while True:
        await asyncio.to_thread(path.touch)
        await asyncio.sleep(0.05)


def overflow(path: Path, events: int) -> None:
    # Opening, changing and closing are events each, but equal ones in a row become one: names alternate.
    for number in range(events):
        path.with_name(f"noise{number % 2}").touch()


async def quiet(stream: asyncio.StreamReader) -> None:
    """Read hints until none has come for a while."""
    while True:
        try:
            assert await asyncio.wait_for(stream.readline(), 1.0)
        except TimeoutError:
            return
