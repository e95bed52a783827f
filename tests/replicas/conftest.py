"""Three replicas of the operator as processes, each behind a network of its own, on an API server that can be stopped.

``REPLICAS_SERVER=real`` takes kube-apiserver instead of the embedded one. Both keep their data in a folder, and their
port over a restart.
"""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import gotool
from tests.network import Network
from tests.ports import free_port

KUBECTL = Path(sys.executable).parent / "kubectl"
REAL = os.environ.get("REPLICAS_SERVER") == "real"
DEADLINE_SECONDS = 60.0

LEASE_SECONDS = 5.0
RENEW_SECONDS = 3.0
RETRY_SECONDS = 0.5

PLUGIN = """
import asyncio, os, time
from datetime import timedelta
from pathlib import Path
from plugin_operator import Result, controller
from plugin_operator.clock import SystemClock
from plugin_operator.errors import ConflictError

ME = os.environ["REPLICA"]
FOLDER = Path(os.environ["REPLICA_FOLDER"])

RIGHT_TIME = SystemClock.now

def wall_time(clock):  # of this replica alone, wrong by what the test says
    jump = FOLDER / f"jump-{ME}"
    return RIGHT_TIME(clock) + timedelta(seconds=float(jump.read_text()) if jump.exists() else 0.0)

SystemClock.now = wall_time

def note(what):
    with (FOLDER / "notes").open("a") as file:
        file.write(f"{time.monotonic():.6f} {ME} {what}\\n")

@controller(for_="v1/ConfigMap", label_selector="journal")
async def journal(ctx, request):
    note("reconcile")
    page = await ctx.client.get("v1/ConfigMap", request.name, request.namespace)
    block = FOLDER / f"block-{ME}"
    if block.exists():
        note("blocks")
        time.sleep(float(block.read_text()))
        note("unblocked")
    page["data"] = {"lines": (page.get("data") or {}).get("lines", "") + ME + " "}
    try:
        await ctx.client.update(page)
    except ConflictError:
        note("conflict")
    return Result(requeue_after=0.02)
"""


