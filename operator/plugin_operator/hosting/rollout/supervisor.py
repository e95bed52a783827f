"""The supervisor of one plugin, which reconciles the running revision with the file.

Each plugin has a task of its own, so that a failure in one delays no other. The task compares desired and actual state,
takes one step, and compares again; so it also sees changes that arrive during a step.
"""

import asyncio
from collections.abc import Sequence

from plugin_operator import logs
from plugin_operator.controllers import Request
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.finalizers.plugin_finalizers import PluginFinalizers
from plugin_operator.hosting.reporting.reporter import StatusReporter
from plugin_operator.hosting.reporting.states import UNSETTLED, PluginState
from plugin_operator.hosting.reporting.status import PluginStatus
from plugin_operator.hosting.rollout import revision_builder
from plugin_operator.hosting.rollout.controller_names import ControllerNames
from plugin_operator.hosting.rollout.controller_set import ControllerSet, Drains
from plugin_operator.hosting.rollout.plugin_definitions import PluginDefinitions
from plugin_operator.hosting.rollout.plugin_review import PluginReview
from plugin_operator.hosting.rollout.rejection_backoff import RejectionBackoff
from plugin_operator.hosting.rollout.reload_limiter import TokenBucket
from plugin_operator.hosting.rollout.revision_builder import RetryableRejection
from plugin_operator.hosting.rollout.revision_swap import RevisionSwap
from plugin_operator.hosting.rollout.rollback import RevisionHistory
from plugin_operator.hosting.rollout.unloading import PluginUnloading
from plugin_operator.hosting.runtime.controller_failures import ControllerFailures
from plugin_operator.hosting.runtime.misbehavior import MisbehaviorMonitor
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.hosting.scan.snapshot import PluginSource, Rejection
from plugin_operator.rendering import describe

_log = logs.get_logger(__name__)


