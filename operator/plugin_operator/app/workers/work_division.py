"""How the work is divided among the workers, for ``/status``, and a hint if it is not divided at all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.processes.worker_set import WorkerSet
from plugin_operator.sharding import LEAD
from plugin_operator.tasks import TaskOwner, TaskSupervisor

Report: TypeAlias = Mapping[str, Any]

_LOOK_SECONDS = 5.0

_log = logs.get_logger(__name__)


def rows_of(workers: WorkerSet, reports: Iterable[Report | None]) -> list[dict[str, Any]]:
    """Return a row for each worker.

    Args:
        workers: the workers.
        reports: what each of them says of itself, see ``worker_report``; None for one that has not answered.
    """
    coordinator = workers.coordinator
    owners, content = coordinator.owners(), coordinator.stored.content
    rows = []
    for slot, presence, report in zip(workers.slots, workers.presences, reports, strict=True):
        owned = owners.get(slot.life, [])
        shards = [each for each in owned if each != LEAD]
        ranges = content.ranges_of(shards) if content is not None else ()
        said = {name: value for name, value in (report or _UNKNOWN).items() if name in _UNKNOWN}
        rows.append(
            {
                "number": slot.number,
                "pid": slot.pid,
                "up": slot.is_up,
                "restarts": slot.restarts,
                "shards": len(shards),
                "leads": LEAD in owned,
                "load": coordinator.load_of(slot.life),
                "problem": presence.problem,
                **said,
                "ranges": [[f"{each.start:#018x}", f"{each.end:#018x}"] for each in ranges],
            }
        )
    return rows


#: What the row of a worker has of its report.
_UNKNOWN = {"since": None, "objects": None, "queueDepth": None, "reconciles": None}


def division_of(count: int, reports: Iterable[Report | None]) -> dict[str, Any]:
    """Return what is known of the division as a whole; ``count`` is the number of workers."""
    known = [each for each in reports if each is not None]
    filters = [each["serverFilters"] for each in known if each["serverFilters"] is not None]
    return {"serverFilters": all(filters) if filters else None, "hint": hint_of(count, known)}


def hint_of(count: int, known: Sequence[Report]) -> str:
    """Return what to do if more than one worker is of no use; empty if they are, or if nothing runs yet."""
    if not any(each["controllers"] for each in known) or any(each["isSharded"] for each in known):
        return ""
    return (
        f"--processes={count} is of no use: no controller is sharded, so one worker reconciles everything. Declare "
        'distribution="sharded" in a controller, or leave out --processes'
    )


class DivisionHint:
    """Runnable of the supervisor that logs once if the workers are of no use, and again after plugins have changed.

    Args:
        workers: the workers.
        clock: measures the time between two looks.
        supervisor: notified if a task ends unexpectedly.
    """

    name = "use of the workers"

    def __init__(self, workers: WorkerSet, *, clock: Clock, supervisor: TaskSupervisor | None = None) -> None:
        self._workers = workers
        self._clock = clock
        self._tasks = TaskOwner(self.name, clock=clock, supervisor=supervisor)
        self._seen: dict[str, str] = {}

    async def start(self) -> None:
        """Look from now on."""
        self._tasks.serve(self._watch, "use", kind="workers-use")

    async def stop(self, deadline_seconds: float) -> None:
        """Stop."""
        await self._tasks.stop(deadline_seconds)

    async def _watch(self) -> None:
        while True:
            await self._look()
            await self._clock.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        workers = self._workers
        running = {each.name: each.digest for each in workers.status()}
        if not workers.is_settled or running == self._seen:
            return
        reports = await workers.ask("worker")
        if None in reports:
            return
        self._seen = running
        if hint := hint_of(len(reports), reports):
            _log.warning("Worker processes are of no use", processes=len(reports), way_out=hint)