class Server:
    """The API server as a process that can be stopped and started again with what it knew."""

    def __init__(self, folder: Path, gates: str = "") -> None:
        self._folder = folder
        self._gates = gates
        self.port = free_port()
        self.kubeconfig = folder / "data" / "kubeconfig" if REAL else folder / "kubeconfig"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def _command(self) -> list[str]:
        data = str(self._folder / "data")
        if REAL:
            built = gotool.needed("controlplane")
            command = [built, "--data-dir", data, "--port", str(self.port), "--stop-on-stdin-close"]
            return [*command, "--", f"--feature-gates={self._gates}"] if self._gates else command
        return [
            sys.executable, "-m", "plugin_operator", "apiserver", "--data-dir", data, "--exit-with-stdin",
            "--bind-address", f"127.0.0.1:{self.port}", "--write-kubeconfig", str(self.kubeconfig),
            *(["--feature-gates", self._gates] if self._gates else []),
        ]  # fmt: skip

    def start(self) -> None:
        """Start, and return once it is ready."""
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], 2 * DEADLINE_SECONDS)
        assert readable, (self._folder / "server.log").read_text()[-2000:]
        assert self._process.stdout.readline(), (self._folder / "server.log").read_text()[-2000:]

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(15)
        process.stdout.close()

    def signal(self, number: int) -> None:
        """Send a signal to its process; the real server's etcd goes on."""
        assert self._process is not None
        self._process.send_signal(number)

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl and return what it prints."""
        command = [str(KUBECTL), "--kubeconfig", str(self.kubeconfig), *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE_SECONDS)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


class Replica:
    """One process of the operator."""

    def __init__(self, name: str, server: Server, folder: Path, *flags: str) -> None:
        self.name = name
        self.folder = folder / name
        self.folder.mkdir()
        self.network = Network(server.port)
        kubeconfig = self.folder / "kubeconfig"
        text = server.kubeconfig.read_text()
        kubeconfig.write_text(re.sub(r"(server: https://[^:]+):\d+", rf"\1:{self.network.port}", text))
        kubeconfig.chmod(0o600)
        self._metrics, self._probes = free_port(), free_port()
        known = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "plugin_operator", "run", "--kubeconfig", str(kubeconfig),
                    "--plugins-dir", str(folder / "plugins"), "--log-format", "json", "--connect-timeout", "60s",
                    "--metrics-addr", f"127.0.0.1:{self._metrics}",
                    "--health-probe-bind-address", f"127.0.0.1:{self._probes}", "--leader-elect",
                    "--leader-elect-lease-duration", f"{LEASE_SECONDS}s",
                    "--leader-elect-renew-deadline", f"{RENEW_SECONDS}s",
                    "--leader-elect-retry-period", f"{RETRY_SECONDS}s", "--leader-elect-resource-namespace", "default",
                    *flags,
                ],
                env={**known, "HOME": str(self.folder), "REPLICA": name, "REPLICA_FOLDER": str(folder)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    @property
    def log(self) -> str:
        """Everything it said."""
        return (self.folder / "log").read_text()

    def _get(self, port: int, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return str(answer.read().decode())

    def status(self) -> dict[str, Any]:
        """What ``/status`` says."""
        return dict(json.loads(self._get(self._probes, "/status")))

    def is_ready(self) -> bool:
        """Whether ``/readyz`` says so."""
        with contextlib.suppress(OSError):
            return self._get(self._probes, "/readyz") == "ok"
        return False

    def metric(self, line: str) -> float:
        """The value of one series."""
        text = self._get(self._metrics, "/metrics")
        return float(next(each for each in text.splitlines() if each.startswith(line + " ")).split()[-1])

    def leads(self) -> bool:
        """Whether it says that it leads."""
        with contextlib.suppress(OSError):
            return bool(self.status()["leading"])
        return False

    def signal(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self, seconds: float = DEADLINE_SECONDS) -> int:
        """Wait for its end and return the status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} does not end:\n{self.log[-3000:]}") from None

    def close(self) -> None:
        """End it, however."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(10)
        self.network.close()


class Replicas:
    """The replicas, what they wrote, and who replaces those that end."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        self.alive: list[Replica] = []
        self._everybody: list[Replica] = []
        (folder / "plugins").mkdir()
        (folder / "plugins" / "journal.py").write_text(PLUGIN)
        server.kubectl("create", "configmap", "journal")
        server.kubectl("label", "configmap", "journal", "journal=yes")

    def add(self, *names: str) -> None:
        """Start replicas and wait until they are ready."""
        for name in names:
            self.alive.append(Replica(name, self.server, self.folder))
            self._everybody.append(self.alive[-1])
        for replica in self.alive[-len(names) :]:
            until(replica.is_ready, lambda replica=replica: replica.log[-2000:])  # type: ignore[misc]

    def leader(self, seconds: float = DEADLINE_SECONDS) -> Replica:
        """Wait until one leads and has written, and return it."""
        found: list[Replica] = []

        def leads() -> bool:
            found[:] = [each for each in self.alive if each.process.poll() is None and each.leads()]
            return bool(found) and any(each.split()[1] == found[0].name for each in self.notes())

        until(leads, lambda: "\n".join(each.log[-1500:] for each in self.alive), seconds)
        return found[0]

    def take_out(self, replica: Replica) -> None:
        """Count it no longer among the living."""
        self.alive.remove(replica)

    def lease(self) -> dict[str, Any]:
        """The Lease as it is now."""
        text = self.server.kubectl("get", "lease", "plugin-operator-leader-election", "-o", "json")
        return dict(json.loads(text)["spec"])

    def notes(self) -> list[str]:
        """The lines the plugin noted, in the order of time."""
        path = self.folder / "notes"
        return sorted(path.read_text().splitlines()) if path.exists() else []

    def begins(self, name: str) -> float | None:
        """When the first reconcile of ``name`` began, in monotonic seconds."""
        return next((float(each.split()[0]) for each in self.notes() if each.split()[1:] == [name, "reconcile"]), None)

    def assert_never_two(self, *, server_was_stopped: bool = False) -> None:
        """Hold the server's journal, and the plugins' own notes, to one reconciling process at a time.

        A stopped server delivers to itself, once it goes on, what the old leader had handed to it in time. The first
        write of the next leader may then be in conflict, as docs/operations.md says, and no other.
        """
        journal = json.loads(self.server.kubectl("get", "configmap", "journal", "-o", "json"))["data"]["lines"].split()
        assert runs_of(journal) == list(dict.fromkeys(journal)), runs_of(journal)
        notes = [each.split()[1:] for each in self.notes()]
        reconciles = [name for name, what in notes if what == "reconcile"]
        assert runs_of(reconciles) == list(dict.fromkeys(reconciles)), runs_of(reconciles)
        for at, (name, what) in enumerate(notes):
            is_first = [each for each, _ in notes[:at]].count(name) == 1
            allowed = what != "conflict" or (server_was_stopped and is_first)
            assert allowed, self.notes()[max(0, at - 10) : at + 10]

    def close(self) -> None:
        """End everything."""
        for replica in self._everybody:
            replica.close()
        self.server.stop()


def runs_of(names: list[str]) -> list[str]:
    """Return the names with repetitions in a row left out."""
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


def until(condition: Callable[[], bool], explain: Callable[[], str], seconds: float = DEADLINE_SECONDS) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(explain())
        time.sleep(0.05)


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[Replicas]:
    """No replica yet, on a server of their own."""
    made = Replicas(tmp_path, Server(tmp_path))
    yield made
    made.close()
