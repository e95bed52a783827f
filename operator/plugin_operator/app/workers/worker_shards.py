"""The shard map of the workers in figures, for metrics and for ``/status``."""

from typing import Any

from plugin_operator.metrics import Metrics
from plugin_operator.processes.worker_set import WorkerSet
from plugin_operator.sharding.map_metrics import MapFigures, MapMetrics
from plugin_operator.sharding.map_view import Holding, holdings_of, imbalance_of, unowned_in


class WorkerShards:
    """Follows the map of the workers.

    Args:
        workers: the workers.
        metrics: metrics registry of the supervisor.
    """

    def __init__(self, workers: WorkerSet, metrics: Metrics) -> None:
        self._workers = workers
        self._counts = MapMetrics(metrics, self.figures, _number_of)
        workers.coordinator.on_map = self._counts.note

    def figures(self) -> MapFigures:
        """Return the state of the map for metrics."""
        coordinator, slots = self._workers.coordinator, self._workers.slots
        content = coordinator.stored.content
        if content is None:
            return MapFigures({})
        holdings = holdings_of(content)
        # A worker that has ended keeps its shards until its next life, which has another name.
        ended = coordinator.ended_lives()
        owned = {slot.number: holdings.get(slot.life, Holding()).shards for slot in slots}
        imbalance = imbalance_of(content, [slot.life for slot in slots if slot.life not in ended])
        return MapFigures(
            {str(number): count for number, count in owned.items()}, unowned_in(content, ended), imbalance or None
        )

    def division(self) -> dict[str, Any]:
        """Return what the map says of the division, for ``/status``."""
        figures = self.figures()
        return {
            "unattended": figures.unowned,
            "moves": self._counts.moves,
            "membershipChanges": self._counts.changes,
            "imbalance": round(figures.imbalance, 3) if figures.imbalance is not None else None,
        }


def _number_of(life: str) -> str:
    """Return the number of the worker with a life: its next life is the same member, and gets its shards back."""
    return life.partition("-")[0]
