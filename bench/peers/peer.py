"""What the runner has to know about an operator to measure it.

A peer's handler does nothing but count: it writes how often it ran and when it last did into a file that it maps, so
that counting costs all peers the same and the runner can look without disturbing. Each of the two numbers is one
aligned store: struct.pack_into would zero them first, for a reader to see. Times are CLOCK_MONOTONIC, which all
processes of a machine share.
"""

import mmap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

COUNTER_VARIABLE = "BENCH_COUNTER"
_BYTES = 16

# Prefix of every handler written in Python; the handler calls count().
COUNTING = """\
import mmap
import os
import time

_file = open(os.environ["BENCH_COUNTER"], "r+b")
_shared = memoryview(mmap.mmap(_file.fileno(), 16))
_runs = _shared.cast("Q")
_times = _shared.cast("d")


def count() -> None:
    _runs[0] += 1
    _times[1] = time.monotonic()

"""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a peer.

    Attributes:
        command: program and arguments.
        environment: variables on top of the runner's own.
    """

    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Peer:
    """An operator under measurement.

    Attributes:
        name: as it stands in the table.
        version: what is installed; raises when it is not there, and the message goes into the table.
        prepare: writes what it needs into the given directory and says how to start it on the given kubeconfig.
    """

    name: str
    version: Callable[[], str]
    prepare: Callable[[Path, Path], Launch]


class Counter:
    """The runner's view of a peer's counter."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(_BYTES))
        with path.open("r+b") as file:
            shared = memoryview(mmap.mmap(file.fileno(), _BYTES, access=mmap.ACCESS_READ))
        self._runs = shared.cast("Q")
        self._times = shared.cast("d")

    def read(self) -> tuple[int, float]:
        """Return how often the handler ran and when it last did."""
        return self._runs[0], self._times[1]
