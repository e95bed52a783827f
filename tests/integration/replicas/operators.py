"""Replicas of a whole operator, each a process, on the embedded API server."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from kube_apiserver import ThreadedApiServer

RUN = """
import sys
from pathlib import Path
from plugin_operator.app import run
from plugin_operator.options import LeaderElectionOptions, Options
plugins, kubeconfig = map(Path, sys.argv[1:])
election = LeaderElectionOptions(
    enabled=True, lease_duration_seconds=3, renew_deadline_seconds=2, retry_period_seconds=0.2,
    resource_namespace="default",
)
sys.exit(run(Options(
    plugins_dir=plugins, kubeconfig=kubeconfig, metrics_address=None, probe_address=None, leader_election=election,
    shard_replicas=True, log_format="json",
)))
"""
PLUGIN = """
import asyncio, os, time
from pathlib import Path
from plugin_operator import controller

ME, NOTES = os.environ["REPLICA"], Path(os.environ["NOTES"])

def note(what, request):
    with NOTES.open("a") as file:
        file.write(f"{time.monotonic():.6f} {ME} {what} {request.name}\\n")

@controller(for_="v1/ConfigMap", distribution="sharded", label_selector="shared")
async def shared(ctx, request):
    note("begins", request)
    try:
        obj = ctx.lister.get(request)
        if obj and obj["data"].get("seen") != obj["data"]["wanted"]:
            await asyncio.sleep(0.01)
            await ctx.client.patch("v1/ConfigMap", request, {"data": {"seen": obj["data"]["wanted"]}})
    finally:
        note("ends", request)

@controller(for_="v1/ConfigMap", label_selector="single")
async def single(ctx, request):
    note("leads", request)
"""


class Operators:
    """The replicas, and what their plugin noted."""

    def __init__(self, folder: Path, server: ThreadedApiServer) -> None:
        self._folder = folder
        self._server = server
        self._notes = folder / "notes"
        self._notes.touch()
        self._plugins = folder / "plugins"
        self._plugins.mkdir()
        (self._plugins / "shared.py").write_text(PLUGIN)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start a replica."""
        command = [sys.executable, "-c", RUN, str(self._plugins), str(self._server.kubeconfig)]
        environment = {**os.environ, "REPLICA": name, "NOTES": str(self._notes)}
        with (self._folder / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    async def stop(self, name: str) -> int:
        """End a replica in order, and return its exit status."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(process.wait, 30)

    def kill(self, name: str) -> None:
        """Kill a replica."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def close(self) -> None:
        """Kill all replicas."""
        for name in tuple(self._running):
            self.kill(name)

    def log(self, name: str) -> str:
        """Return what a replica logged."""
        return (self._folder / f"{name}.log").read_text()

    def workers(self) -> set[str]:
        """Return the replicas that reconciled objects of the sharded controller."""
        return {replica for _, replica, what, _ in self.notes() if what == "begins"}

    def notes(self) -> list[tuple[float, str, str, str]]:
        """Return time, replica, event and object of each note."""
        lines = [line.split() for line in self._notes.read_text().splitlines()]
        return sorted((float(at), replica, what, name) for at, replica, what, name in lines)

    def doubled(self, killed: frozenset[str] = frozenset()) -> list[str]:
        """Return the objects on which two replicas worked at once; a killed one notes no end."""
        inside: dict[str, set[str]] = defaultdict(set)
        found = []
        for _, replica, what, name in self.notes():
            if what == "ends":
                inside[name].discard(replica)
            elif what == "begins":
                if inside[name] - {replica} - killed:
                    found.append(name)
                inside[name].add(replica)
        return found
