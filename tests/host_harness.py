"""A plugin host on the API server of the test: the one place in the tests that wires a host.

Folders whose tests need one import the fixtures in their ``conftest.py``.
"""

import itertools
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from kube_apiserver import Endpoint
from plugin_operator.app.fenced_transport import FencedTransport
from plugin_operator.cache import InformerFactory, OwnedShards
from plugin_operator.cache.environment import ReflectorSettings
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.fence import Fence
from plugin_operator.hosting import Environment, HostSettings, Loader, PluginHost, PluginStatus, Scanner, Validator
from plugin_operator.hosting.crds.on_demand import Definitions
from plugin_operator.hosting.triggers.schedule_record import ScheduleRecord
from plugin_operator.metrics import Metrics
from plugin_operator.plugin import Recorder
from plugin_operator.processes.peers.peers import Peers
from plugin_operator.testing.eventually import eventually

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

SHORT_DEADLINES = HostSettings(
    scan_interval_seconds=0.5,
    import_deadline_seconds=30,
    drain_deadline_seconds=5,
    cancel_grace_seconds=0.3,
    hook_deadline_seconds=5,
    reload_burst=1000,
    retry_base_seconds=0.1,
    retry_cap_seconds=0.2,
)

_first_revisions = itertools.count(1, 1000)


class Journal:
    """The recorder of every controller: what plugins say through ``ctx.recorder`` is written down in order."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str]] = []

    def bind(self, component: str) -> "BoundJournal":
        return BoundJournal(self, component)

    def reasons(self, component: str) -> list[str]:
        return [reason for who, reason, _ in self.lines if who == component]

    def messages(self, component: str, reason: str) -> list[str]:
        return [message for who, why, message in self.lines if (who, why) == (component, reason)]


class BoundJournal:
    """The recorder of one controller."""

    def __init__(self, journal: Journal, component: str) -> None:
        self._journal = journal
        self._component = component

    def event(self, about: Any, type: str, reason: str, message: str) -> None:  # noqa: A002 - as the real one
        self._journal.lines.append((self._component, reason, message))


def plugin(
    version: str, *, name: str = "one", kind: str = "v1/ConfigMap", body: str = "", head: str = "", options: str = ""
) -> str:
    """Return a plugin that writes its version and the object's name into the journal at each reconcile."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return (
        f"{head}\nfrom plugin_operator import controller, Result, TerminalError, watch\nimport asyncio\n"
        f"@controller(for_={kind!r}, name={name!r}, namespaces=[{NAMESPACE!r}]{options})\n"
        f"async def {name}(ctx, request):\n"
        f"    ctx.recorder.event({{}}, 'Normal', {version!r}, request.name)\n{lines}"
    )


def wire_host(
    scanner: Scanner,
    *,
    client: ApiClient,
    factory: InformerFactory,
    recorder: Callable[[str], Recorder],
    metrics: Metrics,
    settings: HostSettings,
    validator: Validator | None = None,
    schedules: ScheduleRecord | None = None,
    definitions: Definitions | None = None,
    installs: bool = True,
    fence: Fence | None = None,
    shards: OwnedShards | None = None,
    peers: Peers | None = None,
    watch: bool = True,
) -> PluginHost:
    """Return a host, not started yet, whose controllers record with what ``recorder`` returns for their names."""
    loader = Loader()
    if peers is not None:  # hosts that stand for processes must not share the modules of this one
        loader._numbers = itertools.count(next(_first_revisions))
    environment = Environment(
        client=client,
        factory=factory,
        recorder=recorder,
        clock=SystemClock(),
        metrics=metrics,
        settings=settings,
        schedules=schedules,
        definitions=definitions,
        installs=installs,
        fence=fence,
        shards=shards,
        peers=peers,
    )
    return PluginHost(scanner=scanner, loader=loader, validator=validator, environment=environment, watch=watch)


