"""A running peer with its scratch directory and its counter."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench.peers.peer import COUNTER_VARIABLE, Counter, Job, Peer
from bench.processes import ROOT, Sample, running, sample
from bench.servers import Server
from bench.worker_counters import WorkerCounters

# Fewer may be right, since several changes of an object can become one reconcile, but a busy machine pauses peers too.
_DOUBTFUL_QUIET_SECONDS = 3.0
_POLL_SECONDS = 0.02


class PeerFailed(Exception):
    """A peer did not do what every peer has to; the message says what, with the end of its log."""


class Life:
    """A running peer; knows how to wait for it."""

    def __init__(self, process: subprocess.Popen[bytes], counter: Counter, log: Path, timeout_seconds: float) -> None:
        self._process = process
        self._log = log
        self._timeout_seconds = timeout_seconds
        self.counter = counter

    def wait_runs(self, at_least: int, expected: int) -> float:
        """Wait for ``at_least`` handler runs and a quiet spell after them; return when the last one was.

        The spell is longer while there were fewer than ``expected``; a peer that runs on and on is not waited for
        once there were as many.
        """
        deadline = time.monotonic() + self._timeout_seconds
        while time.monotonic() < deadline:
            runs, last = self.counter.read()
            if runs >= expected:
                return last
            if runs >= at_least and time.monotonic() - last > _DOUBTFUL_QUIET_SECONDS:
                return last
            if self._process.poll() is not None:
                raise PeerFailed(f"ended with status {self._process.returncode}: {self._log_end()}")
            time.sleep(_POLL_SECONDS)
        runs, _ = self.counter.read()
        raise PeerFailed(f"only {runs} of {at_least} in {self._timeout_seconds:.0f} s: {self._log_end()}")

    @property
    def pid(self) -> int:
        """The peer's process."""
        return self._process.pid

    def sample(self) -> Sample:
        """Read CPU and memory now."""
        return sample(self._process.pid)

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-1500:].strip() or "its log is empty"


class RevisionBuilder:
    """A scratch directory with a peer running in it; both are gone on leaving."""

    def __init__(self, peer: Peer, server: Server, job: Job, timeout_seconds: float, *, tls: bool) -> None:
        self._timeout = timeout_seconds
        self._directory = Path(tempfile.mkdtemp(prefix="plugin-operator-bench-"))
        kubeconfig = server.write_kubeconfig(self._directory / "kubeconfig", tls=tls)
        self._launch = peer.prepare(self._directory, kubeconfig, job)
        counts = WorkerCounters if peer.shards and job.processes else Counter
        self._counter = counts(self._directory / "counter")

    def __enter__(self) -> Life:
        log = self._directory / "log"
        environment = self._launch.environment | {COUNTER_VARIABLE: str(self._counter.path)}
        self._running = running(self._launch.command, environment=environment, log=log, directory=ROOT)
        return Life(self._running.__enter__(), self._counter, log, self._timeout)

    def __exit__(self, *_: object) -> None:
        self._running.__exit__(None, None, None)
        shutil.rmtree(self._directory, ignore_errors=True)
