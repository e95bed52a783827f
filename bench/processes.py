"""Child processes under measurement: started apart, sampled with their children through /proc, always ended."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process and its children use.

    Attributes:
        cpu_seconds: so far, of all of them.
        resident_bytes: now, summed up; helpers that end after a while are not what lasts, see ``own_resident_bytes``.
        peak_bytes: the most so far, summed up.
        own_resident_bytes: now, of the process alone.
    """

    cpu_seconds: float
    resident_bytes: int
    peak_bytes: int
    own_resident_bytes: int


def _tree(root: int) -> list[int]:
    """Return ``root`` and its descendants that are alive."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def sample(root: int) -> Sample:
    """Read the process tree once. CPU includes children that have ended and were waited for."""
    cpu, resident, peak, own = 0.0, 0, 0, 0
    for pid in _tree(root):
        with contextlib.suppress(OSError):
            cpu += _cpu_seconds(pid)
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    resident += int(line.split()[1]) * 1024
                    own = own or resident
                elif line.startswith("VmHWM:"):
                    peak += int(line.split()[1]) * 1024
    return Sample(cpu, resident, peak, own)


def _cpu_seconds(pid: int) -> float:
    """Return what the scheduler counted in nanoseconds: the ticks of ``stat`` are too coarse for an idle process."""
    waited_for = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[13:15]
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in threads) / 1e9 + sum(map(int, waited_for)) / _TICKS


@contextlib.contextmanager
def running(
    command: list[str], *, environment: dict[str, str], log: Path, directory: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``command`` in a session of its own with its output in ``log``; end the whole session on leaving."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=directory,
            env=os.environ | environment, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(15)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(15)
