"""Status of a controller.

Owns the values, which ``hosting`` and ``serving`` show.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from plugin_operator.controllers.cache_interface import Informer, InformerKey
from plugin_operator.controllers.reconcile import Request
from plugin_operator.controllers.workers.outcomes import FailingKey
from plugin_operator.controllers.workers.worker_pool import WorkerPool


class InFlight(msgspec.Struct, frozen=True):
    """A running reconcile.

    Attributes:
        request: request of the reconcile.
        revision: revision that runs it.
        seconds: time since its start.
        is_stuck: whether it was cancelled and has not ended.
    """

    request: Request
    revision: str
    seconds: float
    is_stuck: bool

    @classmethod
    def of(cls, pools: Iterable[WorkerPool], now: float) -> "tuple[InFlight, ...]":
        """Return the running reconciles of these pools, at the monotonic second ``now``."""
        return tuple(
            cls(worker.request, worker.revision, now - worker.started, worker.cancelled)
            for pool in pools
            for worker in pool.workers
            if worker.request is not None
        )


class InformerStatus(msgspec.Struct, frozen=True):
    """Status of one informer of a controller.

    Attributes:
        key: key of the informer.
        state: name of the informer's state, for display.
        reason: why it waits or backs off; empty while it works.
        objects: number of cached objects.
        has_synced: whether its first list is complete.
        is_waiting: whether the API server does not serve the kind, or denies access to it.
    """

    key: InformerKey
    state: str
    reason: str
    objects: int
    has_synced: bool
    is_waiting: bool = False

    @classmethod
    def of(cls, key: InformerKey, informer: Informer) -> "InformerStatus":
        """Return the current status of an informer."""
        return cls(
            key,
            informer.state.name,
            informer.reason,
            len(informer.lister),
            informer.has_synced,
            informer.is_waiting,
        )


class ScheduleStatus(msgspec.Struct, frozen=True):
    """One schedule of a controller.

    Attributes:
        schedule: text of the schedule.
        last: scheduled time of the last run; None before the first, and on standbys.
        due: time of the next run; None on standbys.
        problem: why its times cannot be stored in the cluster, so that it does not run; empty if they can.
    """

    schedule: str
    last: datetime | None
    due: datetime | None
    problem: str


class ControllerStatus(msgspec.Struct, frozen=True):
    """A snapshot of a controller.

    Attributes:
        name: declared name.
        revision: the active revision; empty before the first.
        is_started: whether workers may run (this process leads).
        has_synced: whether all its caches have synced; until then it reconciles nothing, or not in some namespaces.
        queue_depth: number of ready keys.
        delayed: number of delayed keys.
        in_flight: running reconciles.
        max_concurrent_reconciles: declared concurrency.
        workers: number of workers of the current revision.
        failing: keys whose last reconcile failed, at most some hundreds.
        informers: informers that it uses.
        reconciles: ended reconciles by result.
        waiting_namespaces: namespaces without reconciles, because their caches wait, while others are reconciled.
        schedules: its schedules.
    """

    name: str
    revision: str
    is_started: bool
    has_synced: bool
    queue_depth: int
    delayed: int
    in_flight: tuple[InFlight, ...]
    max_concurrent_reconciles: int
    workers: int
    failing: Mapping[Request, FailingKey]
    informers: tuple[InformerStatus, ...]
    reconciles: Mapping[str, int]
    waiting_namespaces: tuple[str, ...] = ()
    schedules: tuple[ScheduleStatus, ...] = ()
