"""All metrics of one operator process.

Owns ``Metrics``: which families exist besides those of controllers and queues, and how they are served. Who counts what
is left to the layers above.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, cast

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from plugin_operator.metrics.collector import AccumulatorCollector, AnyFamily
from plugin_operator.metrics.controllers import ControllerMetrics, WorkQueueMetrics
from plugin_operator.metrics.families import Counter, Gauge, HistogramFamily, exponential_buckets
from plugin_operator.rendering import class_name

_STALL_BUCKETS = exponential_buckets(0.001, 4, 8)

_MAX_TOLD = 100

_END = b"# EOF\n"

F = TypeVar("F", bound=AnyFamily)
Owner = TypeVar("Owner")


class OwnedCollector(Protocol[Owner]):
    """Yields the metrics that plugins make, and knows whose each is."""

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics."""

    def collect_owned(self) -> Iterable[tuple[Owner, Metric]]:
        """Yield the same metrics, each with its owner."""

    def not_rendered(self, owner: Owner, metric: Metric, error: BaseException) -> None:
        """Report a metric that is left out of a scrape."""


class Metrics:
    """Every metric family of this process, in a registry of its own.

    Attributes:
        rest_client_requests: ``{code, method, host}``, as client-go's; code is "<error>" if no answer came.
        leader: ``{name}``: 1 on the holder of the Lease.
        plugin_info: ``{plugin, revision, digest}``: 1 for each revision that is loaded.
        plugin_state: ``{plugin, state}``: 1 for the state a plugin is in.
        plugin_misbehaving: ``{plugin, how}``: 1 for what a plugin does that it should not, as ``Blame`` notices it.
        failing_objects: ``{plugin, controller}``: objects whose last reconcile failed.
        plugin_reloads: ``{plugin, result}``: how attempts to load a revision ended.
        plugin_load_errors: ``{plugin, reason}``: revisions refused.
        plugins_directory_problem: ``{problem}``: 1 while the plugins directory cannot be used.
        plugins_manifest_serial: of the signed manifest that was accepted last.
        watch_restarts: ``{kind, reason}``: streams that were opened again.
        objects_skipped: ``{kind}``: objects that could not be read and are in no cache.
        informer_objects, informer_synced: ``{kind, namespace}``: size and readiness of the caches.
        informer_waiting: ``{kind, namespace}``: 1 while a cache waits for its kind or for a permission.
        late_caches: ``{controller}``: reconciles that started before their caches had shown its last write.
        handler_errors: ``{controller, where}``: a predicate, a map function or a handler raised.
        background_task_restarts: ``{task}``: background tasks that ended unasked and were started again, by kind.
        replicas_differing: replicas that have held other plugins than this leader for long.
        stuck_reconciles: ``{controller}``: reconciles that were cancelled and still run.
        loop_stall: how late the event loop was, in seconds.

    Args:
        registry: where to register; a new one unless given.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry if registry is not None else CollectorRegistry()
        self._controllers: dict[str, ControllerMetrics] = {}
        self._queues: dict[tuple[str, str], WorkQueueMetrics] = {}
        self._families: list[AnyFamily] = []
        self._collector = AccumulatorCollector(
            lambda: list(self._controllers.values()), lambda: list(self._queues.values()), lambda: self._families
        )
        self.registry.register(self._collector)
        self._plugins = CollectorRegistry()
        self._owned: OwnedCollector[Any] | None = None
        self._told: set[str] = set()
        self._on_plugin_error: Callable[[BaseException], None] = lambda _: None
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._add_families()

    def _add_families(self) -> None:
        counter, gauge = self._add_counter, self._add_gauge
        self.rest_client_requests = counter(
            "rest_client_requests_total", "Requests to the API server", "code", "method", "host"
        )
        self.leader = gauge("leader_election_master_status", "1 if this process holds the Lease, else 0", "name")
        prefix = "plugin_operator_"
        self.plugin_info = gauge(prefix + "plugin_info", "Loaded revisions", "plugin", "revision", "digest")
        self.plugin_state = gauge(prefix + "plugin_state", "1 for the state a plugin is in", "plugin", "state")
        self.plugin_misbehaving = gauge(
            prefix + "plugin_misbehaving", "1 for what a plugin does that it should not", "plugin", "how"
        )
        self.failing_objects = gauge(
            prefix + "failing_objects", "Objects whose last reconcile failed, at most 200", "plugin", "controller"
        )
        self.plugin_reloads = counter(prefix + "plugin_reloads_total", "Loads of a revision", "plugin", "result")
        self.plugin_load_errors = counter(prefix + "plugin_load_errors_total", "Revisions refused", "plugin", "reason")
        self.plugins_directory_problem = gauge(
            prefix + "plugins_directory_problem", "1 while the plugins directory cannot be used", "problem"
        )
        self.plugins_manifest_serial = gauge(
            prefix + "plugins_manifest_serial", "Serial of the signed manifest that was accepted last"
        )
        self.watch_restarts = counter(prefix + "watch_restarts_total", "Streams opened again", "kind", "reason")
        self.objects_skipped = counter(
            prefix + "objects_skipped_total", "Objects that could not be read and are left out", "kind"
        )
        self.informer_objects = gauge(prefix + "informer_objects", "Objects in the cache", "kind", "namespace")
        self.informer_synced = gauge(prefix + "informer_synced", "1 once the cache is complete", "kind", "namespace")
        self.informer_waiting = gauge(
            prefix + "informer_waiting", "1 while the cache waits for its kind or for a permission", "kind", "namespace"
        )
        self.late_caches = counter(
            prefix + "late_caches_total", "Reconciles that could not wait for the controller's own write", "controller"
        )
        self.handler_errors = counter(
            prefix + "handler_errors_total", "Predicates, maps and event handlers that raised", "controller", "where"
        )
        self.stuck_reconciles = gauge(
            prefix + "stuck_reconciles", "Reconciles that were cancelled and still run", "controller"
        )
        self.background_task_restarts = counter(
            prefix + "background_task_restarts_total", "Background tasks that ended unasked, by kind", "task"
        )
        self.replicas_differing = gauge(
            prefix + "replicas_differing", "Replicas that have held other plugins than this leader for long"
        )
        stalls = HistogramFamily(prefix + "loop_stall_seconds", "How late the event loop was", (), _STALL_BUCKETS)
        self.loop_stall = self.add(stalls).child()

    def _add_counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return self.add(Counter(name, help_text, labels))

    def _add_gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return self.add(Gauge(name, help_text, labels))

    def add(self, family: F) -> F:
        """Expose one more family from now on, and return it."""
        self._families.append(family)
        return family

    def controller(self, name: str) -> ControllerMetrics:
        """Return the accumulator of a controller; all its counters appear as 0 at once."""
        metrics = self._controllers.get(name)
        if metrics is None:
            metrics = self._controllers[name] = ControllerMetrics(name)
        return metrics

    def workqueue(self, name: str, controller: str) -> WorkQueueMetrics:
        """Return the accumulator of a work queue."""
        metrics = self._queues.get((name, controller))
        if metrics is None:
            metrics = self._queues[(name, controller)] = WorkQueueMetrics(name, controller)
        return metrics

    def drop_controller(self, name: str) -> None:
        """Remove every label set of a controller: it is unloaded, and its series end."""
        self._controllers.pop(name, None)
        for key in [key for key in self._queues if key[1] == name]:
            del self._queues[key]
        for family in self._families:
            family.remove_where("controller", name)

    def drop_plugin(self, plugin: str) -> None:
        """Remove every label set of a plugin."""
        for family in self._families:
            family.remove_where("plugin", plugin)

    def render(self, accept_header: str) -> tuple[str, bytes]:
        """Return content type and body of a scrape: OpenMetrics if asked for, else the text format 0.0.4."""
        encoder, content_type = choose_encoder(accept_header)
        self._collector.canonical_floats = "openmetrics" in content_type
        theirs, ours = self._render_plugins(encoder), encoder(self.registry)
        return content_type, theirs.removesuffix(_END) + ours

    def show_plugins(self, collector: OwnedCollector[Any], on_error: Callable[[BaseException], None]) -> None:
        """Render what ``collector`` yields as well: the metrics that plugins make themselves.

        The collector is told of each metric that cannot be rendered; ``on_error``, once for each type of error, why
        they cannot if it is none of the metrics.
        """
        self._owned = collector
        self._plugins.register(cast("Collector", collector))
        self._on_plugin_error = on_error

    def _render_plugins(self, encoder: Callable[[CollectorRegistry], bytes]) -> bytes:
        try:
            return encoder(self._plugins)
        except BaseException as error:  # noqa: BLE001 - a value of a plugin that cannot be rendered must not cost the scrape
            whole = error
        try:
            good = self._renderable(encoder)
            if good is None:
                self._tell(whole)
                good = list(self._plugins.collect())
            return encoder(cast("CollectorRegistry", _Collected(good)))
        except BaseException as error:  # noqa: BLE001 - as above
            self._tell(error)
            return b""

    def _renderable(self, encoder: Callable[[CollectorRegistry], bytes]) -> list[Metric] | None:
        """Return the metrics that can be rendered, having reported the others; None if there are no others."""
        collector = self._owned
        if collector is None:
            return None
        good, is_any_bad = [], False
        for owner, metric in collector.collect_owned():
            if (error := _trouble_of(metric, encoder)) is None:
                good.append(metric)
            else:
                is_any_bad = True
                collector.not_rendered(owner, metric, error)
        return good if is_any_bad else None

    def _tell(self, error: BaseException) -> None:
        if (kind := class_name(error)) not in self._told and len(self._told) < _MAX_TOLD:
            self._told.add(kind)
            self._on_plugin_error(error)


class _Collected:
    """What was collected, in the form that encoders read."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _trouble_of(metric: Metric, encoder: Callable[[CollectorRegistry], bytes]) -> BaseException | None:
    try:
        encoder(cast("CollectorRegistry", _Collected([metric])))
    except BaseException as error:  # noqa: BLE001 - the value of a sample is a plugin's
        return error
    return None
