"""Building the operator from its parts.

Owns the list of Runnables and their start order. HTTP servers come first, so that probes respond during startup. Then
come the connection, the event recorder, and the plugins with their caches. Reconciling starts last, with leadership.
"""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from plugin_operator.app.election import (
    end_at_once,
    installer,
    lease_parts,
    make_elector,
    make_schedule_record,
    watchdog_margin,
)
from plugin_operator.app.fenced_transport import FencedTransport
from plugin_operator.app.host_parts import HostParts
from plugin_operator.app.lifecycle import LifecycleEvents, own_object
from plugin_operator.app.managed_connection import ManagedConnection
from plugin_operator.app.optional_parts import make_tracing, make_trust
from plugin_operator.app.plugin_runnables import FactoryRunnable, HostRunnable, LeaderRunnable, plugin_of
from plugin_operator.app.plugin_skew import Watching
from plugin_operator.app.reports.health import probes
from plugin_operator.app.reports.status_report import degraded_plugins, not_synced, status_of
from plugin_operator.app.reports.stream_liveness import stale_streams
from plugin_operator.app.servers import make_metrics, metrics_server, probe_server
from plugin_operator.cache import InformerFactory
from plugin_operator.client import ApiClient, ConnectionConfig, RESTMapper, load_connection_config
from plugin_operator.client.http.transport import Transport
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.fence import Fence
from plugin_operator.hosting import Environment, HostSettings, Loader, PluginHost, Scanner
from plugin_operator.hosting.crds.on_demand import Definitions
from plugin_operator.hosting.permissions.access_reviews import AccessReviews
from plugin_operator.hosting.permissions.permission_check import PermissionCheck
from plugin_operator.kube import GroupVersionKind
from plugin_operator.leaderelection import LeaderElector
from plugin_operator.manager import Election, FailureCallback, LoopWatchdog, Manager, Runnable
from plugin_operator.manager.watchdog import LOOP_STALL
from plugin_operator.options import Options
from plugin_operator.plugin import EventRecorder
from plugin_operator.tasks import TaskSupervisor
from plugin_operator.tasks.supervisor import BACKGROUND_TASK_RESTARTS

VERSION = "0.1.0"  # importlib.metadata, which also knows it, would take 33 modules at each start
FIELD_MANAGER = "plugin-operator"
_PARSE_SECONDS, _PARSE_IN_TESTS_SECONDS = 0.5, 60.0  # in virtual time nothing scans again, also on a slow machine

Companion: TypeAlias = Callable[[FailureCallback], Runnable]
"""Returns a Runnable that starts first and stops last, such as a sandbox's API server.

The Runnable calls the callback when it fails, which ends the process with status 1.
"""


