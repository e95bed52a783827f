#!/usr/bin/env python3
"""Record healthy hours: ``python -m tests.alerts.record`` rewrites ``healthy_hour.json`` and ``sharded_hour.json``.

In the second one, the replicas share the objects.

Replicas run as processes on the embedded API server while objects change. Each scrape stands for half a minute, so the
run takes about a minute in place of an hour. It has what is no fault: starts, reloads, an edit that is rejected and
mended, a plugin that waits for a CRD installed soon after, errors of single objects, a deleted plugin, a leader that
crashes, and a rolling upgrade. Kept are the samples that the rules read, in promtool's notation.
"""

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.alerts import rules
from tests.alerts.scrapes import Target
from tests.alerts.timeline import Timeline
from tests.controllerruntime.record import cluster
from tests.ports import free_port
from tests.widgets import definition

_FOLDER = Path(__file__).resolve().parent
#: Further flags of each hour.
HOURS: dict[Path, tuple[str, ...]] = {
    _FOLDER / "healthy_hour.json": (),
    _FOLDER / "sharded_hour.json": ("--shard-replicas",),
}
STEPS = 120
_STEP_SECONDS = 0.4
_OBJECTS = 20
_FLAGS = (
    *("--leader-elect", "--leader-elect-resource-namespace", "default", "--leader-elect-lease-duration", "2s"),
    *("--leader-elect-renew-deadline", "1.5s", "--leader-elect-retry-period", "0.2s"),
    *("--health-probe-bind-address", "0", "--scan-interval", "1s"),
)
_PLUGIN = """
from plugin_operator import Result, controller

@controller(for_="KIND", name="NAME")
async def NAME(ctx, request):
    obj = ctx.lister.get(request)  # EDIT
    if FAILS:
        raise ValueError("as asked")
"""
_CRD = definition()


def names_read() -> frozenset[str]:
    """Return the names of all samples that the rules read."""
    return frozenset(each.metric for alert in rules.alerts() for each in rules.selectors_of(alert.expr))


class Replica:
    """One process of the operator."""

    def __init__(self, folder: Path, kubeconfig: Path, name: str, flags: tuple[str, ...]) -> None:
        self.target = Target(f"plugin-operator-{name}")
        self._port = free_port()
        with (folder / f"{name}.log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "plugin_operator", "run", "--kubeconfig", str(kubeconfig), *_FLAGS, *flags),
                    *("--plugins-dir", str(folder / "plugins"), "--metrics-addr", f"127.0.0.1:{self._port}"),
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def scrape(self) -> str:
        """Return the metrics; empty if the process does not answer."""
        url = f"http://127.0.0.1:{self._port}/metrics"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            text: str = answer.read().decode()
            return text
        return ""

    @property
    def leads(self) -> bool:
        """Whether it holds the Lease."""
        return 'leader_election_master_status{name="plugin-operator-leader-election"} 1' in self.scrape()


class Deployment:
    """Replicas, plugins and objects, and what happens to them at which step."""

    def __init__(self, folder: Path, kubeconfig: Path, flags: tuple[str, ...]) -> None:
        self._folder = folder
        self._flags = flags
        self._kubeconfig = kubeconfig
        self._number = 0
        self.replicas: list[Replica] = []
        (folder / "plugins").mkdir()
        for name in ("one", "two", "three"):
            self.save(name)
        script = [{"kind": "ConfigMap", "name": f"object-{number}"} for number in range(_OBJECTS)]
        self.kubectl(
            "apply", *({"apiVersion": "v1", "kind": e["kind"], "metadata": {"name": e["name"]}} for e in script)
        )
        self.events: dict[int, Callable[[], object]] = {
            0: self.start_replica,
            4: self.start_replica,
            20: lambda: self.save("broken", text="def (\n"),
            24: lambda: self.save("broken"),
            30: lambda: self.save("widget", kind="example.org/v1/Widget"),
            38: lambda: self.kubectl("apply", _CRD),
            44: lambda: self.save("three", fails='request.name.endswith("3")'),
            52: lambda: self.remove("two"),
            60: self.start_replica,
            66: lambda: self.end_leader(signal.SIGTERM),
            70: self.start_replica,
            76: lambda: self.end_leader(signal.SIGTERM),
            96: lambda: self.end_leader(signal.SIGKILL),
            97: self.start_replica,
        }

    def start_replica(self) -> None:
        """Start one more pod."""
        self.replicas.append(Replica(self._folder, self._kubeconfig, "abcdefgh"[self._number], self._flags))
        self._number += 1

    def end_leader(self, number: signal.Signals) -> None:
        """End the pod that leads."""
        leader = next(each for each in self.replicas if each.leads)
        self.replicas.remove(leader)
        leader.process.send_signal(number)

    def save(self, name: str, *, kind: str = "v1/ConfigMap", fails: str = "False", text: str = "") -> None:
        """Write a plugin in a new version."""
        words = {"KIND": kind, "NAME": name, "FAILS": fails, "EDIT": str(time.monotonic_ns())}
        made = text or _PLUGIN
        for word, value in words.items():
            made = made.replace(word, value)
        fresh = self._folder / f".{name}.new"
        fresh.write_text(made)
        fresh.rename(self._folder / "plugins" / f"{name}.py")

    def remove(self, name: str) -> None:
        """Delete a plugin."""
        (self._folder / "plugins" / f"{name}.py").unlink()

    def kubectl(self, verb: str, *objects: dict[str, Any]) -> None:
        """Send objects to the server."""
        command = [str(Path(sys.executable).parent / "kubectl"), "--kubeconfig", str(self._kubeconfig), verb, "-f", "-"]
        documents = "\n---\n".join(map(json.dumps, objects))
        subprocess.run(command, input=documents, text=True, check=True, capture_output=True, timeout=60)

    def change_objects(self, step: int) -> None:
        """Change some objects, as users do."""
        names = [f"object-{(step * 3 + offset) % _OBJECTS}" for offset in range(3)]
        data = {"step": str(step)}
        kind = {"apiVersion": "v1", "kind": "ConfigMap"}
        self.kubectl("apply", *({**kind, "metadata": {"name": name}, "data": data} for name in names))

    def take_step(self, step: int) -> dict[Target, str]:
        """Let happen what is due, and return the scrapes."""
        self.events.get(step, lambda: None)()
        if step % 8 == 7:
            self.save("one")
        if step % 2:
            self.change_objects(step)
        scrapes = {each.target: each.scrape() for each in self.replicas}
        return {target: text for target, text in scrapes.items() if text}


def record(folder: Path, kubeconfig: Path, flags: tuple[str, ...]) -> Timeline:
    """Run the deployment and return its hour."""
    deployment = Deployment(folder, kubeconfig, flags)
    timeline = Timeline(names_read())
    try:
        for step in range(STEPS):
            due = time.monotonic() + _STEP_SECONDS
            timeline.step(deployment.take_step(step))
            time.sleep(max(0.0, due - time.monotonic()))
    finally:
        for replica in deployment.replicas:
            replica.process.terminate()
            replica.process.wait(30)
    return timeline


def main() -> int:
    """Record, and write what was recorded."""
    for path, flags in HOURS.items():
        with tempfile.TemporaryDirectory() as name, cluster(Path(name)) as kubeconfig:
            timeline = record(Path(name), kubeconfig, flags)
        series = [f"{each['series']}\t{each['values']}" for each in timeline.input_series()]
        path.write_text(json.dumps({"read": sorted(names_read()), "series": series}, indent=0) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
