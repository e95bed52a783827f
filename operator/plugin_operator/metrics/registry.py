"""The metrics registry of one operator process.

Owns ``Metrics``: the live families and their rendering. Each layer declares the metrics that it counts.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, cast

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder, generate_latest
from prometheus_client.registry import Collector

from plugin_operator.metrics.accumulators import Accumulators, Group
from plugin_operator.metrics.collector import AnyFamily, FamilyCollector
from plugin_operator.metrics.declaration import Declaration, Merge
from plugin_operator.metrics.families import Counter, Gauge, HistogramFamily
from plugin_operator.rendering import class_name

_MAX_REPORTED = 100

#: Of the library's own collectors.
_OF_PROCESSES: dict[str, Merge] = {"process_start_time_seconds": "lowest", "python_info": "highest"}

_END = b"# EOF\n"

A = TypeVar("A")
F = TypeVar("F", Counter, Gauge, HistogramFamily)
Owner = TypeVar("Owner")


class OwnedCollector(Protocol[Owner]):
    """Collector of plugins' own metrics that knows the owner of each."""

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics of all plugins."""

    def collect_owned(self) -> Iterable[tuple[Owner, Metric]]:
        """Yield the same metrics, each with its owner."""

    def not_rendered(self, owner: Owner, metric: Metric, error: BaseException) -> None:
        """Report a metric that is omitted from a scrape because it cannot be rendered."""


class Metrics:
    """Every metric family of this process, in one Prometheus registry.

    Args:
        registry: Prometheus registry to use; a new one by default.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry if registry is not None else CollectorRegistry()
        self._declared: dict[str, Declaration[Any]] = {}
        self._groups: dict[Group[Any, Any], Accumulators[Any]] = {}
        self._families: dict[str, AnyFamily] = {}
        self._collector = FamilyCollector(lambda: list(self._groups.values()), lambda: list(self._families.values()))
        self.registry.register(self._collector)
        self._plugins = CollectorRegistry()
        self._owned: OwnedCollector[Any] | None = None
        self._reported: set[str] = set()
        self._on_plugin_error: Callable[[BaseException], None] = lambda _: None
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def family(self, declaration: Declaration[F]) -> F:
        """Return the family of a declaration; the first call exposes it.

        Raises:
            ValueError: another declaration has the same name.
        """
        self._claim(declaration)
        family = self._families.get(declaration.name)
        if family is None:
            family = declaration.make(declaration.name, declaration.help_text, declaration.labels)
            self._families[declaration.name] = family
        return cast("F", family)

    def group(self, group: Group[A, Any]) -> Accumulators[A]:
        """Return the accumulators of a group; the first call exposes its families.

        Raises:
            ValueError: another declaration has the same name as one of its families.
        """
        accumulators = self._groups.get(group)
        if accumulators is None:
            for reading in group.readings:
                self._claim(reading.declaration)
            accumulators = self._groups[group] = Accumulators(group)
        return accumulators

    def _claim(self, declaration: Declaration[Any]) -> None:
        if self._declared.setdefault(declaration.name, declaration) is not declaration:
            raise ValueError(f"metric {declaration.name} is declared twice: import the first declaration")

    def drop_controller(self, name: str) -> None:
        """Remove every label set of a controller that was unloaded."""
        self._drop("controller", name)

    def drop_plugin(self, plugin: str) -> None:
        """Remove every label set of a plugin."""
        self._drop("plugin", plugin)

    def _drop(self, label: str, value: str) -> None:
        for each in (*self._groups.values(), *self._families.values()):
            each.remove_where(label, value)

    def collect(self, *, canonical_floats: bool) -> list[tuple[Metric, Merge]]:
        """Return all metrics that can be rendered, each with how it is merged over worker processes.

        Args:
            canonical_floats: whether bounds have the form of OpenMetrics.
        """
        merges = {name.removesuffix("_total"): each.merge for name, each in self._declared.items()}
        merges |= _OF_PROCESSES
        self._collector.canonical_floats = canonical_floats
        try:
            good = self._renderable(generate_latest)
            theirs = good if good is not None else list(self._plugins.collect())
        except BaseException as error:  # noqa: BLE001 - a plugin's metric must not fail the scrape
            self._tell(error)
            theirs = []
        return [(each, merges.get(each.name, "sum")) for each in (*theirs, *self.registry.collect())]

    def render(self, accept_header: str) -> tuple[str, bytes]:
        """Return content type and body of a scrape: OpenMetrics if requested, else the text format 0.0.4."""
        encoder, content_type = choose_encoder(accept_header)
        self._collector.canonical_floats = "openmetrics" in content_type
        theirs, ours = self._render_plugins(encoder), encoder(self.registry)
        return content_type, theirs.removesuffix(_END) + ours

    def show_plugins(self, collector: OwnedCollector[Any], on_error: Callable[[BaseException], None]) -> None:
        """Also render the metrics of ``collector``, which are those that plugins create.

        A metric that cannot be rendered is omitted and reported to the collector. Other errors of the collector are
        passed to ``on_error``, once per type of error.
        """
        self._owned = collector
        self._plugins.register(cast("Collector", collector))
        self._on_plugin_error = on_error

    def _render_plugins(self, encoder: Callable[[CollectorRegistry], bytes]) -> bytes:
        try:
            return encoder(self._plugins)
        except BaseException as error:  # noqa: BLE001 - a plugin's metric must not fail the scrape
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
        """Return the metrics that can be rendered and report the others; None if all can be rendered."""
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
        if (kind := class_name(error)) not in self._reported and len(self._reported) < _MAX_REPORTED:
            self._reported.add(kind)
            self._on_plugin_error(error)


class _Collected:
    """Collected metrics as a registry that encoders can read."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _trouble_of(metric: Metric, encoder: Callable[[CollectorRegistry], bytes]) -> BaseException | None:
    try:
        encoder(cast("CollectorRegistry", _Collected([metric])))
    except BaseException as error:  # noqa: BLE001 - the sample value may be a plugin's object
        return error
    return None
