"""The load of the shards of this process, as it publishes them.

The load of a shard is the time of its reconciles per second. Together the shards of a process count as much as the
process is used at most: its CPU, or the slots of its busiest controller, and never more than 1.

Times of reconciles alone would not do: those of a busy worker wait for each other. It would give away more than its
part, then the receiver would, and the shards would never come to rest.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from plugin_operator.cache import OwnedShards
from plugin_operator.cache.shards.work_meter import PARTS
from plugin_operator.clock import Clock
from plugin_operator.sharding.shard_map import LEAD

#: Shortest time between two samples.
SAMPLE_SECONDS = 5.0
#: A sample counts 1/e as much after so long.
DECAY_SECONDS = 60.0
#: A shard is measured from so long after it was gained: until then all its objects are reconciled once.
SETTLE_SECONDS = 30.0
#: It has a load after it was measured for so long.
LEAST_SECONDS = 30.0
#: What each slice counts besides, so that a process with little to do has no hot shards.
IDLE_LOAD = 0.002


class _Average(msgspec.Struct):
    """An average of samples that counts the recent ones more; right from the first one on."""

    gained_at: float
    measured_seconds: float = 0.0
    sum: float = 0.0
    weight: float = 0.0

    def add(self, value: float, seconds: float) -> None:
        kept = math.exp(-seconds / DECAY_SECONDS)
        self.sum = self.sum * kept + value * (1 - kept)
        self.weight = self.weight * kept + (1 - kept)
        self.measured_seconds += seconds


class ObservedLoad:
    """Measures the shards of this process.

    Args:
        shards: has the meters of all controllers.
        clock: measures the time between samples.
        cpu_seconds: returns the CPU time of this process.
    """

    def __init__(self, shards: OwnedShards, clock: Clock, cpu_seconds: Callable[[], float] = time.process_time) -> None:
        self._shards = shards
        self._clock = clock
        self._cpu_seconds = cpu_seconds
        self._sampled_at = clock.monotonic()
        self._cpu_at = cpu_seconds()
        self._averages: dict[str, _Average] = {}
        self._loads: Mapping[str, float] = {}

    def of(self, held: Iterable[str], slices: int) -> Mapping[str, float]:
        """Return the load of each shard that was measured for long enough; call it often.

        Args:
            held: names of the shards of this process.
            slices: number of slices of the hashes.
        """
        now = self._clock.monotonic()
        elapsed = now - self._sampled_at
        if elapsed < SAMPLE_SECONDS:
            return self._loads
        self._sampled_at = now
        samples = self._sample(elapsed, slices)
        self._averages = {name: self._averages.get(name) or _Average(now) for name in held}
        for name, average in self._averages.items():
            if now - elapsed >= average.gained_at + SETTLE_SECONDS:
                average.add(samples.get(name, 0.0), elapsed)
        self._loads = {
            name: round(each.sum / each.weight + (0.0 if name == LEAD else IDLE_LOAD), 5)
            for name, each in self._averages.items()
            if each.measured_seconds >= LEAST_SECONDS
        }
        return self._loads

    def _sample(self, elapsed: float, slices: int) -> dict[str, float]:
        cpu = self._cpu_seconds()
        used, self._cpu_at = (cpu - self._cpu_at) / elapsed, cpu
        seconds: dict[str, float] = {}
        for meter in self._shards.meters:
            taken = meter.take()
            used = max(used, sum(taken.values()) / meter.slots / elapsed)
            for part, each in taken.items():
                name = LEAD if part is None else str(part * slices // PARTS)
                seconds[name] = seconds.get(name, 0.0) + each
        total = sum(seconds.values()) / elapsed
        scale = min(1.0, min(used, 1.0) / total) if total else 0.0
        return {name: scale * each / elapsed for name, each in seconds.items()}
