"""How much memory there is for a trial, and how much it takes.

A pod has a limit, and the kernel may end all processes of a container when one of them passes it. The address space
says little about that: libraries reserve much more than they ever use.
"""

import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MACHINE = Path("/proc/meminfo")
#: So much a trial may always take: less holds no library of any size.
LEAST_BYTES = 64 * 1024 * 1024
# A limit of version 1 that stands for none is a little below 2^63.
_NO_LIMIT = 2**60


def room_bytes(cgroups: Path = _CGROUPS, machine: Path = _MACHINE) -> int | None:
    """Return how much memory an import may take, None if nothing tells.

    It is half of what is left below the limit of the container and of the machine: what passes is imported a second
    time, in the operator.
    """
    found = [each for each in (_left_in(cgroups), _available(machine)) if each is not None]
    return max(LEAST_BYTES, min(found) // 2) if found else None


def private_bytes(pid: int) -> int:
    """Return the resident memory of a process that is no file's; 0 if it has ended."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text("ascii").split()
    except (OSError, ValueError):
        return 0
    return max(0, int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def _left_in(cgroups: Path) -> int | None:
    for folder, limit, usage, cache in (
        (cgroups, "memory.max", "memory.current", "inactive_file"),
        (cgroups / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            most, used = (int((folder / name).read_text("ascii")) for name in (limit, usage))
            lines = (folder / "memory.stat").read_text("ascii").splitlines()
        except (OSError, ValueError):  # there is no such file, or it says "max"
            continue
        if most < _NO_LIMIT:
            reclaimable = next((int(line.split()[1]) for line in lines if line.split()[:1] == [cache]), 0)
            return max(0, most - used + reclaimable)
    return None


def _available(machine: Path) -> int | None:
    try:
        lines = machine.read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None
