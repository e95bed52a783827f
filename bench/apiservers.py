"""``python -m bench.apiservers``: the embedded API server beside a real kube-apiserver, in one run, as ratios.

Owns starting each server as a user does, the load, and the table. Every server speaks TLS and takes a token; the real
one keeps its default durability, an fsync for each write in its etcd, and the embedded one is measured in memory and
with a data directory. The client is one Python process: it costs every server the same, so ratios are rather too small.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from tests.conformance.differential.targets import Target, running

ROOT = Path(__file__).parents[1]
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
PAYLOAD = "x" * 1000
DEADLINE_SECONDS = 300.0
MANY = 32


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``better`` is 1 where more is better and -1 where less is."""

    title: str
    better: int
    digits: int


ROWS = {
    "start": Row("start-up, s", -1, 2),
    "create_one": Row("creates/s, 1 client", 1, 0),
    "create_many": Row("creates/s, 32 clients", 1, 0),
    "list": Row("list of all objects, s", -1, 3),
    "watch_one": Row("events/s while 32 clients create, 1 watcher", 1, 0),
    "watch_many": Row("events/s while 32 clients create, 100 watchers", 1, 0),
    "memory": Row("memory for all objects, MiB", -1, 0),
    "memory_empty": Row("memory when started, MiB", -1, 0),
}


class Client:
    """One kept-alive connection that sends a request and counts what comes back."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def open(self) -> "Client":
        address = urlsplit(self._target.url)
        self._reader, self._writer = await asyncio.open_connection(
            address.hostname, address.port, ssl=self._target.context, limit=2**26
        )
        return self

    def close(self) -> None:
        self._writer.transport.abort()

    async def send(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Send and return the answer's head."""
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self._target.token}\r\n"
        content = "application/merge-patch+json" if method == "PATCH" else "application/json"
        head += f"Accept: application/json\r\nContent-Type: {content}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(f"{method} {path}: {answer.decode()}")
        return answer

    async def call(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Send, and return the body of the answer."""
        head = (await self.send(method, path, body)).lower()
        if b"content-length:" in head:
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            return await self._reader.readexactly(length)
        pieces = []
        while size := int(await self._reader.readline(), 16):
            pieces.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readline()
        return b"".join(pieces)

    async def count_events(self, wanted: int) -> None:
        """Read an open watch until it has brought ``wanted`` events."""
        last = b""
        while wanted > 0:
            piece = last + await self._reader.read(2**20)
            wanted -= piece.count(b"}\n")
            last = piece[-1:]


async def _create(target: Target, prefix: str, count: int, clients: int) -> float:
    """Create objects and return how many a second."""
    names = iter(range(count))
    opened = [await Client(target).open() for _ in range(clients)]

    async def work(client: Client) -> None:
        for number in names:
            body = f'{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{prefix}-{number}"}},'
            await client.call("POST", CONFIGMAPS, f'{body}"data":{{"text":"{PAYLOAD}"}}}}'.encode())

    started = time.monotonic()
    await asyncio.gather(*map(work, opened))
    seconds = time.monotonic() - started
    for client in opened:
        client.close()
    return count / seconds


async def _list(target: Target) -> float:
    client = await Client(target).open()
    times = []
    for _ in range(3):
        started = time.monotonic()
        await client.call("GET", CONFIGMAPS)
        times.append(time.monotonic() - started)
    client.close()
    return statistics.median(times)


async def _watch(target: Target, prefix: str, count: int, watchers: int) -> float:
    """Return the events that all watchers together get a second."""
    opened = [await Client(target).open() for _ in range(watchers)]
    found = json.loads(await opened[0].call("GET", f"{CONFIGMAPS}?limit=1"))
    for client in opened:
        await client.send("GET", f"{CONFIGMAPS}?watch=true&resourceVersion={found['metadata']['resourceVersion']}")
    started = time.monotonic()
    await asyncio.gather(_create(target, prefix, count, MANY), *(client.count_events(count) for client in opened))
    seconds = time.monotonic() - started
    for client in opened:
        client.close()
    return count * watchers / seconds


def resident_mib(pid: int) -> float:
    """Return the resident MiB of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def server_process(log: Path) -> int:
    """Return the server's process: the youngest child of this one."""
    children = subprocess.run(
        ["pgrep", "-n", "-P", str(os.getpid()), "-f", str(log.parent)], capture_output=True, text=True, check=True
    )
    return int(children.stdout)


async def _load(target: Target, pid: int, objects: int, small: int) -> dict[str, float]:
    empty = resident_mib(pid)
    found = {"memory_empty": empty, "create_one": await _create(target, "one", small, 1)}
    found["create_many"] = await _create(target, "many", objects - small, MANY)
    found["memory"] = resident_mib(pid) - empty
    found["list"] = await _list(target)
    found["watch_one"] = await _watch(target, "watch", small * 4, 1)
    found["watch_many"] = await _watch(target, "crowd", small, 100)
    return found


def _measure(command: list[str], folder: Path, objects: int, small: int) -> dict[str, float]:
    folder.mkdir()
    began = time.monotonic()
    with running([*command], folder / "kubeconfig", folder / "log") as target:
        started = time.monotonic() - began
        loading = asyncio.wait_for(_load(target, server_process(folder / "log"), objects, small), DEADLINE_SECONDS)
        return {"start": started, **asyncio.run(loading)}


def controlplane(folder: Path) -> list[str]:
    """Return the command of a real kube-apiserver with its data in ``folder``. Build it first if need be."""
    built = subprocess.run(
        [ROOT / "tests/gotools/build.py", "controlplane"], capture_output=True, text=True, check=True
    )
    return [built.stdout.strip(), "--stop-on-stdin-close", "--data-dir", str(folder)]


def embedded(folder: Path) -> list[str]:
    """Return the command of the embedded server, with its kubeconfig in ``folder``."""
    command = [sys.executable, "-m", "plugin_operator", "apiserver", "--exit-with-stdin", "--write-kubeconfig"]
    return [*command, str(folder / "kubeconfig")]


def machine() -> str:
    """Return what the numbers depend on."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {platform.platform()}"


def _servers(folder: Path) -> dict[str, list[str]]:
    return {
        "kube-apiserver": controlplane(folder / "kube-apiserver"),
        "in memory": embedded(folder / "in memory"),
        "with --data-dir": [*embedded(folder / "with --data-dir"), "--data-dir", str(folder / "durable")],
    }


def _print(results: dict[str, dict[str, float]], objects: int) -> None:
    table = Table(
        "", *results, "in memory : real", "--data-dir : real", title=f"{objects:,} objects of 1 KiB; {machine()}"
    )
    for key, row in ROWS.items():
        values = [measured[key] for measured in results.values()]
        ratios = [(value / values[0]) ** row.better for value in values[1:]]
        table.add_row(
            row.title, *(f"{value:,.{row.digits}f}" for value in values), *(f"{ratio:.1f}x" for ratio in ratios)
        )
    Console(width=160).print(table)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.apiservers", description=__doc__)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--small", type=int, default=500, help="objects where one client or 100 watchers are at work")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        results = {
            name: _measure(command, folder / name, arguments.objects, arguments.small)
            for name, command in _servers(folder).items()
        }
    _print(results, arguments.objects)
    return 0


if __name__ == "__main__":
    sys.exit(main())
