"""One host in this process, an API server that changes its objects in another, and edits of one plugin of two."""

import asyncio
import contextlib
import itertools
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import ROOT
from bench.reload.steps import MarkedHost, MarkedScanner, Marks
from plugin_operator.cache import InformerFactory
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.hosting import Environment, HostSettings, Loader, Validator
from plugin_operator.metrics import Metrics
from plugin_operator.options import Options

Save = Callable[[Path, str, Callable[[], None]], None]
"""Saves a text at a path, and calls the third when the save begins."""

_WAIT_SECONDS = 30.0
_LONGER_THAN_A_TICK_SECONDS = 0.011
_PLUGIN = """from plugin_operator import controller
@controller(for_="v1/ConfigMap", name={name!r}, max_concurrent_reconciles=4)
async def reconcile(ctx, request):
    ctx.recorder.event(ctx.lister.get(request) or {{}}, "Normal", {version!r}, request.name)
"""


@dataclass(frozen=True, slots=True)
class Others:
    """What the controller that is not edited showed: seconds from a change to its reconcile, and between reconciles."""

    latencies: list[float]
    gaps: list[float]

    def add(self, more: "Others") -> None:
        """Take in what was seen at another time."""
        self.latencies.extend(more.latencies)
        self.gaps.extend(more.gaps)


class Recorder:
    """Hears of every reconcile; plugins get it as ``ctx.recorder``."""

    def __init__(self) -> None:
        self.first_of: dict[str, asyncio.Event] = {}
        self._at: list[float] = []
        self._latencies: list[float] = []
        self._seen: dict[str, str] = {}

    def bind(self, component: str) -> "_Bound":
        """Return the recorder of one controller."""
        return _Bound(self, component)

    def edited(self, version: str) -> None:
        """Note a reconcile by the plugin under edit."""
        if version in self.first_of:
            self.first_of.pop(version).set()

    def other(self, key: str, data: Mapping[str, str]) -> None:
        """Note a reconcile by the other one."""
        now = time.monotonic()
        self._at.append(now)
        if data and self._seen.get(key) != data["n"]:
            self._seen[key] = data["n"]
            self._latencies.append(now - float(data["t"]))

    def take(self) -> Others:
        """Return what the other controller has shown since the last call."""
        at, self._at = self._at, []
        latencies, self._latencies = self._latencies, []
        return Others(latencies, [b - a for a, b in itertools.pairwise(at)])


class _Bound:
    def __init__(self, recorder: Recorder, component: str) -> None:
        self._recorder = recorder
        self._is_edited = component == "edited"

    def event(self, about: Any, type: str, reason: str, message: str) -> None:  # noqa: A002 - as the API
        del type
        if self._is_edited:
            self._recorder.edited(reason)
        else:
            self._recorder.other(message, about.get("data") or {})


@contextlib.asynccontextmanager
async def load(rate: float) -> AsyncIterator[str]:
    """Run the API server of the reload tests, changing objects at ``rate``, and yield its URL."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.reloading.loadprocess", str(rate)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "operator"), str(ROOT)])},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        url = json.loads(await asyncio.wait_for(process.stdout.readline(), _WAIT_SECONDS))["url"]
        process.stdin.write(b"go\n")
        yield url
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), _WAIT_SECONDS)


class Session:
    """A running host with two plugins, ``edited`` and ``other``."""

    def __init__(self, connection: Connection, root: Path, marks: Marks, *, trial: bool) -> None:
        clock, metrics = SystemClock(), Metrics()
        mapper = RESTMapper(connection)
        self.recorder = Recorder()
        self._marks = marks
        self._path = root / "edited.py"
        self._factory = InformerFactory(connection, mapper, clock=clock, metrics=metrics)
        scanner = MarkedScanner(root, clock=clock)
        scanner.marks = marks
        options = Options()
        environment = Environment(
            client=ApiClient(connection, mapper, field_manager="bench"),
            factory=self._factory,
            recorder=self.recorder.bind,
            clock=clock,
            metrics=metrics,
            # The cap on reloads is not what is to be measured.
            settings=HostSettings(
                scan_interval_seconds=options.scan_interval_seconds,
                import_deadline_seconds=options.validate_timeout_seconds,
                drain_deadline_seconds=options.drain_timeout_seconds,
                reload_burst=1_000_000,
                probation_seconds=0.5,
            ),
        )
        validator = Validator(clock=clock, deadline_seconds=options.validate_timeout_seconds) if trial else None
        self._host = MarkedHost(scanner=scanner, loader=Loader(), validator=validator, environment=environment)
        self._host.marks = marks

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, url: str, root: Path, marks: Marks, *, trial: bool) -> AsyncIterator["Session"]:
        """Run a session; the plugins are in place and work."""
        await asyncio.to_thread(_first_plugin, root)
        config = ConnectionConfig.for_endpoint(url, token="", ca_pem="")
        async with Connection.open(config, Metrics()) as connection:
            session = cls(connection, root, marks, trial=trial)
            await session._host.start()
            session._host.lead()
            try:
                await session.edit("first", rename, pause_seconds=0)
                yield session
            finally:
                await session._host.stop(5)
                await session._factory.stop()

    async def edit(self, version: str, save: Save, *, pause_seconds: float) -> dict[str, float]:
        """Save a version and return how long each step took until it reconciled; then pause."""
        first = self.recorder.first_of[version] = asyncio.Event()
        # In a thread: the save is an editor's, and its wait must not stop the loop whose pauses are measured.
        await asyncio.to_thread(save, self._path, _PLUGIN.format(name="edited", version=version), self._marks.begin)
        await asyncio.wait_for(first.wait(), _WAIT_SECONDS)
        self._marks.mark("dispatch")
        seconds = self._marks.seconds()
        await asyncio.sleep(pause_seconds)
        return seconds


def _first_plugin(root: Path) -> None:
    root.mkdir()
    (root / "other.py").write_text(_PLUGIN.format(name="other", version="still"))


def rename(path: Path, text: str, begin: Callable[[], None]) -> None:
    """Save as careful programs do: a new file that is whole, renamed over the old one; begins with the rename."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    # Files that were written and renamed within one tick of the file system's clock cannot be told from half-written
    # ones; a program that flushes to disk in between takes longer than a tick.
    time.sleep(_LONGER_THAN_A_TICK_SECONDS)
    begin()
    fresh.rename(path)


def in_place(path: Path, text: str, begin: Callable[[], None]) -> None:
    """Save as most editors do: into the file itself."""
    begin()
    path.write_text(text)
