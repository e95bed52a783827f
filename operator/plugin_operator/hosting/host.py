"""The plugin host: keeps the running plugins in line with the plugins directory.

Owns the time of scans and the set of plugins. Leaves each plugin to its ``PluginSupervisor``, and reading the directory
to ``Scanner``.
"""

import asyncio
from collections.abc import Mapping, Sequence

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.loading.loader import Loader
from plugin_operator.hosting.reporting.directory import DirectoryReport
from plugin_operator.hosting.reporting.status import PluginStatus
from plugin_operator.hosting.rollout.controller_names import ControllerNames
from plugin_operator.hosting.rollout.definition_owners import DefinitionOwners
from plugin_operator.hosting.rollout.permission_reviews import PermissionReviews
from plugin_operator.hosting.rollout.reload_limiter import pause_after_look
from plugin_operator.hosting.rollout.revision_builder import RevisionBuilder
from plugin_operator.hosting.rollout.supervisor import PluginSupervisor
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import Directory, PluginSource, Rejection, Role, Snapshot
from plugin_operator.hosting.scan.watcher import Watcher
from plugin_operator.hosting.validation.protocol import source_of
from plugin_operator.hosting.validation.validator import Validator
from plugin_operator.metrics.declaration import gauge
from plugin_operator.plugin import install_task_factory
from plugin_operator.rendering import describe
from plugin_operator.tasks import Service, TaskOwner
from plugin_operator.threads import ThreadRunner

#: A scan takes milliseconds; one that takes this long hangs in its file system.
_LONGEST_LOOK_SECONDS = 30.0
# Delay before a scan that failed for an unknown reason is repeated.
_RETRY_SECONDS = 1.0

_UNSEEN = frozenset({Directory.UNREADABLE, Directory.UNSTABLE})
FAILING_OBJECTS = gauge(
    "plugin_operator_failing_objects", "Objects whose last reconcile failed, at most 200", "plugin", "controller"
)

_log = logs.get_logger(__name__)


