"""Memory available to a trial, and memory used by it.

If a container exceeds its memory limit, the kernel may kill all its processes. A limit of the address space does not
help, because libraries reserve much more than they use.
"""

import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MACHINE = Path("/proc/meminfo")
#: Memory that a trial may always take, because larger libraries need it.
LEAST_BYTES = 64 * 1024 * 1024
# In cgroup version 1, a value a little below 2^63 means no limit.
_NO_LIMIT = 2**60


def room_bytes(cgroups: Path = _CGROUPS, machine: Path = _MACHINE) -> int | None:
    """Return the memory that an import may take in bytes; None if it is unknown.

    It is half of the free memory below the limits of container and machine. An accepted plugin is imported a
    second time, in the operator.
    """
    found = [each for each in (_left_in(cgroups), _available(machine)) if each is not None]
    return max(LEAST_BYTES, min(found) // 2) if found else None


def private_bytes(pid: int) -> int:
    """Return the anonymous resident memory of a process in bytes; 0 if it has ended."""
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
        except (OSError, ValueError):  # the file does not exist, or contains "max"
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
