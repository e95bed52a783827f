"""The metrics that plugins create with ``prometheus_client``.

Owns their storage. Collectors that a plugin registers in the library's default registry are stored per revision, so
that an edit can register the same names. A scrape shows those of the active revision, and each series exactly once,
also during a swap.
"""

import contextvars
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from plugin_operator import logs
from plugin_operator.containment import run_without_task
from plugin_operator.rendering import class_name, describe, safe_text

#: Prefixes of the operator's own metrics.
RESERVED = ("plugin_operator_", "controller_runtime_", "workqueue_", "rest_client_", "leader_election_")

#: Most metrics of one collector per scrape; an endless collector would block the event loop.
MAX_METRICS = 1000

# Most names reported per revision, which may create a new one at each scrape.
_MAX_REPORTED = 100

_SUFFIXES = {
    "counter": ("_total", "_created"),
    "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "info": ("_info",),
    "summary": ("_sum", "_count", "_created"),
}

_log = logs.get_logger(__name__)


class RevisionMetrics:
    """The collectors that one revision has registered.

    Args:
        plugin, revision: owner of the collectors.
    """

    def __init__(self, plugin: str, revision: str) -> None:
        self.plugin = plugin
        self.revision = revision
        self.collectors: dict[Collector, frozenset[str]] = {}
        self.reported: set[str] = set()

    @property
    def names(self) -> frozenset[str]:
        """The names of all metrics and series that the collectors describe."""
        return frozenset().union(*self.collectors.values())


Find = Callable[[], RevisionMetrics | None]
"""Returns the metrics of the calling plugin, or None."""