class PluginHost:
    """Runnable that loads, swaps and unloads plugins as their files change.

    Args:
        scanner: scans the directory.
        loader: imports plugins.
        validator: runs trial imports in a child process; None to skip them.
        environment: dependencies of plugins.
        watch: whether to use file events as hints; without them, only scans find changes.

    Attributes:
        has_scanned: whether the directory was read once.
        looks: number of completed scans.
        seen: the last snapshot of a usable directory.
    """

    name = "plugins"

    def __init__(
        self,
        *,
        scanner: Scanner,
        loader: Loader,
        validator: Validator | None,
        environment: Environment,
        watch: bool = True,
    ) -> None:
        self._scanner = scanner
        self._validator = validator
        self._environment = environment
        self._clock: Clock = environment.clock
        self._controller_names = ControllerNames(self.retry)
        self._builder = RevisionBuilder(environment, loader, validator, DefinitionOwners(self.retry))
        self._threads = ThreadRunner("plugin-scan")
        self._tasks = TaskOwner("plugins", clock=environment.clock, supervisor=environment.supervisor)
        self._supervisors: dict[str, PluginSupervisor] = {}
        self._runs: dict[str, Service] = {}
        self._hint = asyncio.Event()
        self._watcher = Watcher(scanner.root, self.hint, clock=self._clock) if watch else None
        self._leads = False
        self._directory = DirectoryReport(environment.metrics)
        self._retry: float | None = None
        self._pending: frozenset[str] = frozenset()
        self.has_scanned = False
        self.looks = 0
        self.seen: Snapshot | None = None
        self._reviews = self._make_reviews()
        environment.metrics.family(FAILING_OBJECTS).set_source(self._failing_objects)

    @property
    def directory_problem(self) -> str:
        """Why the directory is unusable; empty if it is usable."""
        return self._directory.problem

    @property
    def is_settled(self) -> bool:
        """Whether the directory was read and all plugins have reached the state of their files.

        A scan that failed or hangs does not count.
        """
        return (
            self.has_scanned
            and not self._pending
            and all(supervisor.is_settled for supervisor in self._supervisors.values())
        )

    async def start(self) -> None:
        """Scan the directory once, then keep following it; plugins are loaded in the background."""
        install_task_factory(asyncio.get_running_loop())
        if self._validator is not None:
            self._tasks.spawn(self._validator.warm(), "warm-trials")
        self._retry = await self._look()
        self._tasks.serve(self._follow, "scan", kind="scan")
        if self._reviews is not None:
            self._tasks.serve(self._reviews.run, "permissions", kind="permissions")
        if self._watcher is not None:
            self._tasks.serve(self._watcher.run, "watch", kind="watch")

    def lead(self) -> None:
        """Start reconciling, because this process leads. Caches and queues were filled before."""
        self._leads = True
        for supervisor in self._supervisors.values():
            supervisor.lead()
        self._environment.when_leading(self.lead)

    async def stop(self, deadline_seconds: float) -> list[str]:
        """Drain reconciles until the deadline, cancel the rest, run ``stop`` hooks and stop the fork server.

        Returns plugin and request of each reconcile that still runs, because it ignores cancellation.
        """
        slots, self._supervisors = list(self._supervisors.values()), {}
        await self._tasks.stop(self._environment.settings.cancel_grace_seconds)
        stuck = await asyncio.gather(*(supervisor.stop(deadline_seconds) for supervisor in slots))
        if self._validator is not None:
            await self._validator.stop(deadline_seconds)
        return [f"{supervisor.name} {key}" for supervisor, keys in zip(slots, stuck, strict=True) for key in keys]

    def status(self) -> list[PluginStatus]:
        """Return the status of every plugin, sorted by name."""
        return [self._supervisors[name].status() for name in sorted(self._supervisors)]

    def blocked(self, plugin: str, seconds: float, stack: Sequence[str]) -> None:
        """Record that a plugin blocked the event loop for ``seconds``; ``stack`` is its code, innermost first."""
        supervisor = self._supervisors.get(plugin)
        if supervisor is not None:
            supervisor.blocked(seconds, stack)

    def hint(self) -> None:
        """Trigger a scan, because the directory may have changed."""
        self._hint.set()

    def retry(self) -> None:
        """Retry at once plugins that were rejected for a temporary cause."""
        for supervisor in self._supervisors.values():
            supervisor.retry()

    def _make_reviews(self) -> PermissionReviews | None:
        environment = self._environment
        if environment.permissions is None:
            return None
        return PermissionReviews(
            environment.permissions,
            lambda: [each.review for each in self._supervisors.values()],
            settings=environment.settings,
            clock=self._clock,
        )

    async def _follow(self) -> None:
        try:
            await self._follow_hints()
        finally:
            self._hint.set()  # after a restart the interrupted scan is repeated

    async def _follow_hints(self) -> None:
        interval = self._environment.settings.scan_interval_seconds
        while True:
            retry = self._retry
            timer = self._clock.call_later(min(interval, retry if retry is not None else interval), self._hint.set)
            await self._hint.wait()
            timer.cancel()
            self._hint.clear()
            began = self._clock.monotonic()
            self._retry = await self._look()
            await self._clock.sleep(pause_after_look(self._clock.monotonic() - began))

    async def _look(self) -> float | None:
        snapshot = await self._scan()
        self._say_what_is_odd(snapshot)
        if snapshot.directory is Directory.OK:
            self._apply(snapshot)
        elif not self._supervisors:
            self._run_as_elsewhere()
        # An unusable directory was not scanned: it stays unsettled.
        self.has_scanned = self.has_scanned or snapshot.directory not in _UNSEEN
        self.looks += 1
        for supervisor in self._supervisors.values():
            try:
                supervisor.refresh()
            except Exception:  # noqa: BLE001 - see below
                # An operator bug in refreshing one plugin must not stop the reloads of others.
                _log.exception("Plugin refresh failed", plugin=supervisor.name)
        if self._reviews is not None:
            self._reviews.look()
        return snapshot.retry_after_seconds

    async def _scan(self) -> Snapshot:
        late = self._unreadable(f"has not been read for {_LONGEST_LOOK_SECONDS:g} s: its file system hangs")
        timer = self._clock.call_later(_LONGEST_LOOK_SECONDS, lambda: self._say_what_is_odd(late))
        try:
            return await self._threads.run(self._scanner.scan)
        except Exception as error:  # noqa: BLE001 - an operator bug must not stop all reloads; it is logged
            broken = self._unreadable(f"cannot be scanned: {describe(error)}", retry=_RETRY_SECONDS)
            if broken.reason != self.directory_problem:
                _log.exception("Plugins directory scan failed", path=self._scanner.root)
            return broken
        finally:
            timer.cancel()

    def _unreadable(self, why: str, retry: float | None = None) -> Snapshot:
        root = self._scanner.root
        return Snapshot(
            root, Directory.UNREADABLE, f"{root} {why}", retry_after_seconds=retry, ignored=self._directory.ignored
        )

    def _say_what_is_odd(self, snapshot: Snapshot) -> None:
        self._directory.say(snapshot, len(self._supervisors), has_scanned=self.has_scanned)

    def _run_as_elsewhere(self) -> None:
        """Run what other worker processes run, because this one has started while the directory cannot be used."""
        peers = self._environment.peers
        for name, known in dict(peers.sources.elsewhere).items() if peers is not None else ():
            source = source_of(known.source)
            self._supervisor(name, source.path).want(source)

    def _apply(self, snapshot: Snapshot) -> None:
        self._pending = snapshot.pending
        if self._watcher is not None:
            self._watcher.look_into(snapshot.folders)
        plugins = {name: source for name, source in snapshot.sources.items() if self._is_plugin(source)}
        wanted: dict[str, PluginSource | Rejection] = {**snapshot.rejections, **plugins}
        self._warm_for(wanted)
        for name, each in wanted.items():
            if isinstance(each, Rejection) or each.is_settled:
                self._supervisor(name, each.path).want(each)
        for name, supervisor in self._supervisors.items():
            if name not in wanted and name not in snapshot.vanishing:
                supervisor.want(None)
        self.seen = snapshot

    def _is_plugin(self, source: PluginSource) -> bool:
        """Report whether a source is a plugin; a broken file keeps its former role, so that it is not unloaded."""
        peers = self._environment.peers
        known = {*self._supervisors, *(peers.sources.elsewhere if peers is not None else ())}
        return source.role is Role.PLUGIN or (source.role is Role.BROKEN and source.name in known)

    def _warm_for(self, wanted: Mapping[str, PluginSource | Rejection]) -> None:
        """Start the fork server while the changed file is still settling."""
        changing = any(isinstance(each, PluginSource) and not each.is_settled for each in wanted.values())
        if changing and self._validator is not None:
            self._tasks.spawn(self._validator.warm(), "warm-trials")

    def _supervisor(self, name: str, path: str) -> PluginSupervisor:
        supervisor = self._supervisors.get(name)
        if supervisor is None:
            supervisor = self._supervisors[name] = PluginSupervisor(name, path, self._builder, self._controller_names)
            if self._leads:
                supervisor.lead()
            run = self._runs[name] = self._tasks.complete(supervisor.run, f"plugin/{name}", kind="plugin")
            run.finished.add_done_callback(lambda _: self._ended(name))
        return supervisor

    def _ended(self, name: str) -> None:
        """Remove an unloaded plugin, and scan again, because its file may be back."""
        if self._runs.pop(name, None) is not None and self._supervisors.pop(name, None) is not None:
            self.hint()

    def _failing_objects(self) -> Mapping[tuple[str, ...], float]:
        return {
            (supervisor.name, each.controller): each.objects
            for supervisor in self._supervisors.values()
            for each in supervisor.failures
        }
