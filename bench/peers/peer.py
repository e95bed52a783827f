"""What the runner has to know about an operator to measure it.

A peer's handler does nothing but count: it writes how often it ran and when it last did into a file that it maps, so
that counting costs all peers the same and the runner can look without disturbing. Times are CLOCK_MONOTONIC, which all
processes of a machine share.
"""

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

COUNTER_VARIABLE = "BENCH_COUNTER"
_LAYOUT = struct.Struct("<Qd")

# Prefix of every handler written in Python; the handler calls count().
COUNTING = """\
import mmap
import os
import struct
import time

_pack = struct.Struct("<Qd").pack_into
_file = open(os.environ["BENCH_COUNTER"], "r+b")
_map = mmap.mmap(_file.fileno(), 16)
_runs = 0


def count() -> None:
    global _runs
    _runs += 1
    _pack(_map, 0, _runs, time.monotonic())

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
        path.write_bytes(_LAYOUT.pack(0, 0.0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _LAYOUT.size, access=mmap.ACCESS_READ)

    def read(self) -> tuple[int, float]:
        """Return how often the handler ran and when it last did."""
        runs, last = _LAYOUT.unpack_from(self._map)
        return int(runs), float(last)
