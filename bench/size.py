"""100,000 objects, some of them 1.5 MB, against one operator: ``python -m bench.size`` (``make attack-size``).

Starts the embedded API server and the operator as processes. A plugin reads every ConfigMap and records what it saw.
Then the plugin is edited, the server is killed and started again, and its history is forgotten while objects change.
Checks that nothing is lost and that probes answer throughout; prints times, loop lag and peak memory as JSON. Ends with
status 1 if a check fails.
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.processes import ROOT, running, sample
from plugin_operator.client import ApiClient, ApiRequest, Connection, RESTMapper, load_connection_config
from plugin_operator.errors import PluginOperatorError
from plugin_operator.metrics import Metrics

_KIND = "v1/ConfigMap"
_NAMESPACE = "size"
_LARGE_CHARACTERS = (
    750_000  # quotes, which JSON escapes: 1.5 MB on the wire, within the 1 MiB that a ConfigMap may hold
)
_CHANGED = 100
_WRITERS = 16
_TIMEOUT_SECONDS = 900.0
_PROBE_PAUSE_SECONDS = 0.2
_PROBE_SECONDS = 10.0
_COMMAND = (sys.executable, "-m", "plugin_operator")

_PLUGIN = """
import os

from plugin_operator import Context, Request, controller

RECORDS = open(os.environ["SIZE_RECORDS"], "a", buffering=1)


@controller(for_="v1/ConfigMap", namespaces=["size"], max_concurrent_reconciles=4)
async def size(ctx: Context, request: Request) -> None:
    obj = ctx.lister.get(request)
    version = obj["metadata"]["resourceVersion"] if obj else "gone"
    length = sum(map(len, obj["data"].values())) if obj else 0
    RECORDS.write(f"EDITION {request.name} {version} {length}\\n")
"""


class Records:
    """What the plugin saw last of each object, by edition of the plugin."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._rest = b""
        self.last: dict[str, tuple[str, str]] = {}
        self.by_edition: dict[str, set[str]] = {}
        self.lines = 0
        path.touch()

    def read(self) -> None:
        """Take in what was recorded since."""
        with self.path.open("rb") as file:
            file.seek(self._offset)
            data = self._rest + file.read()
            self._offset = file.tell()
        *lines, self._rest = data.split(b"\n")
        for line in lines:
            edition, name, version, length = line.decode().split(" ")
            self.last[name] = (version, length)
            self.by_edition.setdefault(edition, set()).add(name)
            self.lines += 1