class App:
    """One operator, ready to run; create it with ``build`` on a running event loop.

    Args:
        options: settings of the process.
        config: address and credentials of the API server.
        companions: return the Runnables that start first and stop last.
        parts: replacements for parts of the plugin host.

    Attributes:
        manager: starts and stops the Runnables.
        metrics: metrics registry of this process.
        supervisor: tracks background tasks that ended unexpectedly.
        host: the plugin host.
        link: connection to the API server.
        client: API client with the rights and the fence of plugins.
        probes: the probes of this process.
        factory: the informer factory.
    """

    def __init__(
        self,
        options: Options,
        config: ConnectionConfig,
        companions: Sequence[Companion],
        *,
        parts: HostParts | None = None,
    ) -> None:
        self.options = options
        self._parts = parts or HostParts()
        self.metrics = make_metrics(VERSION)
        self._clock = SystemClock()
        self._host_clock: Clock = self._parts.clock or self._clock
        self.supervisor = TaskSupervisor(self._clock, self.metrics.family(BACKGROUND_TASK_RESTARTS))
        self._tracing = make_tracing(options, VERSION)
        self.link = ManagedConnection(
            config,
            self.metrics,
            clock=self._clock,
            patience_seconds=options.connect_timeout_seconds,
            user_agent=f"plugin-operator/{VERSION}",
            traces=[self._tracing.of_requests()] if self._tracing is not None else (),
        )
        self._mapper = RESTMapper(self.link, clock=self._clock)
        self._namespace = config.namespace
        self._fence = self._make_fence()
        self.client = self._client(self._parts.wrapped(FencedTransport(self.link, self._fence)))
        self._recorder = EventRecorder(
            self._client(self.link), instance=socket.gethostname(), clock=self._host_clock, supervisor=self.supervisor
        )
        self.factory = InformerFactory(
            self.link,
            self._mapper,
            clock=self._clock,
            metrics=self.metrics,
            settings=self._parts.reflector,
            supervisor=self.supervisor,
            shards=self._parts.shards,
        )
        self._elector = self._make_election()
        self._trust = make_trust(options, self.metrics)
        self.host = self._host()
        self._was_settled = False
        self.manager = self._manager([make(self._fail) for make in companions])

    async def run(self) -> int:
        """Run until a stop is requested or a Runnable fails, and return the exit status; see ``Manager.run``."""
        try:
            return await self.manager.run()
        finally:
            self.supervisor.close()

    def status(self) -> Mapping[str, Any]:
        """Return the content of ``/status``, without object data."""
        elector = self._elector
        return status_of(
            self.host,
            version=VERSION,
            server=self.link.host,
            plugins_dir=str(self.options.plugins_dir),
            serial=self._trust.serial if self._trust is not None else None,
            leading=elector.is_leader() if elector is not None else self.link.is_open,
            leader=elector.leader if elector is not None else "",
        )

    def _client(self, transport: Transport, timeout_seconds: float = 30.0) -> ApiClient:
        return ApiClient(
            transport,
            self._mapper,
            field_manager=FIELD_MANAGER,
            default_namespace=self._namespace,
            timeout_seconds=timeout_seconds,
        )

    def _host(self) -> PluginHost:
        options, parts, clock = self.options, self._parts, self._host_clock
        settings = parts.settings or HostSettings(
            scan_interval_seconds=options.scan_interval_seconds,
            drain_deadline_seconds=options.drain_timeout_seconds,
            import_deadline_seconds=options.validate_timeout_seconds,
        )
        environment = Environment(
            client=self.client,
            factory=self.factory,
            recorder=partial(parts.bound, self._recorder.bind),
            clock=clock,
            metrics=self.metrics,
            namespaces=options.namespaces,
            is_namespaced=self._is_namespaced,
            settings=settings,
            fence=self._fence,
            supervisor=self.supervisor,
            permissions=self._permissions(settings) if parts.reviews else None,
            definitions=parts.defined(self._definitions()),
            installs=options.apply_crds,
            peers=parts.peers,
            shards=parts.shards,
            marking=parts.marking,
            schedules=make_schedule_record(options.leader_election, self._namespace, self.client, clock=clock),
            instrument=partial(parts.instrumented, self._tracing.of_reconciles if self._tracing is not None else None),
        )
        return PluginHost(
            scanner=Scanner(
                options.plugins_dir,
                clock=self._clock,
                gate=self._trust,
                patience_seconds=_PARSE_SECONDS if parts.clock is None else _PARSE_IN_TESTS_SECONDS,
                originals=parts.originals,
            ),
            loader=parts.loader or Loader(),
            validator=parts.validator(self._clock, options.validate_timeout_seconds),
            environment=environment,
            watch=parts.watches,
        )

    def _permissions(self, settings: HostSettings) -> PermissionCheck:
        reviews = AccessReviews(self.link, clock=self._host_clock, rules_seconds=settings.review_base_seconds)
        return PermissionCheck(reviews, self._mapper.resource_for, self.options.namespaces)

    def _definitions(self) -> Definitions:
        transport, name = FencedTransport(self.link, self._fence), installer(self.options, self._namespace)
        return Definitions(transport, self._mapper, clock=self._clock, metrics=self.metrics, operator=name)

    def _not_loaded(self) -> str:
        """Return why the plugins found at start were not all tried yet; a later edit does not affect readiness."""
        self._was_settled = self._was_settled or self.host.is_settled
        if not self._was_settled:
            return self.host.directory_problem or "the plugins have not all been tried yet"
        return self.host.directory_problem if self._trust is not None and not self._trust.serial else ""

    async def _is_namespaced(self, kind: GroupVersionKind) -> bool:
        return (await self._mapper.resource_for(kind)).namespaced

    def _make_fence(self) -> Fence:
        return Fence(self._clock, on_lapse=end_at_once)

    def _make_election(self) -> Election | None:
        if self._parts.election is not None:
            return self._parts.election(self._fence)
        if not self.options.leader_election.enabled:
            return None
        return make_elector(
            self.options.leader_election,
            self._namespace,
            lambda seconds: self._client(self.link, seconds),
            fence=self._fence,
            clock=self._clock,
            metrics=self.metrics,
        )

    def _fail(self, part: str, error: BaseException) -> None:
        self.manager.fail(part, error)

    def _manager(self, companions: Sequence[Runnable]) -> Manager:
        part, elector = HostRunnable(self.host), self._elector
        watchdog = LoopWatchdog(
            self.options.stall_threshold_seconds,
            self.metrics.family(LOOP_STALL).child(),
            blame=plugin_of,
            on_blocked=self.host.blocked,
            leads_until=(lambda: elector.leads_until) if elector is not None else (lambda: None),
            leader_margin_seconds=watchdog_margin(self.options.leader_election),
            supervisor=self.supervisor,
        )
        self.probes = probes(
            self.link,
            self._not_loaded,
            lambda: degraded_plugins(self.host),
            lambda: not_synced(self.host.status()),
            lambda: stale_streams(self.factory.informers(), self._clock.monotonic(), self.factory.settings),
            lambda: self.supervisor.down,
        )
        servers = [
            *metrics_server(
                self.options, self.metrics.render, self.link, clock=self._clock, supervisor=self.supervisor
            ),
            *probe_server(self.options, self.probes, self.status),
        ]
        runnables: list[Runnable] = [
            *companions, *([self._tracing] if self._tracing is not None else []), *servers, watchdog,
            self.link, FactoryRunnable(self.factory), self._recorder, part,
        ]  # fmt: skip
        about = own_object(os.environ, self._namespace)
        bind = partial(self._recorder.bind, FIELD_MANAGER)
        events = LifecycleEvents(
            self.host, bind, about, clock=self._clock, reports=self._parts.runs_singles, supervisor=self.supervisor
        )
        runnables.append(events)
        if isinstance(elector, LeaderElector):
            runnables += lease_parts(
                elector, self.factory, Watching(self.host, self.options.namespaces), client=self._client(self.link),
                metrics=self.metrics, clock=self._clock, supervisor=self.supervisor,
            )  # fmt: skip
        beside, last = self._of_replicas()
        return Manager(
            [*runnables, *beside],
            [LeaderRunnable(self.host, part), *last],
            elector=elector,
            grace_seconds=self.options.shutdown_grace_period_seconds,
            clock=self._clock,
            supervisor=self.supervisor,
        )

    def _of_replicas(self) -> tuple[list[Runnable], list[Runnable]]:
        return [], []


def build(options: Options, companions: Sequence[Companion] = (), parts: HostParts | None = None) -> App:
    """Load the cluster configuration and return the operator. Call it on the event loop that will run it.

    Args:
        options: settings of the process.
        companions: return the Runnables that start first and stop last.
        parts: replacements for parts of the plugin host.

    Raises:
        ConfigError: no cluster is configured, or its configuration is invalid.
        UsageError: the signature key is invalid, or tracing is not available.
    """
    return App(options, load_connection_config(options.kubeconfig, options.context), companions, parts=parts)