class HostHarness:
    """A plugin host on a real API server, with a plugins directory to write to."""

    def __init__(
        self,
        connection: Connection,
        root: Path,
        settings: HostSettings,
        *,
        validate: bool,
        watch: bool,
        reflector: ReflectorSettings | None = None,
        applies: bool | None = None,
        shards: OwnedShards | None = None,
        peers: Peers | None = None,
    ) -> None:
        clock = SystemClock()
        mapper = RESTMapper(connection)
        self.root = root
        self.metrics = Metrics()
        self.journal = Journal()
        self.client = ApiClient(connection, mapper, field_manager="test")
        self.factory = InformerFactory(
            connection, mapper, clock=clock, metrics=self.metrics, settings=reflector, shards=shards
        )
        self.fence = Fence(clock)
        self.schedules = ScheduleRecord(self.client, NAMESPACE, "test-schedules", clock=clock)
        self.host = wire_host(
            Scanner(root, clock=clock),
            client=ApiClient(FencedTransport(connection, self.fence), mapper, field_manager="test"),
            factory=self.factory,
            recorder=self.journal.bind,
            metrics=self.metrics,
            settings=settings,
            validator=Validator(clock=clock, deadline_seconds=10) if validate else None,
            schedules=self.schedules,
            definitions=self._definitions(connection, mapper, applies=applies) if applies is not None else None,
            installs=applies is not False,
            fence=self.fence,
            shards=shards,
            peers=peers,
            watch=watch,
        )

    def _definitions(self, connection: Connection, mapper: RESTMapper, *, applies: bool) -> Definitions:
        transport = FencedTransport(connection, self.fence)
        operator = "default/test" if applies else None
        return Definitions(transport, mapper, clock=SystemClock(), metrics=self.metrics, operator=operator)

    def write(self, name: str, text: str) -> Path:
        """Put a file in place as a careful program does: whole, by rename."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text)
        past = time.time() - 1
        os.utime(fresh, (past, past))
        fresh.rename(path)
        return path

    async def create(self, name: str, **data: str) -> None:
        metadata = {"name": name, "namespace": NAMESPACE}
        await self.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})

    async def change(self, name: str, value: object) -> None:
        await self.client.patch("v1/ConfigMap", name, {"data": {"n": str(value)}}, NAMESPACE)

    def knows(self, name: str = "one") -> bool:
        """Return whether the host has a plugin of that name."""
        return any(each.name == name for each in self.host.status())

    def status(self, name: str = "one") -> PluginStatus:
        """Return the status of a plugin; one that the host does not have fails the test."""
        found = next((each for each in self.host.status() if each.name == name), None)
        assert found is not None, f"the host has no plugin {name or 'of that name'}"
        return found

    async def state(self, state: str, name: str = "one") -> PluginStatus:
        """Wait until a plugin is in a state and return its status."""

        def reached() -> PluginStatus:
            status = self.status(name)
            assert status.state == state
            return status

        try:
            return await eventually(reached, timeout_seconds=20)
        except AssertionError:
            raise AssertionError(
                f"{name} is not {state} but {self.status(name) if self.knows(name) else 'gone'}"
            ) from None

    async def ran(self, version: str, message: str, name: str = "one") -> None:
        """Wait until a version of a plugin has reconciled an object."""
        await eventually(lambda: message in self.journal.messages(name, version), timeout_seconds=20)


@pytest.fixture
async def make_harness(api_endpoint: Endpoint, tmp_path: Path) -> AsyncIterator[Callable[..., HostHarness]]:
    """Make benches; each is stopped afterwards and must have given back every informer."""
    made = []
    root = tmp_path / "plugins"
    root.mkdir()
    config = ConnectionConfig.for_endpoint(api_endpoint.url, token=api_endpoint.token, ca_pem=api_endpoint.ca_pem)
    async with Connection.open(config, Metrics()) as connection:

        def make(
            *,
            validate: bool = False,
            watch: bool = True,
            settings: HostSettings = SHORT_DEADLINES,
            root: Path = root,
            reflector: ReflectorSettings | None = None,
            applies: bool | None = None,
            shards: OwnedShards | None = None,
            peers: Peers | None = None,
        ) -> HostHarness:
            harness = HostHarness(
                connection,
                root,
                settings,
                validate=validate,
                watch=watch,
                reflector=reflector,
                applies=applies,
                shards=shards,
                peers=peers,
            )
            made.append(harness)
            return harness

        yield make
        for harness in made:
            await harness.host.stop(5)
            assert harness.factory.informers() == ()
            await harness.factory.stop()


@pytest.fixture
async def harness(make_harness: Callable[..., HostHarness]) -> HostHarness:
    """A leading host without trials."""
    harness = make_harness()
    await harness.host.start()
    harness.host.lead()
    return harness


@pytest.fixture
def plugin_text() -> Callable[..., Any]:
    return plugin


@pytest.fixture
def short_deadlines() -> HostSettings:
    return SHORT_DEADLINES
