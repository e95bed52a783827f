"""What the runner has to know about an operator to measure it.

A peer's handler counts: it writes how often it ran, when it last did, and for which object it ran when, into a file
that it maps, so that counting costs all peers the same and the runner can look without disturbing. Each number is one
aligned store: struct.pack_into would zero it first, for a reader to see. Times are CLOCK_MONOTONIC, which all processes
of a machine share.
"""

import mmap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: The peers that the table compares with, and what this operator is called in it.
OURS, RIVAL, KUBE_RS = "plugin-operator", "controller-runtime typed", "kube-rs"
RIVAL_ON_ONE_THREAD = f"{RIVAL}, GOMAXPROCS=1"

COUNTER_VARIABLE = "BENCH_COUNTER"
REMEMBERED_VARIABLE = "BENCH_REMEMBERED"
#: So many runs are remembered one by one; later ones are only counted.
REMEMBERED = 65_536
COUNTER_BYTES = 16 + 16 * REMEMBERED + 16

# Prefix of every handler written in Python; the handler calls count() with the object's name.
COUNTING = f"""\
import mmap
import os
import time

_file = open(os.environ["{COUNTER_VARIABLE}"], "r+b")
_shared = memoryview(mmap.mmap(_file.fileno(), {COUNTER_BYTES}))
_whole = _shared.cast("Q")
_times = _shared.cast("d")
_remembered = int(os.environ.get("{REMEMBERED_VARIABLE}", "{REMEMBERED}"))


def count(name: str) -> None:
    now = time.monotonic()
    run = _whole[0]
    if run < _remembered:
        _whole[2 + 2 * run] = int(name[9:]) if name[9:].isdigit() else 0  # kube-apiserver makes some of its own
        _times[3 + 2 * run] = now
    _whole[0] = run + 1
    _times[1] = now

"""


# Behind that prefix where a job asks for a pulse: a timer that notes how late it is, and the collector's own reports.
PULSE = f"""\
import asyncio
import gc

_STALL, _PAUSE = {2 + 2 * REMEMBERED}, {3 + 2 * REMEMBERED}
_EVERY_SECONDS = 0.002
_plain_count, _collecting, _loop = count, 0.0, None


def count(name: str) -> None:
    global _loop
    if _loop is None:
        _loop = asyncio.get_running_loop()
        _beat(time.monotonic())
    _plain_count(name)


def _beat(due: float) -> None:
    now = time.monotonic()
    _times[_STALL] = max(_times[_STALL], now - due)
    _loop.call_later(_EVERY_SECONDS, _beat, now + _EVERY_SECONDS)


def _collected(phase: str, info: object) -> None:
    global _collecting
    if phase == "start":
        _collecting = time.monotonic()
    else:
        _times[_PAUSE] = max(_times[_PAUSE], time.monotonic() - _collecting)


gc.callbacks.append(_collected)

"""


@dataclass(frozen=True, slots=True)
class Job:
    """What a handler does besides counting.

    Attributes:
        handler: ``noop``, ``read`` (one object from the cache), ``patch`` (one PATCH), ``fail`` (raise), ``wait``
            (5 ms) or ``compute`` (about 1 ms).
        workers: reconciles at once, where a peer has such a setting.
        copies: controllers with that handler.
        kinds: custom kinds, one for each of as many controllers; 0 for ConfigMaps.
        pulse: the handler's process also measures how long its event loop stands still, where it has one.
        processes: that the objects are divided among, by a peer that can; 0 for a controller that is not sharded.
    """

    handler: str = "noop"
    workers: int = 1
    copies: int = 1
    kinds: int = 0
    pulse: bool = False
    processes: int = 0


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
        slow: gets a tenth of the events, or the others would wait for it for minutes.
        metadata: asks for nothing but the metadata of objects.
        shards: divides objects among processes if the job says so.
    """

    name: str
    version: Callable[[], str]
    prepare: Callable[[Path, Path, Job], Launch]
    slow: bool = False
    metadata: bool = False
    shards: bool = False


class Counter:
    """The runner's view of a peer's counter."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Written bytes would be cached in one large page, which counts as a peer's memory once a part of it is used.
        with path.open("wb") as file:
            file.truncate(COUNTER_BYTES)
        with path.open("r+b") as file:
            shared = memoryview(mmap.mmap(file.fileno(), COUNTER_BYTES, access=mmap.ACCESS_READ))
        self._whole = shared.cast("Q")
        self._times = shared.cast("d")

    def read(self) -> tuple[int, float]:
        """Return how often the handler ran and when it last did."""
        return self._whole[0], self._times[1]

    def pulse(self) -> dict[str, float]:
        """Return the longest stall of the loop and the longest collection of garbage, in seconds."""
        return {"loop_stall": self._times[2 + 2 * REMEMBERED], "gc_pause": self._times[3 + 2 * REMEMBERED]}

    def runs(self, start: int) -> list[tuple[int, float]]:
        """Return object and time of the runs from number ``start`` on, as far as they are remembered."""
        end = min(self._whole[0], REMEMBERED)
        return [(self._whole[2 + 2 * run], self._times[3 + 2 * run]) for run in range(start, end)]
