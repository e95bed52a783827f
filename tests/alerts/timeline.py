"""Scrapes laid out over virtual minutes, as the input series of ``promtool test rules``."""

from collections.abc import Mapping
from itertools import groupby

from tests.alerts.scrapes import NOTHING, Key, Scrape, Target, is_rising, stored

#: How often Prometheus scrapes and evaluates; the default of Prometheus Operator.
STEP_SECONDS = 30

Text = Mapping[Target, str]


class Timeline:
    """What Prometheus has scraped from all replicas, step by step.

    A counter keeps its value over the phases, so that only a new replica begins at 0. A series that a scrape lacks is
    marked as stale, as Prometheus does.

    Args:
        only: names of samples that matter.
    """

    def __init__(self, only: frozenset[str]) -> None:
        self._only = only
        self._steps = 0
        self._series: dict[Key, list[str]] = {}
        self._raw: dict[Key, float] = {}
        self._shown: dict[Key, float] = {}

    @property
    def minutes(self) -> float:
        """The minute at which the next step is."""
        return self._steps * STEP_SECONDS / 60

    def hold(self, minutes: float, texts: Text, since: Text | None = None) -> float:
        """Repeat one scrape of each replica for some minutes, and return the minute at which it began.

        Args:
            minutes: how long.
            texts: the scrape of each replica; a replica that is missing is not scraped.
            since: earlier scrapes: counters rise in each step as they did from these.
        """
        began = self.minutes
        now = self._stored(texts)
        before = self._stored(since) if since is not None else now
        rises = {key: now[key] - before.get(key, 0.0) for key in now if is_rising(key)}
        for step in range(round(minutes * 60 / STEP_SECONDS)):
            self._step({key: value + rises.get(key, 0.0) * step for key, value in now.items()})
        # The next phase begins at this time of the recording.
        self._raw = dict(now)
        return began

    def step(self, texts: Text) -> None:
        """Add one scrape of each replica."""
        self._step(self._stored(texts))

    def _stored(self, texts: Text) -> Scrape:
        found: dict[Key, float] = {}
        for target, text in texts.items():
            found |= stored(text, target, self._only)
        return found or NOTHING

    def _step(self, now: Scrape) -> None:
        for key, value in now.items():
            shown = value
            if is_rising(key) and key in self._raw and value >= self._raw[key]:
                shown = self._shown[key] + value - self._raw[key]
            self._shown[key] = shown
            self._series.setdefault(key, ["_"] * self._steps).append(f"{shown:.8g}")
        for key, values in self._series.items():
            if key not in now:
                is_first = bool(values) and values[-1] not in {"_", "stale"}
                values.append("stale" if is_first else "_")
                self._raw.pop(key, None)
        self._raw = dict(now)
        self._steps += 1

    def input_series(self) -> list[dict[str, str]]:
        """Return the series in promtool's notation."""
        return [
            {"series": f"{name}{{{_labels(labels)}}}", "values": _notation(values)}
            for (name, labels), values in sorted(self._series.items())
        ]


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _notation(values: list[str]) -> str:
    """Join values; a run of one value is written once."""
    words = []
    for value, run in groupby(values):
        times = len(list(run))
        if value == "_":
            words.append(f"_x{times}")
        elif value == "stale" or times == 1:
            words += [value] * times
        else:
            words.append(f"{value}+0x{times - 1}")
    return " ".join(words)
