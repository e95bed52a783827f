"""One running operator under load, in which plugins are edited, and the judge of what that did.

In every case two bystanders reconcile what the plugin under edit reconciles; after it, whatever was changed must have
been seen by all of them at its last value, and no key may have been in two reconciles of one controller at once.
"""

import asyncio
import contextlib
import itertools
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import quantiles
from textwrap import indent
from typing import Any

from plugin_operator.cache import InformerFactory
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.hosting import HostSettings, PluginHost, Scanner, Validator
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually
from tests.host_harness import wire_host

LEAST_RATE = 500
RATE = 600
# Generous on purpose: a machine may be busy with other things; what is to be found is a controller that stops.
LONGEST_GAP_SECONDS = 8.0
WAIT_SECONDS = 40
BYSTANDERS = {"sharer": "", "loner": ", label_selector='load=yes'"}

SETTINGS = HostSettings(
    scan_interval_seconds=0.5,
    import_deadline_seconds=30,
    drain_deadline_seconds=2,
    cancel_grace_seconds=0.3,
    reload_burst=2000,
    retry_base_seconds=0.1,
    retry_cap_seconds=0.3,
)

PLUGIN = """{head}
import asyncio
from plugin_operator import controller, TerminalError
VERSION = {version!r}
@controller(for_={kind!r}, name={name!r}, namespaces=['default']{options})
async def reconcile(ctx, request):
    obj = ctx.lister.get(request) or {{}}
    ctx.recorder.event(obj, 'Normal', VERSION, 'begin ' + request.name)
    try:
        await asyncio.sleep(0)
        {body}
    except BaseException:
        ctx.recorder.event(obj, 'Normal', VERSION, 'cut ' + request.name)
        raise
    ctx.recorder.event(obj, 'Normal', VERSION, 'end ' + request.name)
"""


def plugin(
    version: str,
    name: str,
    *,
    body: str = "",
    head: str = "",
    kind: str = "v1/ConfigMap",
    options: str = ", max_concurrent_reconciles=4",
) -> str:
    """Return a plugin that tells the ledger of each reconcile; ``body`` runs in each."""
    body = indent(body, "        ").strip()
    return PLUGIN.format(version=version, name=name, body=body, head=head, kind=kind, options=options)


class Ledger:
    """The recorder of all plugins: who reconciled what, by which code, and how long after the change."""

    def __init__(self) -> None:
        self.running: dict[tuple[str, str], str] = {}
        self.seen: dict[str, dict[str, int]] = defaultdict(dict)
        self.versions: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.keys: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.doubled: list[str] = []
        self.ends: dict[str, list[float]] = defaultdict(list)
        self.latencies: dict[str, list[float]] = defaultdict(list)

    def bind(self, component: str) -> "BoundLedger":
        return BoundLedger(self, component)

    def note(self, controller: str, version: str, message: str, data: dict[str, str]) -> None:
        what, key = message.split()
        if what == "begin":
            other = self.running.get((controller, key))
            if other is not None:
                self.doubled.append(f"{controller} {key} by {other} and {version}")
            self.running[controller, key] = version
            return
        self.running.pop((controller, key), None)
        if what == "end":
            self.versions[controller][version] += 1
            self.keys[controller, version].add(key)
            if controller in BYSTANDERS:
                self.ends[controller].append(time.monotonic())
            number = int(data.get("n", 0))
            if number > self.seen[controller].get(key, -1):
                self.seen[controller][key] = number
                if controller in BYSTANDERS:
                    self.latencies[controller].append(time.monotonic() - float(data.get("t", "inf")))

    def start_case(self) -> None:
        now = time.monotonic()
        for controller in BYSTANDERS:
            self.ends[controller] = [now]
            self.latencies[controller] = []

    def report(self, controller: str) -> tuple[float, float, float]:
        """Return p50 and p99 of the time from change to reconciled, and the longest gap, of this case."""
        gap = max(b - a for a, b in itertools.pairwise([*self.ends[controller], time.monotonic()]))
        cuts = quantiles(self.latencies[controller], n=100)
        return cuts[49], cuts[98], gap


class BoundLedger:
    """The recorder of one controller."""

    def __init__(self, ledger: Ledger, component: str) -> None:
        self._ledger = ledger
        self._component = component

    def event(self, about: Any, type: str, reason: str, message: str) -> None:  # noqa: A002 - as the real one
        self._ledger.note(self._component, reason, message, about.get("data") or {})


