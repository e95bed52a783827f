"""Counters of an operator with several workers: a file for each process, and a gate that all of them look at."""

import mmap
import time
from pathlib import Path

from bench.peers.peer import COUNTER_VARIABLE, Counter

_FILE_BYTES = 24
_PASS, _HOLD, _RUN = range(3)

# Prefix of a handler that runs in several processes. The gate is the file of the variable, and a process that has
# reconciled adds a file with its number: count, last run, first run. The trial of a plugin adds none.
COUNTING_APART = f"""\
import asyncio
import mmap
import os
import time

_path = os.environ["{COUNTER_VARIABLE}"]
with open(_path, "r+b") as _file:
    _gate = memoryview(mmap.mmap(_file.fileno(), 8)).cast("Q")
_runs = None
_times = None


def _open() -> None:
    global _runs, _times
    with open(f"{{_path}}.{{os.getpid()}}", "w+b") as file:
        file.truncate({_FILE_BYTES})
        shared = memoryview(mmap.mmap(file.fileno(), {_FILE_BYTES}))
    _runs, _times = shared.cast("Q"), shared.cast("d")
    _times[2] = time.monotonic()


def count(name: str) -> None:
    if _runs is None:
        _open()
    _times[1] = time.monotonic()
    _runs[0] += 1


async def is_measured() -> bool:
    while _gate[0] == {_HOLD}:
        await asyncio.sleep(0.002)
    return _gate[0] == {_RUN}

"""


class WorkerCounters(Counter):
    """The runner's view of the counters of all workers, those that have ended included."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with path.open("r+b") as file:
            self._gate = memoryview(mmap.mmap(file.fileno(), 8)).cast("Q")
        self._found: dict[int, memoryview] = {}

    def hold(self) -> None:
        """Let reconciles that begin from now on wait."""
        self._gate[0] = _HOLD

    def let_run(self) -> float:
        """Let those that wait, and all later ones, do their work; return the time."""
        now = time.monotonic()
        self._gate[0] = _RUN
        return now

    def read(self) -> tuple[int, float]:
        """Return how often the handler ran in all processes and when it last did in any."""
        files = self._files().values()
        runs = sum(each.cast("Q")[0] for each in files)
        return runs, max((each.cast("d")[1] for each in files), default=0.0)

    def pids(self) -> set[int]:
        """Return the processes that have reconciled."""
        return {pid for pid, each in self._files().items() if each.cast("Q")[0]}

    def first(self, pid: int) -> float:
        """Return when a process reconciled for the first time."""
        moment: float = self._files()[pid].cast("d")[2]
        return moment

    def _files(self) -> dict[int, memoryview]:
        for path in self.path.parent.glob(f"{self.path.name}.*"):
            pid = int(path.suffix[1:])
            if pid not in self._found and path.stat().st_size == _FILE_BYTES:  # else it is just being made
                with path.open("rb") as file:
                    self._found[pid] = memoryview(mmap.mmap(file.fileno(), _FILE_BYTES, access=mmap.ACCESS_READ))
        return self._found
