"""What plugins run in: everything the host needs of the layers below, handed in.

The host knows no API server; tests and other backends hand in their own.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from plugin_operator.clock import Clock
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import (
    Controller,
    ControllerSpec,
    ControllerStatus,
    FailureCallback,
    Reconciler,
    Request,
    Trigger,
)
from plugin_operator.controllers.controller import WARM_DEADLINE_SECONDS
from plugin_operator.fence import Fence
from plugin_operator.kube import GroupVersionKind
from plugin_operator.metrics import Metrics
from plugin_operator.plugin import ControllerScope, FightDetector, Recorder
from plugin_operator.tasks import TaskSupervisor


class DrainLike(Protocol):
    """What is left of the revision before; see ``controller.Drain``."""

    @property
    def in_flight(self) -> list[Request]:
        """The keys it still holds."""

    async def wait(self, deadline_seconds: float) -> bool:
        """Wait until it holds none; False at the deadline."""

    def cancel(self) -> None:
        """Cancel what is in flight."""


class ControllerLike(Protocol):
    """One controller over all revisions; see ``controller.Controller``."""

    async def install(
        self, spec: ControllerSpec, reconciler: Reconciler, revision: str, guard: PluginGuard | None = None
    ) -> DrainLike:
        """Swap to a revision."""

    @property
    def trigger(self) -> Trigger:
        """Makes requests due without an event."""

    def start_workers(self) -> None:
        """Begin to reconcile."""

    async def stop(self, deadline_seconds: float) -> Any:
        """End it."""

    def status(self) -> ControllerStatus:
        """Take a snapshot."""


class FactoryLike(Protocol):
    """Hands out shared informers; see ``cache.InformerFactory``."""

    def acquire(self, key: Any) -> Any:
        """Return the informer for ``key``, started."""

    async def release(self, informer: Any) -> None:
        """Give it back."""


class ScheduleRecordLike(Protocol):
    """Keeps the times of schedules in the cluster; see ``triggers.ScheduleRecord``."""

    @property
    def reference(self) -> dict[str, Any]:
        """The object they are kept in."""

    async def begin(
        self, controller: str, text: str, wanted: Collection[str], first: datetime | None
    ) -> datetime | None:
        """Return when a schedule ran last."""

    async def claim(self, controller: str, text: str, wanted: Collection[str], due: datetime) -> bool:
        """Write that a schedule runs for ``due``; False if it has run elsewhere."""

    async def forget(self, controllers: Callable[[], Iterable[str]]) -> None:
        """Drop what is known of controllers."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """Times and bounds of the host, all in seconds but ``spike_failures`` and ``reload_burst``.

    What a flag sets has its default in ``plugin_operator.options``, and none here.

    Attributes:
        scan_interval_seconds: how often to look without a hint.
        import_deadline_seconds: how long the import in this process may take, after the trial.
        drain_deadline_seconds: how long old reconciles may run on before they are cancelled.
        warm_deadline_seconds: how long a swap waits for new caches.
        hook_deadline_seconds: how long each hook may take: start, stop, export_state, import_state.
        cancel_grace_seconds: how long a cancelled one may take before it counts as stuck.
        probation_seconds: how long after a swap a crash spike rolls it back.
        spike_failures: how many failures make a spike, if they are the greater part.
        reload_burst, reload_interval_seconds: so many reloads at once, then one each so often.
        retry_base_seconds, retry_cap_seconds: pauses between tries of what may pass by itself.
    """

    scan_interval_seconds: float
    import_deadline_seconds: float
    drain_deadline_seconds: float
    warm_deadline_seconds: float = WARM_DEADLINE_SECONDS
    hook_deadline_seconds: float = 30.0
    cancel_grace_seconds: float = 2.0
    probation_seconds: float = 30.0
    spike_failures: int = 5
    reload_burst: int = 10
    reload_interval_seconds: float = 1.0
    retry_base_seconds: float = 1.0
    retry_cap_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Environment:
    """What plugins run in.

    Attributes:
        client: what ``ctx.client`` is.
        factory: where informers come from.
        recorder: makes ``ctx.recorder`` for a controller's name.
        clock, metrics: of the process.
        namespaces: what controllers watch that name none themselves; empty for all.
        is_namespaced: asks the API server about a kind; without it, owners are taken to be namespaced.
        supervisor: notified of background tasks that end unexpectedly; None for a private one each.
        fence: decides before each reconcile whether this process may act; None allows all.
        instrument: wraps each reconciler, to observe it; None leaves them as they are.
        fights: notices controllers that undo each other's writes.
        schedules: keeps the times of schedules; None to keep them in memory only.
        make_controller: makes a controller by name; None for the real one.
    """

    client: Any
    factory: FactoryLike
    recorder: Callable[[str], Recorder]
    clock: Clock
    metrics: Metrics
    settings: HostSettings
    namespaces: tuple[str, ...] = ()
    is_namespaced: Callable[[GroupVersionKind], Awaitable[bool]] | None = None
    fence: Fence | None = None
    supervisor: TaskSupervisor | None = None
    instrument: Callable[[ControllerScope, Reconciler], Reconciler] | None = None
    fights: FightDetector = field(default_factory=FightDetector)
    schedules: ScheduleRecordLike | None = None
    make_controller: Callable[[str], ControllerLike] | None = None

    def controller(self, name: str, on_failure: FailureCallback | None = None) -> ControllerLike:
        """Return a new controller; ``on_failure`` is told of each reconcile that fails."""
        if self.make_controller is not None:
            return self.make_controller(name)
        return Controller(
            name,
            factory=self.factory,
            clock=self.clock,
            metrics=self.metrics,
            on_failure=on_failure,
            warm_deadline_seconds=self.settings.warm_deadline_seconds,
            supervisor=self.supervisor,
        )


def labels_of(name: str, revision: str, digest: str) -> Mapping[str, str]:
    """Return what log lines about a revision carry."""
    return {"plugin": name, "revision": revision, "digest": digest[:8]}