class LoadProcess:
    """The API server that changes its own objects, seen from here."""

    def __init__(self, stdin: asyncio.StreamWriter, stdout: asyncio.StreamReader, url: str) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self.url = url

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, rate: float = RATE) -> "AsyncIterator[LoadProcess]":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.integration.reloading.loadprocess", str(rate)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            hello = await asyncio.wait_for(stdout.readline(), WAIT_SECONDS)
            yield cls(stdin, stdout, json.loads(hello)["url"])
        finally:
            stdin.close()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()

    def go(self) -> None:
        self._stdin.write(b"go\n")

    async def hold(self) -> dict[str, Any]:
        self._stdin.write(b"hold\n")
        found: dict[str, Any] = json.loads(await asyncio.wait_for(self._stdout.readline(), WAIT_SECONDS))
        return found


class LoadedOperator:
    """A leading host with trials in a child process, two bystanders, and a load."""

    def __init__(self, connection: Connection, load: LoadProcess, root: Path, ledger: Ledger | None = None) -> None:
        self.clock = SystemClock()
        mapper = RESTMapper(connection)
        self.load = load
        self.root = root
        self.ledger = ledger or Ledger()
        self.metrics = Metrics()
        self.client = ApiClient(connection, mapper, field_manager="test")
        self.factory = InformerFactory(connection, mapper, clock=self.clock, metrics=self.metrics)
        self.host = self.make_host(root)
        self._numbers = itertools.count(1)

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, root: Path) -> "AsyncIterator[LoadedOperator]":
        async with LoadProcess.started() as load:
            config = ConnectionConfig.for_endpoint(load.url, token="", ca_pem="")
            async with Connection.open(config, Metrics()) as connection:
                operator = cls(connection, load, root)
                for name, options in BYSTANDERS.items():
                    put(root / f"{name}.py", plugin("still", name, options=f"{options}, max_concurrent_reconciles=4"))
                await operator.host.start()
                operator.host.lead()
                await eventually(lambda: operator.active(*BYSTANDERS), timeout_seconds=WAIT_SECONDS)
                yield operator
                await operator.host.stop(5)
                assert operator.factory.informers() == ()
                await operator.factory.stop()

    def make_host(self, root: Path, *, settings: HostSettings = SETTINGS, scanner: Scanner | None = None) -> PluginHost:
        """Return a host for a directory; besides the one that runs, cases may have one for a directory of their own."""
        return wire_host(
            scanner or Scanner(root, clock=self.clock),
            client=self.client,
            factory=self.factory,
            recorder=self.ledger.bind,
            metrics=self.metrics,
            settings=settings,
            validator=Validator(clock=self.clock, deadline_seconds=2),
        )

    def active(self, *names: str) -> bool:
        states = {each.name: each.state for each in self.host.status()}
        return all(states.get(name) == "Active" for name in names)

    def new_name(self) -> str:
        return f"edited{next(self._numbers)}"

    async def judge(self, title: str, judged: set[str]) -> None:
        """End the load and see that nothing was lost, doubled or held up."""
        held = await self.load.hold()
        everybody = {*BYSTANDERS, *judged}

        def behind() -> dict[str, list[str]]:
            seen = self.ledger.seen
            return {
                who: late
                for who in everybody
                if (late := [key for key, number in held["latest"].items() if seen[who].get(key) != number])
            }

        rows = {name: self.ledger.report(name) for name in BYSTANDERS}
        await eventually(lambda: not behind(), timeout_seconds=WAIT_SECONDS)
        for name, (p50, p99, gap) in rows.items():
            sys.stdout.write(
                f"{title}: {held['rate']:.0f} changes/s; {name} p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, "
                f"longest gap {gap * 1000:.0f} ms\n"
            )
            assert gap < LONGEST_GAP_SECONDS
        assert self.ledger.doubled == []
        assert held["rate"] >= LEAST_RATE
        for name in BYSTANDERS:
            assert set(self.ledger.versions[name]) == {"still"}
            assert next(each for each in self.host.status() if each.name == name).reloads == 1


def put(path: Path, text: str | bytes) -> Path:
    """Put a file in place whole, by rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(text.encode() if isinstance(text, str) else text)
    past = time.time() - 1
    os.utime(fresh, (past, past))
    fresh.rename(path)
    return path
