"""The metrics of all workers as those of one process.

Counters and histograms are summed, gauges as their declaration says. The counts of a worker that has ended stay in the
sums: a sum that falls would look like a reset of all workers.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec
from prometheus_client.core import Metric

from plugin_operator.metrics.declaration import Merge

Labels: TypeAlias = tuple[tuple[str, str], ...]
Key: TypeAlias = tuple[str, Labels]

_COUNTED = frozenset({"counter", "histogram", "summary"})
_NEVER_SUMMED = frozenset({"info", "stateset"})


class FamilyReport(msgspec.Struct, frozen=True, array_like=True):
    """One metric of one worker.

    Attributes:
        name, help_text, kind: as in a scrape.
        merge: how it is merged.
        samples: name, labels and value of each; the value is a text if JSON has no such number.
    """

    name: str
    help_text: str
    kind: str
    merge: Merge
    samples: list[tuple[str, dict[str, str], float | str]]


def report_of(collected: Iterable[tuple[Metric, Merge]]) -> list[FamilyReport]:
    """Return the metrics of a worker for an answer to the supervisor."""
    return [
        FamilyReport(
            metric.name,
            metric.documentation,
            metric.type,
            merge,
            [(each.name, dict(each.labels), _number(each.value)) for each in metric.samples],
        )
        for metric, merge in collected
    ]


def _number(value: Any) -> float | str:
    number = float(value)
    return number if math.isfinite(number) else repr(number)


class _Family(msgspec.Struct):
    help_text: str
    kind: str
    merge: Merge
    values: dict[Key, float] = msgspec.field(default_factory=dict)

    def take(self, key: Key, value: float) -> None:
        before = self.values.get(key)
        self.values[key] = value if before is None else self._merged(key[0], before, value)

    def _merged(self, name: str, before: float, value: float) -> float:
        if self.merge == "lowest" or name.endswith("_created"):
            return min(before, value)
        is_quantile = self.kind == "summary" and not name.endswith(("_sum", "_count"))
        if self.merge == "highest" or self.kind in _NEVER_SUMMED or is_quantile:
            return max(before, value)
        return before + value


class MergedMetrics:
    """Merges scrapes, and remembers the counts of ended workers."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, list[FamilyReport]]] = {}
        self._ended: dict[str, _Family] = {}

    def merge(
        self, own: list[FamilyReport], workers: Mapping[int, tuple[int, list[FamilyReport] | None]]
    ) -> list[Metric]:
        """Return the metrics of all processes.

        Args:
            own: those of the supervisor.
            workers: by number of a worker its life and metrics; without metrics, its last ones of that life count.
        """
        reports = [own]
        for number, (life, report) in workers.items():
            before = self._last.get(number)
            if before is not None and before[0] != life:
                self._keep_counts(before[1])
                before = None
            if report is not None:
                before = self._last[number] = life, report
            elif before is None:
                self._last.pop(number, None)
            reports += [before[1]] if before is not None else []
        families: dict[str, _Family] = {}
        for each in reports:
            _add(families, each)
        for name, ended in self._ended.items():
            family = families.setdefault(name, _Family(ended.help_text, ended.kind, ended.merge))
            for key, value in ended.values.items():
                family.take(key, value)
        return [_metric(name, family) for name, family in families.items()]

    def _keep_counts(self, reports: list[FamilyReport]) -> None:
        _add(self._ended, [each for each in reports if each.kind in _COUNTED])


def _add(families: dict[str, _Family], reports: list[FamilyReport]) -> None:
    for report in reports:
        family = families.setdefault(report.name, _Family(report.help_text, report.kind, report.merge))
        for name, labels, value in report.samples:
            family.take((name, tuple(labels.items())), float(value))


def _metric(name: str, family: _Family) -> Metric:
    metric = Metric(name, family.help_text, family.kind)
    for (sample, labels), value in family.values.items():
        metric.add_sample(sample, dict(labels), value)
    return metric
