"""The processes of a soak: one of any kind, the replicas of the operator, and what they leave behind."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

from tests.network import Network
from tests.ports import free_port
from tests.soak.settings import Settings

MARK = f"SOAK_MARK={os.getpid()}-{time.monotonic_ns()}"
_FLAGS = (
    *("--leader-elect", "--leader-elect-resource-namespace", "default", "--leader-elect-lease-duration", "8s"),
    *("--leader-elect-renew-deadline", "6s", "--leader-elect-retry-period", "1s"),
    *("--validate-timeout", "4s", "--connect-timeout", "120s", "--log-format", "json"),
)
OPERATOR = (sys.executable, "-m", "plugin_operator")
_ROOT = Path(__file__).parents[2]


class Process:
    """One run of a command, from its start to its end; its standard input ends with this process."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self.log = settings.logs / name
        self.folder = settings.folder
        self.is_stopped = False
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *command: str, **variables: str) -> None:
        """Start it with everything it says in its log."""
        mark, _, value = MARK.partition("=")
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        environment = {**kept, "HOME": str(self.folder), mark: value, "PYTHONUNBUFFERED": "1", **variables}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log, env=environment, cwd=_ROOT,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid if self._process else 0

    @property
    def code(self) -> int | None:
        """Its exit status, None while it runs."""
        return self._process.returncode if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def rss_mib(self) -> float:
        """Its memory."""
        return rss_mib_of(self.pid)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if there is somebody to send it to."""
        if self._process is not None and self.is_running:
            self.is_stopped = number is signal.SIGSTOP
            self._process.send_signal(number)

    async def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 45.0) -> int:
        """Send a signal and wait for the end; SIGKILL past the deadline."""
        assert self._process is not None
        self.send(signal.SIGCONT)
        self.send(number)
        try:
            return await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self._process.wait()
            return 99


class Replica:
    """One process of the operator."""

    def __init__(self, settings: Settings, kubeconfig: Path, name: str) -> None:
        self._settings = settings
        self._kubeconfig = kubeconfig
        self.name = name
        self.probes = free_port()
        self.process = Process(settings, name)
        self.expected: set[int] = set()
        self.has_stopped_worker = False
        #: Of this replica alone, if replicas share objects: one that can be cut.
        self.network: Network | None = None

    async def start(self) -> None:
        """Start it; it gets ready by itself."""
        await self.process.start(
            *(*OPERATOR, "run", "--kubeconfig", str(self._way()), "--plugins-dir", str(self._settings.plugins)),
            *("--metrics-addr", "0", "--health-probe-bind-address", f"127.0.0.1:{self.probes}", *_FLAGS),
            *(["--processes", str(self._settings.processes)] if self._settings.processes > 1 else []),
            *(["--shard-replicas"] if self._settings.is_sharded else []),
            SOAK_INSTANCE=self.name,
            SOAK_RECORDS=str(self._settings.records),
        )

    def _way(self) -> Path:
        """Return the kubeconfig; with a network of its own if replicas share objects."""
        if not self._settings.is_sharded:
            return self._kubeconfig
        text = self._kubeconfig.read_text()
        found = re.search(r"server: https://[^:]+:(\d+)", text)
        assert found is not None
        self.network = Network(int(found[1]))
        own = self._settings.folder / f"kubeconfig-{self.name}"
        own.touch(0o600)
        own.write_text(text.replace(f":{found[1]}", f":{self.network.port}"))
        return own

    async def sharding(self) -> dict[str, Any]:
        """Return what it says of the shard map; empty if it says nothing."""
        status, text = await self.get("/status")
        found: dict[str, Any] = json.loads(text).get("sharding", {}) if status == 200 else {}
        return found

    async def get(self, path: str, seconds: float = 5.0) -> tuple[int, str]:
        """Ask its probe server; (0, "") if it does not answer."""
        if self.process.is_stopped:
            return 0, ""
        timeout = aiohttp.ClientTimeout(total=seconds)
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"http://127.0.0.1:{self.probes}{path}") as answer,
            ):
                return answer.status, await answer.text()
        return 0, ""

    async def leads(self) -> bool:
        """Whether it says that it leads."""
        status, text = await self.get("/status")
        return status == 200 and bool(json.loads(text)["leading"])

    async def workers(self) -> list[tuple[int, bool]]:
        """Return process id and whether it leads of each worker process that runs; none without --processes."""
        status, text = await self.get("/status")
        found = json.loads(text).get("workers", []) if status == 200 else []
        return [(each["pid"], each["leads"]) for each in found if each["pid"]]

    async def is_ready(self) -> bool:
        """Whether it says so."""
        return (await self.get("/readyz"))[0] == 200


def rss_mib_of(pid: int) -> float:
    """Return the memory of a process, 0 if there is none."""
    with suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


def strays(known: set[int]) -> dict[int, str]:
    """Return the processes of this soak that descend from none of ``known``, with their command lines."""
    parents: dict[int, int] = {}
    marked: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if MARK.encode() in (folder / "environ").read_bytes().split(b"\0"):
                marked[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200]
    return {pid: text for pid, text in marked.items() if not _descends(pid, known, parents)}


def _descends(pid: int, known: set[int], parents: dict[int, int]) -> bool:
    while pid > 1:
        if pid in known:
            return True
        pid = parents.get(pid, 0)
    return False