class PluginMetrics(Collector):
    """Collector of the metrics of all plugins.

    Args:
        registry: registry that plugins use; its ``register`` and ``unregister`` are hooked.
        find: returns the metrics of the calling plugin.
    """

    def __init__(self, registry: CollectorRegistry, find: Find) -> None:
        self._registry = registry
        self._find = find
        self._lock = threading.Lock()
        self._known: dict[RevisionMetrics, None] = {}
        self._shown: dict[str, RevisionMetrics] = {}
        self._register, self._unregister = registry.register, registry.unregister
        self._register(self)
        for hook in (self.register, self.unregister):
            setattr(registry, hook.__name__, hook)

    def describe(self) -> list[Metric]:
        """Return nothing, because names are checked at registration."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the active revisions.

        It omits a collector that raises, and a metric whose name is already used: collectors without ``describe``
        reveal their names only here.
        """
        for _, metric in self.collect_owned():
            yield metric

    def collect_owned(self) -> Iterator[tuple[RevisionMetrics, Metric]]:
        """Yield the metrics of ``collect``, each with the revision that created it."""
        shown = [
            (metrics, collector, names)
            for metrics in list(self._shown.values())
            for collector, names in list(metrics.collectors.items())
        ]
        taken = set(self._registry._names_to_collectors)  # noqa: SLF001 - as in register
        taken.update(*(names for _, _, names in shown))
        for metrics, collector, names in shown:
            for metric in self._collected(metrics, collector):
                if self._is_shown(metric, names, taken, metrics):
                    yield metrics, metric

    def not_rendered(self, owner: RevisionMetrics, metric: Metric, error: BaseException) -> None:
        """Report, once per name, a metric that is omitted because a value cannot be rendered."""
        self._tell(owner, _name_of(metric), describe(error), "Plugin metric cannot be rendered")

    def register(self, collector: Collector) -> None:
        """Register a collector; that of a plugin is stored with its revision.

        Raises:
            ValueError: another plugin, the operator or another module of the process uses one of its names.
        """
        owner = self._find()
        # The library has no public function for it.
        names = frozenset(self._registry._get_names(collector))  # type: ignore[no-untyped-call]  # noqa: SLF001
        with self._lock:
            for other in self._known:
                taken = names & frozenset().union(*other.collectors.values())
                if taken and (owner is None or other is owner or other.plugin != owner.plugin):
                    raise ValueError(
                        f"Duplicated timeseries in CollectorRegistry: {sorted(taken)}, of plugin {other.plugin}"
                    )
            if owner is not None:
                self._check(names)
                self._known[owner] = None
                owner.collectors[collector] = names
                return
        self._register(collector)

    def unregister(self, collector: Collector) -> None:
        """Unregister a collector; a plugin can only unregister its own.

        Some plugins unregister the default collectors to avoid duplicates. For them the call has no effect, because a
        second call, after an edit, would raise.

        Raises:
            KeyError: the collector is not registered.
        """
        owner = self._find()
        with self._lock:
            for metrics in self._known:
                if collector in metrics.collectors:
                    if owner is None or owner.plugin == metrics.plugin:
                        del metrics.collectors[collector]
                    return
            if owner is not None and collector in self._registry._collector_to_names:  # noqa: SLF001 - as in register
                return
        self._unregister(collector)

    def show(self, metrics: RevisionMetrics) -> None:
        """Show the metrics of this revision from now on, instead of those of the previous one."""
        self._shown[metrics.plugin] = metrics

    def release(self, metrics: RevisionMetrics) -> None:
        """Remove the metrics of a revision."""
        with self._lock:
            self._known.pop(metrics, None)
            metrics.collectors.clear()
            if self._shown.get(metrics.plugin) is metrics:
                del self._shown[metrics.plugin]

    def _check(self, names: frozenset[str]) -> None:
        taken = sorted(names & self._registry._names_to_collectors.keys())  # noqa: SLF001 - as above
        if taken:
            raise ValueError(f"Duplicated timeseries in CollectorRegistry: {taken}")
        if reserved := sorted(name for name in names if name.startswith(RESERVED)):
            raise ValueError(f"metric names that begin with {', '.join(RESERVED)} are the operator's own: {reserved}")

    def _is_shown(self, metric: Metric, names: frozenset[str], taken: set[str], metrics: RevisionMetrics) -> bool:
        try:
            return metric.name in names or self._is_free(metric, taken, metrics)
        except BaseException as error:  # noqa: BLE001 - a plugin's metric class may raise anything in its name
            self._tell(metrics, _name_of(metric), describe(error))
            return False

    def _is_free(self, metric: Metric, taken: set[str], metrics: RevisionMetrics) -> bool:
        """Reserve the names of a metric and return True, or return False if one is in use."""
        names = {metric.name, *(f"{metric.name}{suffix}" for suffix in _SUFFIXES.get(metric.type, ()))}
        if names & taken or metric.name.startswith(RESERVED):
            self._tell(metrics, metric.name, "another collector has a metric of this name, or it is the operator's own")
            return False
        taken |= names
        return True

    def _collected(self, metrics: RevisionMetrics, collector: Collector) -> list[Metric]:
        try:
            found = run_without_task(contextvars.Context(), lambda: list(islice(collector.collect(), MAX_METRICS + 1)))
        except BaseException as error:  # noqa: BLE001 - a plugin's collector must not fail the scrape
            self._tell(metrics, class_name(collector), describe(error))
            return []
        if len(found) > MAX_METRICS:
            self._tell(metrics, class_name(collector), f"it yields more than {MAX_METRICS:,} metrics")
            found = found[:MAX_METRICS]
        for each in found:
            if not issubclass(type(each), Metric):
                self._tell(metrics, class_name(collector), f"it yields a {class_name(each)}, which is not a metric")
        return [each for each in found if issubclass(type(each), Metric)]

    def _tell(
        self, metrics: RevisionMetrics, collector: str, error: str, event: str = "Plugin metric cannot be collected"
    ) -> None:
        if collector not in metrics.reported and len(metrics.reported) < _MAX_REPORTED:
            metrics.reported.add(collector)
            _log.error(
                event,
                plugin=metrics.plugin,
                revision=metrics.revision,
                collector=collector,
                error=error,
            )


def _name_of(metric: Metric) -> str:
    try:
        return safe_text(metric.name)
    except BaseException as error:  # noqa: BLE001 - a plugin's class may raise anything
        return f"<{class_name(metric)}: its name raised {class_name(error)}>"


def install(find: Find) -> PluginMetrics:
    """Hook the library's default registry to store plugins' collectors per revision; once per process."""
    return PluginMetrics(REGISTRY, find)


def is_hooked(registry: Any = REGISTRY) -> bool:
    """Report whether a registry is hooked."""
    return isinstance(getattr(registry.register, "__self__", None), PluginMetrics)
