"""Declarations of metrics.

A declaration is a constant of the module that counts. ``Metrics.family`` creates its family, once per process.
"""

from collections.abc import Callable
from typing import Generic, Literal, TypeAlias, TypeVar

import msgspec

from plugin_operator.metrics.families import Counter, Gauge, HistogramFamily

Merge: TypeAlias = Literal["sum", "highest", "lowest"]
"""How a scrape merges the values of several worker processes."""

F_co = TypeVar("F_co", Counter, Gauge, HistogramFamily, covariant=True)


class Declaration(msgspec.Struct, Generic[F_co], frozen=True, eq=False):
    """Name, help text, labels and type of one metric.

    Attributes:
        name: full exposed name, including ``_total``.
        help_text: the HELP line.
        labels: label names, in the order of label values.
        make: returns an empty family.
        merge: how a scrape merges its values over worker processes.
    """

    name: str
    help_text: str
    labels: tuple[str, ...]
    make: Callable[[str, str, tuple[str, ...]], F_co]
    merge: Merge = "sum"


def counter(name: str, help_text: str, *labels: str) -> Declaration[Counter]:
    """Declare a counter."""
    return Declaration(name, help_text, labels, Counter)


def gauge(name: str, help_text: str, *labels: str, merge: Merge = "sum") -> Declaration[Gauge]:
    """Declare a gauge."""
    return Declaration(name, help_text, labels, Gauge, merge)


def histogram(name: str, help_text: str, *labels: str, bounds: tuple[float, ...]) -> Declaration[HistogramFamily]:
    """Declare a histogram with ascending upper bounds, without infinity."""

    def make(name: str, help_text: str, labels: tuple[str, ...]) -> HistogramFamily:
        return HistogramFamily(name, help_text, labels, bounds)

    return Declaration(name, help_text, labels, make)
