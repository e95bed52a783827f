"""How a layer declares the metrics that it counts.

A declaration is a constant of the module that counts. ``Metrics.family`` makes the family of it, once for each process.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from plugin_operator.metrics.families import Counter, Gauge, HistogramFamily

F_co = TypeVar("F_co", Counter, Gauge, HistogramFamily, covariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class Declaration(Generic[F_co]):
    """A metric that exists in every process.

    Attributes:
        name: the full name as it is exposed, ``_total`` included.
        help_text: one line for people.
        labels: the label names, in the order in which values are passed.
        make: makes an empty family.
    """

    name: str
    help_text: str
    labels: tuple[str, ...]
    make: Callable[[str, str, tuple[str, ...]], F_co]


def counter(name: str, help_text: str, *labels: str) -> Declaration[Counter]:
    """Declare a metric that only grows."""
    return Declaration(name, help_text, labels, Counter)


def gauge(name: str, help_text: str, *labels: str) -> Declaration[Gauge]:
    """Declare a metric that goes up and down."""
    return Declaration(name, help_text, labels, Gauge)


def histogram(name: str, help_text: str, *labels: str, bounds: tuple[float, ...]) -> Declaration[HistogramFamily]:
    """Declare histograms with these ascending upper bounds, without infinity."""

    def make(name: str, help_text: str, labels: tuple[str, ...]) -> HistogramFamily:
        return HistogramFamily(name, help_text, labels, bounds)

    return Declaration(name, help_text, labels, make)
