"""The API servers that a soak can run on: killed and started again with the same port, data and keys."""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from tests import gotool
from tests.ports import free_port
from tests.soak.processes import OPERATOR, Process
from tests.soak.settings import Settings

_READY_SECONDS = 180.0
_COMPACTION = "60s"


class Server(Protocol):
    """An API server that operators and writers share.

    Attributes:
        process: itself.
        kubeconfig: the straight way to it, which no fault meets.
        for_operators: the way on which faults are.
        compacts: whether it forgets its history when asked to.
        refusals: statuses by which it may leave open what became of a write, as one that starts, ends or is too busy.
        name: with its version, once it has been started.
        remarks: what cannot be done to it, and what is done instead.
    """

    process: Process
    kubeconfig: Path
    for_operators: Path
    compacts: bool
    refusals: frozenset[int]
    name: str
    remarks: tuple[str, ...]

    async def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            RuntimeError: it does not.
        """

    async def close(self) -> int:
        """End it, and what helps it, in order; return the exit status."""

    @property
    def pids(self) -> set[int]:
        """Its processes."""


class EmbeddedServer:
    """The product's own."""

    compacts = True
    refusals: frozenset[int] = frozenset()
    remarks: tuple[str, ...] = ()

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._port = free_port()
        self.name = f"embedded API server {version('plugin-operator')}"
        self.kubeconfig = self.for_operators = settings.folder / "kubeconfig"
        self.process = Process(settings, "apiserver")

    async def start(self) -> None:
        """Start it and wait until it listens."""
        await self.process.start(
            *(*OPERATOR, "apiserver", "--bind-address", f"127.0.0.1:{self._port}", "--log-format", "json"),
            *(
                "--exit-with-stdin",
                "--data-dir",
                str(self._settings.folder / "data"),
                "--write-kubeconfig",
                str(self.kubeconfig),
            ),
        )
        deadline = time.monotonic() + _READY_SECONDS
        while not await self._listens():
            if time.monotonic() > deadline or not self.process.is_running:
                raise RuntimeError(f"the API server does not start: {self.process.log.read_text()[-2000:]}")
            await asyncio.sleep(0.1)

    async def close(self) -> int:
        """End it."""
        return await self.process.end() if self.process.is_running else 0

    @property
    def pids(self) -> set[int]:
        """Its one process."""
        return {self.process.pid}

    async def _listens(self) -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.close()
            return self.kubeconfig.exists()
        return False


class RealServer:
    """kube-apiserver with etcd, and the proxy on which its faults are."""

    compacts = False
    refusals = frozenset({429, 500, 503, 504})
    remarks: tuple[str, ...] = (
        "faults are injected by a proxy between the operators and the server, the same as the embedded server's",
        f"not injected: a compaction at a chosen moment; instead, the server compacts every {_COMPACTION} by itself",
    )

    def __init__(self, settings: Settings) -> None:
        built = gotool.cached("controlplane")
        if built is None:
            raise RuntimeError(gotool.way_out("controlplane"))
        self._data = settings.folder / "data"
        self._port, self._proxy_port = free_port(), free_port()
        self._command = (
            *(built, "--data-dir", str(self._data), "--port", str(self._port), "--stop-on-stdin-close"),
            *("--", f"--etcd-compaction-interval={_COMPACTION}"),
        )
        self.name = "kube-apiserver"
        self.kubeconfig = self._data / "kubeconfig"
        self.for_operators = settings.folder / "kubeconfig"
        self.process = Process(settings, "kube-apiserver")
        self._proxy = Process(settings, "proxy")

    async def start(self) -> None:
        """Start it and wait for its own word that it is ready; the proxy only the first time."""
        line = json.loads(await self._start(self.process, '{"url":', *self._command))
        self.name = f"kube-apiserver {line['version']}"
        if not self._proxy.is_running:
            text = re.sub(rf":{self._port}\b", f":{self._proxy_port}", self.kubeconfig.read_text())
            self.for_operators.touch(0o600)
            self.for_operators.write_text(text)
            words = (sys.executable, "-m", "tests.soak.proxy", line["url"], str(self._data), str(self._proxy_port))
            await self._start(self._proxy, "ready", *words)

    async def close(self) -> int:
        """End both."""
        await self._proxy.end()
        return await self.process.end() if self.process.is_running else 0

    @property
    def pids(self) -> set[int]:
        """The server's and the proxy's."""
        return {self.process.pid, self._proxy.pid}

    async def _start(self, process: Process, word: str, *command: str) -> str:
        """Start a process and return the line, beginning with a word, by which it says that it is ready."""
        known = process.log.stat().st_size if process.log.exists() else 0
        await process.start(*command)
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            said = process.log.read_bytes()[known:].decode(errors="replace").splitlines(keepends=True)
            if line := next((each for each in said if each.startswith(word) and each.endswith("\n")), ""):
                return line
            if time.monotonic() > deadline or not process.is_running:
                raise RuntimeError(f"{process.name} does not start: {''.join(said)[-2000:]}")
            await asyncio.sleep(0.1)


SERVERS: dict[str, Callable[[Settings], Server]] = {"embedded": EmbeddedServer, "real": RealServer}
