"""The dependencies of the plugin host on the layers below.

The host itself does not know an API server; tests pass their own implementations.
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
from plugin_operator.plugin import ControllerScope, FightDetector, PruneBudgets, Recorder
from plugin_operator.tasks import TaskSupervisor


class DrainLike(Protocol):
    """The reconciles in flight of the previous revision; see ``controllers.workers.drain.Drain``."""

    @property
    def in_flight(self) -> list[Request]:
        """The requests that are still in flight."""

    async def wait(self, deadline_seconds: float) -> bool:
        """Wait until no request is in flight; return False at the deadline."""

    def cancel(self) -> None:
        """Cancel the reconciles in flight."""


class ControllerLike(Protocol):
    """One controller over all revisions; see ``controllers.Controller``."""

    async def install(
        self, spec: ControllerSpec, reconciler: Reconciler, revision: str, guard: PluginGuard | None = None
    ) -> DrainLike:
        """Swap to a revision and return the drain of the previous one."""

    @property
    def trigger(self) -> Trigger:
        """Enqueues requests without an event."""

    def start_workers(self) -> None:
        """Start reconciling."""

    async def stop(self, deadline_seconds: float) -> Any:
        """Stop the controller."""

    def status(self) -> ControllerStatus:
        """Return a snapshot of the status."""


class FactoryLike(Protocol):
    """Factory of shared informers; see ``cache.InformerFactory``."""

    def acquire(self, key: Any) -> Any:
        """Return the started informer for ``key``."""

    async def release(self, informer: Any) -> None:
        """Release the informer."""


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


class PermissionsLike(Protocol):
    """Asks the API server what a plugin may do; see ``permissions.permission_check``."""

    async def missing(self, facts: Any, denied: Collection[Any]) -> tuple[Any, ...] | None:
        """Return the rules that a plugin lacks; None if the API server does not tell."""


class DefinitionsLike(Protocol):
    """Looks after the kinds that plugins define; see ``crds.installer`` and ``crds.observer``."""

    async def install(self, wanted: Mapping[str, Any], *, plugin: str, path: str) -> Any:
        """Make the API server serve a CustomResourceDefinition, or find out what it lacks."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """Timeouts and limits of the host, in seconds except ``spike_failures`` and ``reload_burst``.

    Fields that a flag sets have no default here, but in ``plugin_operator.options``.

    Attributes:
        scan_interval_seconds: interval of scans without a hint.
        import_deadline_seconds: deadline of the import in this process, after the trial.
        drain_deadline_seconds: deadline of reconciles of the old revision, after which they are cancelled.
        warm_deadline_seconds: how long a swap waits for new caches to sync.
        hook_deadline_seconds: deadline of each hook: start, stop, export_state, import_state.
        cancel_grace_seconds: time after cancellation until a reconcile counts as stuck.
        probation_seconds: time after a swap in which a spike of failures rolls it back.
        spike_failures: least number of failures in a spike, which must also be the majority.
        reload_burst, reload_interval_seconds: burst and interval of the reload limit.
        retry_base_seconds, retry_cap_seconds: backoff of retries after a temporary rejection.
        review_base_seconds, review_cap_seconds: backoff of questions which permissions a plugin lacks.
        definition_seconds: interval of looks at definitions that are in order.
        held_look_seconds: interval of looks at the finalizers that a deleted file has left.
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
    review_base_seconds: float = 2.0
    review_cap_seconds: float = 20.0
    definition_seconds: float = 300.0
    held_look_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Environment:
    """Dependencies of the plugin host.

    Attributes:
        client: the client behind ``ctx.client``.
        factory: creates informers.
        recorder: returns ``ctx.recorder`` for the name of a controller.
        clock, metrics: clock and metrics registry of the process.
        settings: timeouts and limits.
        namespaces: default namespaces of controllers; empty for all.
        is_namespaced: asks the API server about the scope of a kind; without it, owners count as namespaced.
        supervisor: notified of background tasks that end unexpectedly; None for a private one each.
        fence: decides before each reconcile whether this process may act; None allows all.
        instrument: wraps each reconciler, to observe it; None for no wrapper.
        fights: detects controllers that undo each other's writes.
        prune_budgets: limits the deletions of children over all revisions of a controller.
        permissions: tells what plugins lack; None to report only what was denied.
        schedules: stores the times of schedules; None to keep them in memory only.
        definitions: looks after the kinds that plugins define; None to leave them alone.
        make_controller: creates a controller by name; None for the real one.
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
    prune_budgets: PruneBudgets = field(default_factory=PruneBudgets)
    permissions: PermissionsLike | None = None
    schedules: ScheduleRecordLike | None = None
    definitions: DefinitionsLike | None = None
    make_controller: Callable[[str], ControllerLike] | None = None

    def controller(self, name: str, on_failure: FailureCallback | None = None) -> ControllerLike:
        """Return a new controller; it calls ``on_failure`` for each failed reconcile."""
        if self.make_controller is not None:
            return self.make_controller(name)
        return Controller(
            name,
            factory=self.factory,
            clock=self.clock,
            metrics=self.metrics,
            on_failure=on_failure,
            warm_deadline_seconds=0.0,  # the revision has warmed its informers before it is installed
            supervisor=self.supervisor,
        )


def labels_of(name: str, revision: str, digest: str) -> Mapping[str, str]:
    """Return the fields of log lines about a revision."""
    return {"plugin": name, "revision": revision, "digest": digest[:8]}
