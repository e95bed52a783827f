"""One measured life of one peer: start, list, settle, burst, stop."""

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.peers.peer import COUNTER_VARIABLE, Counter, Peer
from bench.processes import ROOT, LoadServer, Sample, running, sample

# All expected runs have been seen: only stragglers may follow.
_QUIET_SECONDS = 0.5
# Fewer may be right, since several changes of an object can become one reconcile, but a busy machine pauses peers too.
_DOUBTFUL_QUIET_SECONDS = 5.0
_SETTLE_SECONDS = 2.0
_POLL_SECONDS = 0.02


class PeerFailed(Exception):
    """A peer did not do what every peer has to; the message says what, with the end of its log."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Size of the measurement.

    Attributes:
        objects: ConfigMaps that exist before the peer starts.
        events: changes in the burst, round after round over all objects.
        size: bytes of one object, about.
        timeout_seconds: the longest that one phase of one peer may take.
    """

    objects: int
    events: int
    size: int
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one life of a peer showed. Times are seconds, memory is bytes."""

    start_seconds: float
    list_seconds: float
    resident_without_objects: int
    resident: int
    peak: int
    bytes_per_object: float
    burst_seconds: float
    events_per_second: float
    cpu_seconds_per_event: float
    handler_runs: int
    api_writes: int


class Life:
    """A running peer with its counter; knows how to wait for it."""

    def __init__(self, process: subprocess.Popen[bytes], counter: Counter, log: Path, plan: Plan) -> None:
        self._process = process
        self._log = log
        self._timeout_seconds = plan.timeout_seconds
        self.counter = counter

    def wait_quiet(self, at_least: int, expected: int) -> float:
        """Wait for ``at_least`` handler runs and a quiet spell after them; return when the last one was.

        The spell is longer while there were fewer than ``expected``.
        """
        deadline = time.monotonic() + self._timeout_seconds
        while time.monotonic() < deadline:
            runs, last = self.counter.read()
            quiet_seconds = _QUIET_SECONDS if runs >= expected else _DOUBTFUL_QUIET_SECONDS
            if runs >= at_least and time.monotonic() - last > quiet_seconds:
                return last
            if self._process.poll() is not None:
                raise PeerFailed(f"ended with status {self._process.returncode}: {self._log_end()}")
            time.sleep(_POLL_SECONDS)
        runs, _ = self.counter.read()
        raise PeerFailed(f"only {runs} of {at_least} in {self._timeout_seconds:.0f} s: {self._log_end()}")

    def sample(self) -> Sample:
        """Read CPU and memory now."""
        return sample(self._process.pid)

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-1500:].strip() or "its log is empty"


def measure(peer: Peer, server: LoadServer, plan: Plan) -> Outcome:
    """Measure one peer once, on an idle machine if the numbers are to mean anything.

    Raises:
        PeerFailed: it ended early, lost its watch, or did not get through in time.
    """
    empty, start_seconds = _memory_without_objects(peer, server, plan)
    server.ask("reset", objects=plan.objects, size=plan.size)
    with _Workshop(peer, server, plan) as life:
        listed = life.wait_quiet(plan.objects, plan.objects)
        first_request = server.ask("stats")["first_request_at"]
        time.sleep(_SETTLE_SECONDS)
        settled = life.sample()
        server.ask("prepare", events=plan.events)
        before_runs, _ = life.counter.read()
        before = life.sample()
        fired = server.ask("fire")
        finished = life.wait_quiet(before_runs + min(plan.events, plan.objects), before_runs + plan.events)
        after = life.sample()
        runs, _ = life.counter.read()
        stats = server.ask("stats")
    if stats["requests"].get("watch", 0) != 1 or stats["watches"] != 1:
        raise PeerFailed(f"its watch did not hold: {stats['requests']}")
    burst_seconds = finished - fired["started"]
    return Outcome(
        start_seconds=start_seconds,
        list_seconds=listed - first_request,
        resident_without_objects=empty.resident_bytes,
        resident=settled.resident_bytes,
        peak=settled.peak_bytes,
        bytes_per_object=(settled.resident_bytes - empty.resident_bytes) / plan.objects,
        burst_seconds=burst_seconds,
        events_per_second=plan.events / burst_seconds,
        cpu_seconds_per_event=(after.cpu_seconds - before.cpu_seconds) / plan.events,
        handler_runs=runs - before_runs,
        api_writes=sum(count for what, count in stats["requests"].items() if what not in {"list", "watch"}),
    )


def _memory_without_objects(peer: Peer, server: LoadServer, plan: Plan) -> tuple[Sample, float]:
    """Run the peer on a single object; return its settled memory and the seconds to its first handler run."""
    server.ask("reset", objects=1, size=plan.size)
    started = time.monotonic()
    with _Workshop(peer, server, plan) as life:
        ready = life.wait_quiet(1, 1) - started
        time.sleep(_SETTLE_SECONDS)
        return life.sample(), ready


class _Workshop:
    """A scratch directory with a peer running in it; both are gone on leaving."""

    def __init__(self, peer: Peer, server: LoadServer, plan: Plan) -> None:
        self._plan = plan
        self._directory = Path(tempfile.mkdtemp(prefix="plugin-operator-bench-"))
        kubeconfig = server.write_kubeconfig(self._directory / "kubeconfig")
        self._launch = peer.prepare(self._directory, kubeconfig)
        self._counter = Counter(self._directory / "counter")

    def __enter__(self) -> Life:
        log = self._directory / "log"
        environment = self._launch.environment | {COUNTER_VARIABLE: str(self._counter.path)}
        self._running = running(self._launch.command, environment=environment, log=log, directory=ROOT)
        return Life(self._running.__enter__(), self._counter, log, self._plan)

    def __exit__(self, *_: object) -> None:
        self._running.__exit__(None, None, None)
        shutil.rmtree(self._directory, ignore_errors=True)
