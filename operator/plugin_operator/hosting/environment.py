"""The dependencies of the plugin host on the layers below.

The host itself does not know an API server; tests pass their own implementations.
"""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar

import msgspec

from plugin_operator.cache import OwnedShards
from plugin_operator.clock import Clock
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import (
    Controller,
    ControllerSpec,
    ControllerStatus,
    FailureCallback,
    Reconciler,
    Request,
    ShardedController,
    Trigger,
)
from plugin_operator.controllers.controller import WARM_DEADLINE_SECONDS
from plugin_operator.fence import Fence
from plugin_operator.kube import GroupVersionKind
from plugin_operator.metrics import Metrics
from plugin_operator.plugin import BoundController, ControllerScope, FightDetector, PruneBudgets, Recorder
from plugin_operator.plugin.declaration.invocation import is_async
from plugin_operator.plugin.runtime.task_tracking import Reconcile
from plugin_operator.processes.blame.marking import Marking, SharedMark
from plugin_operator.processes.blame.marks import IMPORT, Mark
from plugin_operator.processes.peers.peers import Peers
from plugin_operator.tasks import TaskSupervisor

T = TypeVar("T")
Load: TypeAlias = Callable[[], Coroutine[Any, Any, T]]

#: For this time after a swap, a spike of failures rolls it back.
PROBATION_SECONDS = 30.0
#: Least number of failures in a spike.
SPIKE_FAILURES = 5


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


class HostSettings(msgspec.Struct, frozen=True):
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
    probation_seconds: float = PROBATION_SECONDS
    spike_failures: int = SPIKE_FAILURES
    reload_burst: int = 10
    reload_interval_seconds: float = 1.0
    retry_base_seconds: float = 1.0
    retry_cap_seconds: float = 60.0
    review_base_seconds: float = 2.0
    review_cap_seconds: float = 20.0
    definition_seconds: float = 300.0
    held_look_seconds: float = 30.0


class Environment(msgspec.Struct, frozen=True):
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
        installs: whether it writes to the API server, and so can be refused.
        peers: the other worker processes of this operator; None if there are none.
        shards: the objects of this process, among several that share them; None if it reconciles all.
        marking: notes which plugin's code runs, for the process that judges the end of this one; None for no notes.
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
    fights: FightDetector = msgspec.field(default_factory=FightDetector)
    prune_budgets: PruneBudgets = msgspec.field(default_factory=PruneBudgets)
    permissions: PermissionsLike | None = None
    schedules: ScheduleRecordLike | None = None
    definitions: DefinitionsLike | None = None
    installs: bool = True
    peers: Peers | None = None
    shards: OwnedShards | None = None
    marking: Marking | None = None
    make_controller: Callable[[str], ControllerLike] | None = None

    @property
    def leads(self) -> bool:
        """Whether this process, among those that share the objects, runs what runs once."""
        return self.shards is None or self.shards.leads

    def when_leading(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once this process runs what runs once; never if it does already."""
        if self.shards is not None and not self.shards.leads:
            self.shards.when_leading(callback)

    def observed(self, bound: BoundController, digest: str, steps: Reconciler) -> Reconciler:
        """Return a reconciler that is marked and traced while it runs; a trace covers all steps."""
        if self.marking is not None:
            mark = Mark(bound.scope.plugin, digest, "reconcile", bound.name, in_thread=bound.runs_in_thread)
            steps = self.marking.reconciler(mark, steps)
        return steps if self.instrument is None else self.instrument(bound.scope, steps)

    def marked_hook(
        self, bound: BoundController, digest: str, name: str, hook: Callable[[], Awaitable[T]]
    ) -> Callable[[], Awaitable[T]]:
        """Return a hook that is marked while it runs."""
        if self.marking is None:
            return hook
        is_plain = not is_async(getattr(bound.declaration, name.partition("(")[0]))
        return partial(self.marking.hook, Mark(bound.scope.plugin, digest, name, bound.name, in_thread=is_plain), hook)

    def marked_import(self, plugin: str, digest: str, load: Load[T]) -> Load[T]:
        """Return an import that is marked while it runs."""
        if self.marking is None:
            return load
        return partial(self.marking.hook, Mark(plugin, digest, IMPORT, in_thread=True), load)

    def shared_mark(self, plugin: str, digest: str, what: str, controller: str = "") -> SharedMark | None:
        """Return the mark of code that is not a reconcile or a hook; None if nothing is marked."""
        return None if self.marking is None else self.marking.shared(Mark(plugin, digest, what, controller))

    def task_marks(self, plugin: str, digest: str) -> Callable[[Reconcile | None], SharedMark] | None:
        """Return what marks the tasks of a revision, given the reconcile that spawns one; None if nothing is marked."""
        marking = self.marking
        if marking is None:
            return None

        def mark(reconcile: Reconcile | None) -> SharedMark:
            if reconcile is None:
                return marking.shared(Mark(plugin, digest, "a task"))
            return marking.shared(Mark(plugin, digest, "a task", reconcile.controller, *reconcile.request))

        return mark

    def controller(self, name: str, on_failure: FailureCallback | None = None) -> ControllerLike:
        """Return a new controller; it calls ``on_failure`` for each failed reconcile."""
        if self.make_controller is not None:
            return self.make_controller(name)
        shared = {} if self.shards is None else {"shards": self.shards}
        make: Callable[..., ControllerLike] = Controller if self.shards is None else ShardedController
        return make(
            name,
            **shared,
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
