"""``python -m bench.replicas``: replicas that share objects, on the embedded API server with ``ShardedListAndWatch``.

Owns N replicas as processes, the load, and the table. Reconciles wait 5 ms, one at a time in each replica. Their events
are in caches and queues before the clock starts. A proxy before each replica counts what the server sends to it.
"""

import argparse
import asyncio
import contextlib
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from bench.peers.peer import COUNTER_VARIABLE
from bench.worker_counters import COUNTING_APART, WorkerCounters
from tests.conformance.differential.targets import Target
from tests.conformance.servers import embedded
from tests.network import Network

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap", label_selector="bench", distribution="sharded", shard_by="uid")
async def bench(ctx, request):
    if await is_measured():
        await asyncio.sleep(0.005)
    count(request.name)
"""
NAMESPACE = "/api/v1/namespaces/default/configmaps"
PAYLOAD = "x" * 1000
LEASE_SECONDS = 5.0
FLAGS = (
    *("--metrics-addr", "0", "--log-format", "json", "--leader-elect", "--shard-replicas"),
    *("--leader-elect-resource-namespace", "default", "--leader-elect-lease-duration", f"{LEASE_SECONDS}s"),
    *("--leader-elect-renew-deadline", "3s", "--leader-elect-retry-period", "500ms"),
)
DEADLINE_SECONDS = 120.0
SETTLE_SECONDS = 3.0
WRITERS = 8


class Replica:
    """One process behind a proxy of its own."""

    def __init__(self, folder: Path, target: Target, counter: Path) -> None:
        port = int(target.url.rpartition(":")[2])
        self.network = Network(port)
        kubeconfig = folder / "kubeconfig"
        kubeconfig.touch(0o600)
        kubeconfig.write_text(target.kubeconfig.read_text().replace(f":{port}", f":{self.network.port}"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._probes = probe.getsockname()[1]
        command = [sys.executable, "-m", "plugin_operator", "run", "--kubeconfig", str(kubeconfig)]
        command += ["--plugins-dir", str(folder.parent / "plugins"), *FLAGS]
        command += ["--health-probe-bind-address", f"127.0.0.1:{self._probes}"]
        environment = {**os.environ, COUNTER_VARIABLE: str(counter)}
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )  # fmt: skip

    async def sharding(self, session: aiohttp.ClientSession) -> dict[str, Any]:
        """Return what it says of the map; empty while it does not answer."""
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with session.get(f"http://127.0.0.1:{self._probes}/status") as answer:
                found: dict[str, Any] = (await answer.json())["sharding"]
                return found
        return {}

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        self.network.close()


class Round:
    """N replicas on one server."""

    def __init__(self, folder: Path, target: Target, session: aiohttp.ClientSession, objects: int) -> None:
        self._folder = folder
        self._target = target
        self._session = session
        self._objects = objects
        self._replicas: list[Replica] = []
        (folder / "plugins").mkdir()
        (folder / "plugins" / "bench.py").write_text(COUNTING_APART + PLUGIN)
        self._counters = WorkerCounters(folder / "counter")

    async def measure(self, count: int) -> dict[str, float]:
        """Return rate, the most bytes of a replica, and the seconds of two moves."""
        await self._write("POST", "0")
        for number in range(count):
            made = self._folder / f"replica-{number}"
            made.mkdir()
            self._replicas.append(Replica(made, self._target, self._counters.path))
        await self._settled()
        await _until(lambda: self._counters.read()[0] >= self._objects)
        await asyncio.sleep(SETTLE_SECONDS)
        received = [each.network.received for each in self._replicas]
        before, _ = self._counters.read()
        self._counters.hold()
        await self._write("PATCH", "1")
        await asyncio.sleep(SETTLE_SECONDS)
        most = max(each.network.received - known for each, known in zip(self._replicas, received, strict=True))
        began = self._counters.let_run()
        await _until(lambda: self._counters.read()[0] >= before + self._objects)
        values = {"rate": self._objects / (self._counters.read()[1] - began), "bytes": float(most)}
        if count > 1:
            values["move"] = await self._moved(signal.SIGTERM)
        if count > 2:
            values["takeover"] = await self._moved(signal.SIGKILL)
        return values

    async def _moved(self, how: signal.Signals) -> float:
        """Send a signal to a replica; return the seconds until others have all its shards."""
        leaver = self._replicas.pop()
        name = (await leaver.sharding(self._session))["replica"]
        began = time.monotonic()
        leaver.process.send_signal(how)
        witness = self._replicas[0]
        while True:
            found = await witness.sharding(self._session)
            owned = found["owners"].get(name, 0)
            if owned <= 1 and not found["unowned"]:  # what runs once moves at the end of the process
                break
            await asyncio.sleep(0.01)
        seconds = time.monotonic() - began
        await asyncio.to_thread(leaver.process.wait, DEADLINE_SECONDS)
        leaver.close()
        await self._settled()
        return seconds

    async def _settled(self) -> None:
        async def is_settled() -> bool:
            found = [await each.sharding(self._session) for each in self._replicas]
            names = sorted(each.get("replica", "") for each in found)
            return all(
                each and not each["unowned"] and not each["moving"] and sorted(each["owners"]) == names
                for each in found
            )

        deadline = time.monotonic() + DEADLINE_SECONDS
        while not await is_settled():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the replicas do not share all shards; their logs are in {self._folder}")
            await asyncio.sleep(0.1)

    async def _write(self, method: str, step: str) -> None:
        async def share(first: int) -> None:
            for number in range(first, self._objects, WRITERS):
                await self._send(method, f"object-{number:05d}", step)

        await asyncio.gather(*map(share, range(WRITERS)))

    async def _send(self, method: str, name: str, step: str) -> None:
        labels = {"bench": "yes"}
        body = {"metadata": {"name": name, "labels": labels}, "data": {"step": step, "payload": PAYLOAD}}
        path = NAMESPACE if method == "POST" else f"{NAMESPACE}/{name}"
        content = "application/json" if method == "POST" else "application/merge-patch+json"
        headers = {"Authorization": f"Bearer {self._target.token}", "Content-Type": content}
        async with self._session.request(
            method, self._target.url + path, json=body, headers=headers, ssl=self._target.context or True
        ) as answer:
            answer.raise_for_status()

    def close(self) -> None:
        """End all replicas."""
        for each in self._replicas:
            each.close()


async def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("the objects are not reconciled in time")
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def _round(objects: int) -> AsyncIterator[Round]:
    with tempfile.TemporaryDirectory(prefix="bench-replicas-") as name, embedded(Path(name)) as target:
        async with aiohttp.ClientSession() as session:
            made = Round(Path(name), target, session, objects)
            try:
                yield made
            finally:
                made.close()


async def _measure(counts: list[int], objects: int, repeat: int) -> dict[int, dict[str, float]]:
    results: dict[int, dict[str, float]] = {}
    for count in counts:
        found = []
        for _ in range(repeat):
            async with _round(objects) as each:
                found.append(await each.measure(count))
        results[count] = {key: statistics.median(each[key] for each in found) for key in found[0]}
    return results


def _show(results: dict[int, dict[str, float]]) -> None:
    one = results.get(1)
    table = Table("replicas", "reconciles/s", "of N x one (aim 0.8)", "most MB of a replica")
    for title in ("x N of one (aim 1.1)", "planned move, s (aim 1)", "kill -9 to takeover, s"):
        table.add_column(title)
    for count, each in results.items():
        part = f"{each['rate'] / one['rate'] / count:.2f}" if one else ""
        share = f"{each['bytes'] * count / one['bytes']:.2f}" if one else ""
        moves = [f"{each[key]:.2f}" if key in each else "" for key in ("move", "takeover")]
        table.add_row(str(count), f"{each['rate']:.0f}", part, f"{each['bytes'] / 1e6:.2f}", share, *moves)
    console = Console()
    console.print(table)
    load = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} cores, {platform.python_version()}, lease {LEASE_SECONDS:g} s, load at the end {load:.1f}"
    )


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure replicas that share objects.")
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--objects", type=int, default=4_000)
    parser.add_argument("--repeat", type=int, default=2)
    given = parser.parse_args()
    _show(asyncio.run(_measure(given.replicas, given.objects, given.repeat)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