class PluginSupervisor:
    """Runs one plugin: ``want`` sets its desired state, and ``run`` works until the plugin is retired.

    Args:
        name: name of the plugin.
        path: path of its file as shown to users.
        builder: builds revisions.
        claimed: the names and ids of the controllers of all plugins.
    """

    def __init__(
        self, name: str, path: str, builder: revision_builder.RevisionBuilder, claimed: ControllerNames
    ) -> None:
        self.name = name
        self.reporter = StatusReporter(name, path, builder.environment)
        self.runtime: RevisionRuntime | None = None
        self.review = PluginReview(self.reporter, lambda: self.runtime, self.refresh)
        self._builder = builder
        self._settings = builder.environment.settings
        self._clock = builder.environment.clock
        self._controllers = ControllerSet(name, builder.environment, claimed, self._look_again)
        self._definitions = PluginDefinitions(name, builder.environment, builder.owners, self.retry)
        self._wake = asyncio.Event()
        self._history = RevisionHistory(name, builder.environment, self._settle, self._wake.set)
        self._misbehavior = MisbehaviorMonitor(name, self._clock, builder.environment.metrics)
        self._finalizers = PluginFinalizers(name, builder.environment, builder.ledger, self._wake.set)
        marks = self._finalizers, self._history.dropped
        self._revision_swap = RevisionSwap(
            builder, self._controllers, self._definitions, self.reporter, marks, lambda: self._leads
        )
        self._unloading = PluginUnloading(
            self._controllers, self._history, self._finalizers, self.reporter, builder.environment
        )
        self._wanted: PluginSource | Rejection | None = None
        self._leads = self._in_step = False
        self._rejections = RejectionBackoff(self._clock, self._settings, self._wake.set)
        self._reload_tokens = TokenBucket(
            self._clock, burst=self._settings.reload_burst, interval_seconds=self._settings.reload_interval_seconds
        )

    @property
    def is_settled(self) -> bool:
        """Whether the desired state is reached, or known to be unreachable."""
        return self.reporter.state not in UNSETTLED

    @property
    def failures(self) -> tuple[ControllerFailures, ...]:
        """Failures of each of its controllers."""
        return self._controllers.failures()

    def want(self, wanted: PluginSource | Rejection | None) -> None:
        """Set the desired state: a source, a rejection, or None for unloaded."""
        if wanted != self._wanted or self.reporter.state is PluginState.DISCOVERED:
            self._wanted = wanted
            self._wake.set()

    def lead(self) -> None:
        """Start reconciling, with this revision and all later ones."""
        self._leads = True
        self._controllers.lead()
        self._finalizers.lead()
        self._look_again()

    def retry(self) -> None:
        """Retry a rejection whose cause may have been temporary."""
        self._rejections.retry()

    def refresh(self) -> None:
        """Update the state from the caches (Active or Waiting), and check for misbehavior."""
        if self.runtime is not None:
            self._misbehavior.look(self.runtime, self._controllers.failures(judge=True), self._controllers.status())
            if self._leads and self._definitions.is_due(self.runtime):
                self._wake.set()
        if self.reporter.state in {PluginState.ACTIVE, PluginState.WAITING}:
            self._settle()

    def blocked(self, seconds: float, stack: Sequence[str]) -> None:
        """Record that its code has blocked the event loop."""
        if self.runtime is not None:
            self._misbehavior.blocked(self.runtime, seconds, stack)

    async def run(self) -> None:
        """Take steps until the plugin is retired. On cancel it leaves running controllers to ``stop``.

        A second call first repairs the state that an interrupted step has left.
        """
        if self._in_step:
            await self._repair()
        while self.reporter.state is not PluginState.RETIRED:
            await self._wake.wait()
            self._wake.clear()
            self._in_step = True
            rejection: PluginRejected | None = None
            try:
                await self._step()
            except PluginRejected as error:
                rejection = error
            except Exception as error:  # noqa: BLE001 - see below
                # An operator bug that affects one plugin must not stop the others.
                _log.exception("Plugin step failed", plugin=self.name)
                rejection = RetryableRejection(describe(error), path=self.reporter.path)
            # Only here is no swap running. A freed name retries rejected plugins, so note this rejection afterwards.
            self._controllers.give_back_names()
            self._definitions.keep(self.runtime)
            if rejection is not None:
                self._reject(rejection)
            self._in_step = False

    async def _repair(self) -> None:
        """After an interrupted step, run only the active revision, drain its predecessor, and start over."""
        if self.runtime is not None and self._wanted is not None:
            await self._controllers.install(self.runtime)
        await self._history.resume(hurry=self._wake.is_set)
        self._settle()
        if not self.is_settled and self.reporter.state is not PluginState.DISCOVERED and self._wanted is not None:
            self._reject(RetryableRejection("its load was interrupted and is retried", path=self.reporter.path))
        self._in_step = False
        self._wake.set()

    async def stop(self, deadline_seconds: float) -> list[Request]:
        """Stop the plugin, because the process stops; return the requests of reconciles that ignore cancellation."""
        self._rejections.cancel()
        await self._finalizers.stop()
        stuck = await self._unloading.end(self.runtime, deadline_seconds)
        self.runtime = None
        return stuck

    def status(self) -> PluginStatus:
        """Return the status of the plugin."""
        charges, failures = self._misbehavior.charges, self._controllers.failures()
        return self.reporter.snapshot(self.runtime, self._controllers.status(), failures, charges)

    async def _step(self) -> None:
        if self._history.wants_rollback:
            await self._roll_back()
        if self._leads and self.runtime is not None:
            await self._lead(self.runtime)
            if self._builder.environment.leads:
                self._history.prune_dropped()
        if (wanted := self._wanted) is None:
            await self._unload()
        else:
            await self._catch_up(wanted)
            await self._follow(wanted)

    async def _lead(self, runtime: RevisionRuntime) -> None:
        """Start the active revision, and look after its definitions, unless the file has replaced or rejected it."""
        is_current = isinstance(self._wanted, PluginSource) and self._wanted.digest == runtime.digest
        if not runtime.is_started:
            if is_current:
                self._definitions.installed(runtime, await self._definitions.install(runtime))
            await runtime.start()
            self._controllers.start_workers()
            self._settle()
        elif is_current and self._definitions.is_due(runtime):
            await self._definitions.look(runtime)

    async def _catch_up(self, wanted: PluginSource | Rejection) -> None:
        """Run first what other worker processes run, if this one has started since: the file may be rejected in all."""
        good = self._history.running_elsewhere() if self.runtime is None else None
        if good is None or (isinstance(wanted, PluginSource) and wanted.digest == good.digest):
            return
        try:
            await self._swap(good, wanted)
        except PluginRejected as error:
            self._history.forget_elsewhere()
            self.reporter.reject(error, good.digest, None)

    async def _follow(self, source: PluginSource | Rejection) -> None:
        if isinstance(source, Rejection):
            raise PluginRejected(source.reason, path=source.path, line=source.line)
        digest, running = source.digest, self.runtime.digest if self.runtime is not None else ""
        if self._history.is_quarantined(digest):
            await self._avoid(source, running)
        elif digest == running:
            self.reporter.follows(source.path)
            self._rejections.forget()
            self._settle()
        elif digest != self._rejections.digest:
            if (wait := self._reload_tokens.wait_seconds()) > 0:
                self._clock.call_later(wait, self._wake.set)
            else:
                await self._swap(source)

    async def _avoid(self, source: PluginSource, running: str) -> None:
        """Run what others went back to from a quarantined content, or stop it if they have stopped it."""
        reason = self._history.quarantined[source.digest]
        if running in {"", source.digest} and (good := self._history.restored_elsewhere(source.digest)) is not None:
            await self._swap(good, source)
        elif running == source.digest and self._history.is_stopped(running):
            await self._unloading.drop(self.runtime)
            self.runtime = None
            self.reporter.stopped(reason)
        self.reporter.skip(source.digest, reason)

    async def _swap(self, source: PluginSource, wanted: PluginSource | Rejection | None = None) -> None:
        self._rejections.forget()
        self._history.check_room()
        self.reporter.begin(source.digest)
        leftovers = await revision_builder.validate(self._builder, source)
        if self._wanted is not (wanted or source):
            return  # the desired state has changed; the next step handles it
        new = await revision_builder.load(self._builder, source, leftovers)
        is_over = None if wanted else lambda: self._wanted is not source or self._history.is_quarantined(source.digest)
        try:
            drains = await self._revision_swap.forward(self.runtime, new, is_over)
        except revision_builder.Superseded:
            return
        old, self.runtime = self.runtime, new
        new.revision.modules.take_over(old.revision.modules if old is not None else None)
        self._rejections.succeeded()
        self.reporter.activated(new, old, source.path)
        self._finalizers.activated(new, is_on_probation=old is not None)
        await self._history.replaced(old, new, drains, on_spike=self._wake.set)
        await self._release(old, drains)

    async def _roll_back(self) -> None:
        bad, good = self.runtime, self._history.take()
        if bad is None or good is None:
            return
        drains = await self._revision_swap.back(bad, good)
        self.runtime = good
        good.revision.modules.take_over(bad.revision.modules)
        self._finalizers.activated(good, is_on_probation=False)
        self.reporter.quarantine(bad, good, self._history.put_in_quarantine(bad, good))
        self.reporter.show_revision(good, bad)
        await self._history.release(bad, drains, hurry=self._wake.is_set, keep=False)

    async def _release(self, old: RevisionRuntime | None, drains: Drains) -> None:
        if old is not None:
            self.reporter.move(PluginState.DRAINING)
            await self._history.release(old, drains, hurry=self._wake.is_set, keep=True)
        self._settle()

    async def _unload(self) -> None:
        """Unload the plugin; a reconcile that does not end keeps its key, its controller's name, and the plugin."""
        self._rejections.cancel()
        held = await self._unloading.drop(self.runtime)
        self.runtime = None
        await self._unloading.finish(held)

    def _look_again(self) -> None:
        """Continue what waited for this process to lead, or for the name or keys of a dropped controller."""
        self._rejections.retry()
        self._wake.set()

    def _settle(self) -> None:
        """Report the state of the active revision, unless another state has precedence."""
        runtime = self.runtime
        if runtime is None or self._wanted is None or (self._leads and not runtime.is_started):
            return
        if isinstance(self._wanted, PluginSource) and self._wanted.digest != runtime.digest and self.is_settled:
            return
        if self._history.stuck:
            self.reporter.move(PluginState.STUCK, self._history.stuck)
        else:
            notes = self._controllers.schedules_problem, self._definitions.note, self._history.dropped.note
            self.reporter.settle(runtime, *notes, self._finalizers.note)

    def _reject(self, error: PluginRejected) -> None:
        digest = self._wanted.digest if isinstance(self._wanted, PluginSource) else ""
        self.review.rejected(error, digest)
        self._rejections.note(error, digest)
