"""What is measured of ``--processes``: reconciles of several workers from one moment on, their memory, a killed one."""

import os
import signal
import time
from pathlib import Path

from bench.life import Life, PeerFailed
from bench.servers import Server
from bench.worker_counters import WorkerCounters

_SETTLE_SECONDS = 2.0
_RESTART_SECONDS = 30.0
_POLL_SECONDS = 0.005


def held(life: Life, server: Server, objects: int) -> dict[str, float]:
    """Change each object once, let the events reach caches and queues, and only then let the reconciles run."""
    counters = _counters(life)
    before, _ = counters.read()
    server.prepare(objects, life.pid)
    counters.hold()
    server.fire(0, life.pid)
    time.sleep(_SETTLE_SECONDS)
    held_cpu, began = life.sample().cpu_seconds, counters.let_run()
    finished = life.wait_runs(before + objects, before + objects)
    cpu = life.sample().cpu_seconds - held_cpu
    return {"runs_per_second": objects / (finished - began), "cpu_per_run": cpu / objects}


def memory(life: Life, workers: int) -> dict[str, float]:
    """Return the proportional set size of a worker: the mean of all.

    Raises:
        PeerFailed: not as many workers have reconciled.
    """
    pids = _counters(life).pids()
    if len(pids) != workers:
        raise PeerFailed(f"{len(pids)} of {workers} workers have reconciled")
    sizes = [_proportional_bytes(pid) for pid in pids]
    return {"worker_bytes": sum(sizes) / len(sizes)}


def killed(life: Life) -> dict[str, float]:
    """Kill a worker, and return the time to the first reconcile of the process in its place."""
    counters = _counters(life)
    known = counters.pids()
    at = time.monotonic()
    os.kill(min(known), signal.SIGKILL)
    while time.monotonic() < at + _RESTART_SECONDS:
        later = [counters.first(pid) for pid in counters.pids() - known]
        if later:
            return {"restart_seconds": min(later) - at}
        time.sleep(_POLL_SECONDS)
    raise PeerFailed(f"no worker reconciled in the {_RESTART_SECONDS:.0f} s after one was killed")


def _counters(life: Life) -> WorkerCounters:
    if not isinstance(life.counter, WorkerCounters):
        raise PeerFailed("it has no workers")
    return life.counter


def _proportional_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise PeerFailed(f"the kernel does not say how much memory process {pid} has")
