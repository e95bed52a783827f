"""Accumulators of the hot path: objects with one plain attribute per number, rendered as families at a scrape.

Owns how a layer declares them. The layer updates the attributes directly, because a method call costs more.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from plugin_operator.metrics.declaration import Declaration
from plugin_operator.metrics.families import Histogram

A = TypeVar("A")
S = TypeVar("S")

Values = Mapping[tuple[str, ...], float | Histogram]


class Reading(msgspec.Struct, Generic[S], frozen=True, eq=False):
    """One family of a group.

    Attributes:
        declaration: declaration of the family; its first labels are those of the group.
        read: returns the values by the remaining labels.
    """

    declaration: Declaration[Any]
    read: Callable[[S], Values]


class Group(msgspec.Struct, Generic[A, S], frozen=True, eq=False):
    """The families of one type of accumulator.

    Attributes:
        labels: labels that identify an accumulator.
        make: returns a new accumulator for the values of these labels.
        sample: returns a snapshot of an accumulator for ``readings``; called once per scrape.
        readings: the families, in the order of a scrape.
    """

    labels: tuple[str, ...]
    make: Callable[..., A]
    sample: Callable[[A], S]
    readings: tuple[Reading[S], ...]


class Accumulators(Generic[A]):
    """The live accumulators of a group."""

    def __init__(self, group: Group[A, Any]) -> None:
        self._group = group
        self._live: dict[tuple[str, ...], A] = {}

    def of(self, *labels: str) -> A:
        """Return the accumulator of one label set, created if needed; its series appear as 0 at once."""
        accumulator = self._live.get(labels)
        if accumulator is None:
            accumulator = self._live[labels] = self._group.make(*labels)
        return accumulator

    def remove_where(self, label: str, value: str) -> None:
        """Remove accumulators with ``label=value``; does nothing if the group lacks the label."""
        if label in self._group.labels:
            at = self._group.labels.index(label)
            self._live = {labels: each for labels, each in self._live.items() if labels[at] != value}

    def collect(self) -> Iterator[tuple[Declaration[Any], Iterable[tuple[tuple[str, ...], float | Histogram]]]]:
        """Yield each declaration with its values by all labels."""
        samples = [(labels, self._group.sample(each)) for labels, each in sorted(self._live.items(), key=_labels)]
        for reading in self._group.readings:
            yield (
                reading.declaration,
                [
                    (labels + more, value)
                    for labels, sample in samples
                    for more, value in sorted(reading.read(sample).items(), key=_labels)
                ],
            )


def _labels(item: tuple[tuple[str, ...], Any]) -> tuple[str, ...]:
    return item[0]
