"""What a controller says of itself.

Owns the values; ``hosting`` and ``serving`` show them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from plugin_operator.controllers.cache_interface import Informer, InformerKey
from plugin_operator.controllers.reconcile import Request
from plugin_operator.controllers.workers.outcomes import FailingKey


@dataclass(frozen=True, slots=True)
class InFlight:
    """A reconcile that runs now.

    Attributes:
        request: its key.
        revision: who runs it.
        seconds: for how long.
        is_stuck: it was cancelled and has not ended.
    """

    request: Request
    revision: str
    seconds: float
    is_stuck: bool


@dataclass(frozen=True, slots=True)
class InformerStatus:
    """One cache a controller uses.

    Attributes:
        key: which.
        state: name of the informer's state, for people.
        reason: why it waits or backs off; empty while it works.
        objects: how many it holds.
        has_synced: whether it is complete.
        is_waiting: whether the API server does not serve the kind, or refuses access to it.
    """

    key: InformerKey
    state: str
    reason: str
    objects: int
    has_synced: bool
    is_waiting: bool = False

    @classmethod
    def of(cls, key: InformerKey, informer: Informer) -> "InformerStatus":
        """Take the status of an informer now."""
        return cls(
            key,
            informer.state.name,
            informer.reason,
            len(informer.lister),
            informer.has_synced,
            informer.is_waiting,
        )


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """One schedule of a controller.

    Attributes:
        schedule: as text.
        last: the moment it ran for last; None before the first, and on a replica that does not lead.
        due: the next moment; None on a replica that does not lead.
        problem: why its times cannot be kept in the cluster, so that it does not run; empty if they can.
    """

    schedule: str
    last: datetime | None
    due: datetime | None
    problem: str


@dataclass(frozen=True, slots=True)
class ControllerStatus:
    """A snapshot of a controller.

    Attributes:
        name: as declared.
        revision: which code works; empty before the first.
        is_started: whether workers may run (this process leads).
        has_synced: whether all its caches are complete; before, it reconciles nothing, or not in some namespaces.
        queue_depth: keys that could be taken now.
        delayed: keys that wait for a time.
        in_flight: what runs.
        max_concurrent_reconciles: as declared.
        workers: how many there are for the current revision.
        failing: keys whose last reconcile failed, at most some hundreds.
        informers: the caches it uses.
        reconciles: ended reconciles by result.
        waiting_namespaces: where it reconciles nothing, because their caches cannot be had, while it works elsewhere.
        schedules: times at which it is due.
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
