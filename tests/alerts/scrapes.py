"""A scrape of the operator as Prometheus stores it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from prometheus_client.parser import text_string_to_metric_families

from plugin_operator.metrics import Metrics

Labels: TypeAlias = tuple[tuple[str, str], ...]
Key: TypeAlias = tuple[str, Labels]

#: Parts of a name by which a sample of a counter or a histogram is known.
_RISING = ("_total", "_bucket", "_count", "_sum")


@dataclass(frozen=True, slots=True)
class Target:
    """What Prometheus adds to each sample of one replica, as a ServiceMonitor has it."""

    pod: str
    namespace: str = "plugin-operator-system"
    job: str = "plugin-operator-metrics"

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the target."""
        return {"namespace": self.namespace, "job": self.job, "pod": self.pod, "instance": f"{self.pod}:8080"}


Scrape: TypeAlias = Mapping[Key, float]
NOTHING: Scrape = MappingProxyType({})


def scrape_of(metrics: Metrics) -> str:
    """Return the text of ``/metrics``."""
    return metrics.render("")[1].decode()


def samples_of(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield name, labels and value of each sample of a text."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, dict(sample.labels), float(sample.value)


def stored(text: str, target: Target, only: frozenset[str] | None = None) -> dict[Key, float]:
    """Return a scrape as Prometheus stores it: a label that the target has too is renamed ``exported_``.

    Args:
        text: body of ``/metrics``.
        target: the replica that was scraped.
        only: names of samples to keep; None for all.
    """
    result: dict[Key, float] = {}
    for name, labels, value in samples_of(text):
        if only is None or name in only:
            renamed = {f"exported_{key}" if key in target.labels else key: text for key, text in labels.items()}
            result[name, tuple(sorted({**renamed, **target.labels}.items()))] = value
    return result


def is_rising(key: Key) -> bool:
    """Report whether the sample only rises."""
    return key[0].endswith(_RISING)