class Probes(threading.Thread):
    """Asks the probes all the time and notes the slowest answer and each that did not come or was no 200."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self.is_over = threading.Event()
        self.slowest_seconds = 0.0
        self.answers = 0
        self.failures: list[str] = []

    def run(self) -> None:
        """Ask until told otherwise."""
        while not self.is_over.wait(_PROBE_PAUSE_SECONDS):
            for path in ("/healthz", "/readyz"):
                began = time.monotonic()
                status = self._ask(path)
                self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
                self.answers += 1
                if status != 200:
                    self.failures.append(f"{path}: {status}")

    def _ask(self, path: str) -> int | str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=_PROBE_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError as error:
            return str(error)


class Attack:
    """One run.

    Args:
        folder: for everything that is written.
        small, large: how many objects there are of each size.
    """

    def __init__(self, folder: Path, small: int, large: int) -> None:
        self._folder = folder
        self._names = [f"small-{number:06}" for number in range(small)]
        # Next to each other, so that one page would hold all of them.
        self._large = [f"large-{number:03}" for number in range(large)]
        self._kubeconfig = folder / "kubeconfig"
        self._records = Records(folder / "records")
        self._port, self._probes, self._metrics = _free_port(), _free_port(), _free_port()
        self.found: dict[str, Any] = {"small": small, "large": large}

    async def run(self) -> list[str]:
        """Do everything; return what is wrong."""
        (self._folder / "plugins").mkdir()
        with contextlib.ExitStack() as server:
            server.enter_context(self._server())
            with self._timed("load"):
                await self._with_client(self._load)
            await self._with_client(self._refuse_streaming_lists)
            with self._operator() as pid:
                probes = Probes(self._probes)
                await self._listed("one")
                probes.start()
                await self._listed("two")
                with self._timed("server_restart"):
                    server.close()
                    server.enter_context(self._server())
                    await self._with_client(self._change)
                    await self._caught_up()
                with self._timed("history_lost"):
                    await self._with_client(self._lose_history)
                    await self._caught_up()
                probes.is_over.set()
                self._measure(pid, probes)
        return self._wrong(probes)

    def _wrong(self, probes: Probes) -> list[str]:
        wrong = [f"a probe failed: {each}" for each in probes.failures[:5]]
        log = (self._folder / "operator").read_text(errors="replace")
        wrong += [line for line in log.splitlines() if '"level":"error"' in line or "Traceback" in line][:5]
        return wrong

    @contextlib.contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        print(f"{phase} …", file=sys.stderr, flush=True)
        began = time.monotonic()
        yield
        self.found[f"{phase}_seconds"] = round(time.monotonic() - began, 1)

    @contextlib.contextmanager
    def _server(self) -> Iterator[None]:
        command = [
            *(*_COMMAND, "apiserver", "--bind-address", f"127.0.0.1:{self._port}", "--log-format", "json"),
            *("--data-dir", str(self._folder / "data"), "--write-kubeconfig", str(self._kubeconfig)),
        ]
        with running(command, environment={}, log=self._folder / f"server-{time.monotonic_ns()}", directory=ROOT) as it:
            deadline = time.monotonic() + 120
            while not self._answers():
                if it.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the API server does not start")
                time.sleep(0.1)
            yield
            it.kill()  # without a last word: what it acknowledged has to be on its disk

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
            return self._kubeconfig.exists()
        return False

    @contextlib.contextmanager
    def _operator(self) -> Iterator[int]:
        command = [
            *(*_COMMAND, "run", "--kubeconfig", str(self._kubeconfig), "--plugins-dir", str(self._folder / "plugins")),
            *("--metrics-addr", f"127.0.0.1:{self._metrics}", "--health-probe-bind-address"),
            *(f"127.0.0.1:{self._probes}", "--log-format", "json"),
        ]
        environment = {"SIZE_RECORDS": str(self._records.path)}
        with running(command, environment=environment, log=self._folder / "operator", directory=ROOT) as process:
            yield process.pid

    async def _with_client(self, act: Any) -> None:
        metrics = Metrics()
        config = load_connection_config(str(self._kubeconfig))
        async with Connection.open(config, metrics) as connection:
            await act(connection, ApiClient(connection, RESTMapper(connection), field_manager="size"))

    async def _load(self, _: Connection, client: ApiClient) -> None:
        await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}})
        names = iter([*self._large, *self._names])

        async def write() -> None:
            for name in names:
                await client.create(self._object(name))

        await asyncio.gather(*(write() for _ in range(_WRITERS)))

    def _object(self, name: str, edition: int = 0) -> dict[str, Any]:
        data = {"edition": str(edition), "text": '"' * _LARGE_CHARACTERS if name in self._large else "x" * 200}
        metadata = {"name": name, "namespace": _NAMESPACE}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    async def _refuse_streaming_lists(self, connection: Connection, _: ApiClient) -> None:
        """Have lists come in pages, as of servers that are older: they are what large objects are a matter of."""
        fault = {"action": "refuse", "verb": "watch", "code": 422, "count": None, "query": "sendInitialEvents"}
        await _post(connection, fault)

    async def _change(self, _: Connection, client: ApiClient) -> None:
        """Change, delete and create some objects of each size."""
        for name in (*self._names[:_CHANGED], *self._large[:5]):
            patch = {"data": {"edition": str(time.monotonic_ns())}}
            await client.patch(_KIND, name, patch, _NAMESPACE)
        for name in self._names[-_CHANGED:]:
            await client.delete(_KIND, name, _NAMESPACE)
        del self._names[-_CHANGED:]
        more = [f"small-{time.monotonic_ns()}" for _ in range(_CHANGED)]
        for name in more:
            await client.create(self._object(name))
        self._names[:0] = more

    async def _lose_history(self, connection: Connection, client: ApiClient) -> None:
        """Cut the watch, change objects, forget what happened: only a new list can tell."""
        watches = {"verb": "watch", "resource": "configmaps", "count": None}
        await _post(connection, {**watches, "action": "refuse", "code": 503})
        await _post(connection, {**watches, "action": "break"})
        await self._change(connection, client)
        await connection.send(ApiRequest("POST", "/debug/compact"))
        await connection.send(ApiRequest("DELETE", "/debug/faults"))
        await self._refuse_streaming_lists(connection, client)

    async def _listed(self, edition: str) -> None:
        """Write an edition of the plugin and wait until it has seen every object."""
        path = self._folder / "plugins" / "size.py"
        with self._timed(f"edition_{edition}"):
            path.with_suffix(".new").write_text(_PLUGIN.replace("EDITION", edition))
            path.with_suffix(".new").rename(path)
            wanted = {*self._names, *self._large}
            await self._until(lambda: wanted <= self._records.by_edition.get(edition, set()), f"edition {edition}")

    async def _caught_up(self) -> None:
        """Wait until what the plugin saw last of each object is what the server has, deletions included."""
        truth: dict[str, str] = {}

        async def ask(_: Connection, client: ApiClient) -> None:
            # In parts, for all of them together are more than one answer of the client may hold.
            for name in self._large:
                truth[name] = (await client.get(_KIND, name, _NAMESPACE))["metadata"]["resourceVersion"]
            for name in [*self._names[: 3 * _CHANGED], *self._names[-3 * _CHANGED :]]:
                truth[name] = (await client.get(_KIND, name, _NAMESPACE))["metadata"]["resourceVersion"]

        await self._with_client(ask)

        def is_true() -> bool:
            alive = {name for name, (version, _) in self._records.last.items() if version != "gone"}
            is_known = all(self._records.last.get(name, ("",))[0] == version for name, version in truth.items())
            return is_known and alive == {*self._names, *self._large}

        await self._until(is_true, "what the server has")

    async def _until(self, condition: Any, what: str) -> None:
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while True:
            self._records.read()
            if condition():
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"the plugin has not seen {what} after {_TIMEOUT_SECONDS:g} s")
            await asyncio.sleep(0.2)

    def _measure(self, pid: int, probes: Probes) -> None:
        usage = sample(pid)
        self.found |= {
            "reconciles": self._records.lines,
            "operator_peak_mib": round(usage.peak_bytes / 2**20),
            "operator_resident_mib": round(usage.own_resident_bytes / 2**20),
            "operator_cpu_seconds": round(usage.cpu_seconds, 1),
            "probes": probes.answers,
            "slowest_probe_seconds": round(probes.slowest_seconds, 2),
            "loop_lag": self._lag(),
        }
        wrong = [name for name in self._large if int(self._records.last[name][1]) <= _LARGE_CHARACTERS]
        if wrong:
            raise RuntimeError(f"large objects were read with another length: {wrong[:3]}")

    def _lag(self) -> dict[str, int]:
        """Return how many beats of the event loop were later than so many seconds."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._metrics}/metrics", timeout=_PROBE_SECONDS) as answer:
            lines = answer.read().decode().splitlines()
        counts = {
            line.partition('le="')[2].partition('"')[0]: int(float(line.rpartition(" ")[2]))
            for line in lines
            if line.startswith("plugin_operator_loop_stall_seconds_bucket")
        }
        total = counts.get("+Inf", 0)
        return {f"over {bound} s": total - count for bound, count in counts.items() if bound != "+Inf"}


async def _post(connection: Connection, fault: dict[str, Any]) -> None:
    await connection.send(ApiRequest("POST", "/debug/faults", body=json.dumps(fault).encode()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Attack once and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--small", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=50)
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and records")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started ends with this
    folder = Path(tempfile.mkdtemp(prefix="plugin-operator-size-"))
    attack = Attack(folder, wanted.small, wanted.large)
    wrong = ["it did not end"]
    try:
        wrong = asyncio.run(attack.run())
    except (RuntimeError, PluginOperatorError) as error:
        wrong = [str(error)]
    finally:
        print(json.dumps(attack.found | {"wrong": wrong}, indent=2))
        if wanted.keep or wrong:
            print(f"logs are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
