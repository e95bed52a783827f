"""One plugin over time: what its file says is brought about, step by step, one step at a time.

Each plugin has one task of its own, so that trouble with one delays no other. The task looks at what is wanted and at
what is, takes the next step, and looks again; whatever changes meanwhile is seen then.
"""

import asyncio
from collections.abc import Sequence

from plugin_operator import logs
from plugin_operator.controllers import Request
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.reporting.reporter import StatusReporter
from plugin_operator.hosting.reporting.states import PluginState
from plugin_operator.hosting.reporting.status import PluginStatus
from plugin_operator.hosting.rollout import revision_builder
from plugin_operator.hosting.rollout.controller_names import ControllerNames
from plugin_operator.hosting.rollout.controller_set import ControllerSet, Drains
from plugin_operator.hosting.rollout.rejection_backoff import RejectionBackoff
from plugin_operator.hosting.rollout.reload_limiter import TokenBucket
from plugin_operator.hosting.rollout.revision_swap import RevisionSwap
from plugin_operator.hosting.rollout.rollback import STUCK_WAY_OUT, RevisionHistory, held_at
from plugin_operator.hosting.runtime.controller_failures import ControllerFailures
from plugin_operator.hosting.runtime.misbehavior import MisbehaviorMonitor
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.hosting.scan.snapshot import PluginSource, Rejection
from plugin_operator.rendering import describe

# Of the time for ending a plugin; the rest is for its hooks.
_SHARE_OF_RECONCILES = 0.8
_LEAST_FOR_HOOKS_SECONDS = 0.5

_log = logs.get_logger(__name__)


class PluginSupervisor:
    """Runs one plugin; make it, hand it what is wanted, and let ``run`` go on until the plugin is retired.

    Args:
        name: of the plugin.
        path: its file, for people.
        builder: what revisions are made with.
        claimed: the names and ids of the controllers of all plugins.
    """

    def __init__(
        self, name: str, path: str, builder: revision_builder.RevisionBuilder, claimed: ControllerNames
    ) -> None:
        self.name = name
        self.reporter = StatusReporter(name, path, builder.environment)
        self.runtime: RevisionRuntime | None = None
        self._builder = builder
        self._environment = builder.environment
        self._settings = builder.environment.settings
        self._clock = builder.environment.clock
        self._controllers = ControllerSet(name, builder.environment, claimed, self._controller_ended)
        self._revision_swap = RevisionSwap(builder, self._controllers, self.reporter, lambda: self._leads)
        self._history = RevisionHistory(name, builder.environment, self._stuck_ended)
        self._misbehavior = MisbehaviorMonitor(name, builder.environment.clock, builder.environment.metrics)
        self._wake = asyncio.Event()
        self._wanted: PluginSource | Rejection | None = None
        self._leads = False
        self._in_step = False
        self._rejections = RejectionBackoff(self._clock, self._settings, self._wake.set)
        self._reload_tokens = TokenBucket(
            self._clock, burst=self._settings.reload_burst, interval_seconds=self._settings.reload_interval_seconds
        )

    @property
    def is_settled(self) -> bool:
        """Whether nothing is being done: what is wanted runs, or is known not to."""
        return self.reporter.state not in _UNSETTLED

    @property
    def failures(self) -> tuple[ControllerFailures, ...]:
        """What fails of each of its controllers."""
        return self._controllers.failures()

    def want(self, wanted: PluginSource | Rejection | None) -> None:
        """Say what the plugin is to be: this source, refused, or (None) gone."""
        if wanted != self._wanted or self.reporter.state is PluginState.DISCOVERED:
            self._wanted = wanted
            self._wake.set()

    def lead(self) -> None:
        """Begin to reconcile, with this revision and all that follow."""
        self._leads = True
        self._controllers.lead()
        self._wake.set()

    def retry(self) -> None:
        """Try again what was refused for a cause that may have passed."""
        self._rejections.retry()

    def refresh(self) -> None:
        """Bring the state up to date with the caches, between Active and Waiting, and name misbehaviour."""
        if self.runtime is not None:
            self._misbehavior.look(self.runtime, self._controllers.failures(judge=True), self._controllers.status())
        if self.reporter.state in {PluginState.ACTIVE, PluginState.WAITING}:
            self._settle()

    def blocked(self, seconds: float, stack: Sequence[str]) -> None:
        """Note that its code has blocked the event loop."""
        if self.runtime is not None:
            self._misbehavior.blocked(self.runtime, seconds, stack)

    async def run(self) -> None:
        """Take steps until the plugin is retired; cancelled, it leaves what runs to ``stop``.

        Run again after whatever ended it, it first repairs what a step that was cut off has left.
        """
        if self._in_step:
            await self._repair()
        while self.reporter.state is not PluginState.RETIRED:
            await self._wake.wait()
            self._wake.clear()
            self._in_step = True
            try:
                await self._step()
            except PluginRejected as error:
                self._reject(error)
            except Exception as error:  # noqa: BLE001 - see below
                # A bug of ours in one plugin's affairs must not end those of all.
                _log.exception("Plugin step failed", plugin=self.name)
                self._reject(revision_builder.RetryableRejection(describe(error), path=self.reporter.path))
            # Here and nowhere else: no swap is under way, however the step ended.
            self._controllers.give_back_names()
            self._in_step = False

    async def _repair(self) -> None:
        """Run nothing but the live revision again, see off the one before it, and look at what is wanted anew."""
        if self.runtime is not None and self._wanted is not None:
            await self._controllers.install(self.runtime)
        await self._history.resume(hurry=self._wake.is_set)
        self._settle()
        if not self.is_settled and self.reporter.state is not PluginState.DISCOVERED and self._wanted is not None:
            self._reject(
                revision_builder.RetryableRejection(
                    "its load was interrupted and is tried again", path=self.reporter.path
                )
            )
        self._in_step = False
        self._wake.set()

    async def stop(self, deadline_seconds: float) -> list[Request]:
        """End the plugin because the process ends: reconciles first, then hooks, then what it holds.

        Returns the keys of reconciles that still run, because they ignore their cancellation.
        """
        self._rejections.cancel()
        end = self._clock.monotonic() + deadline_seconds
        stuck = await self._controllers.stop(deadline_seconds * _SHARE_OF_RECONCILES)
        if self.runtime is not None:
            runtime, self.runtime = self.runtime, None
            await runtime.stop(max(_LEAST_FOR_HOOKS_SECONDS, end - self._clock.monotonic()))
            await runtime.retire()
        await self._history.close(max(_LEAST_FOR_HOOKS_SECONDS, end - self._clock.monotonic()))
        return stuck

    def status(self) -> PluginStatus:
        """Take a snapshot."""
        charges, failures = self._misbehavior.charges, self._controllers.failures()
        return self.reporter.snapshot(self.runtime, self._controllers.status(), failures, charges)

    async def _step(self) -> None:
        if self._history.wants_rollback:
            await self._roll_back()
        if self._leads and self.runtime is not None and not self.runtime.is_started:
            await self.runtime.start()
            self._controllers.start_workers()
            self._settle()
        wanted = self._wanted
        if wanted is None:
            await self._unload()
        elif isinstance(wanted, Rejection):
            raise PluginRejected(wanted.reason, path=wanted.path, line=wanted.line)
        else:
            await self._follow(wanted)

    async def _follow(self, source: PluginSource) -> None:
        digest = source.digest
        if self.runtime is not None and digest == self.runtime.digest:
            self.reporter.follows(source.path)
            self._rejections.forget()
            self._settle()
        elif self._history.is_quarantined(digest):
            self.reporter.skip(digest, self._history.quarantined[digest])
        elif digest != self._rejections.digest:
            wait = self._reload_tokens.wait_seconds()
            if wait > 0:
                self._clock.call_later(wait, self._wake.set)
            else:
                await self._swap(source)

    async def _swap(self, source: PluginSource) -> None:
        self._rejections.forget()
        self._history.check_room()
        self.reporter.move(PluginState.VALIDATING)
        leftovers = await revision_builder.validate(self._builder, source)
        if self._wanted is not source:
            return  # there is something newer; the next step sees to it
        new = await revision_builder.load(self._builder, source, leftovers)
        drains = await self._revision_swap.forward(self.runtime, new)
        old, self.runtime = self.runtime, new
        new.revision.modules.take_over(old.revision.modules if old is not None else None)
        self._rejections.succeeded()
        self.reporter.activated(new, old, source.path)
        await self._history.replaced(old, new, drains, on_spike=self._wake.set)
        await self._let_go(old, drains)

    async def _roll_back(self) -> None:
        bad, good = self.runtime, self._history.take()
        if bad is None or good is None:
            return
        drains = await self._revision_swap.back(bad, good)
        self.runtime = good
        good.revision.modules.take_over(bad.revision.modules)
        self._history.put_in_quarantine(bad, good)
        self.reporter.quarantine(bad, good)
        self.reporter.show_revision(good, bad)
        await self._history.let_go(bad, drains, hurry=self._wake.is_set, keep=False)

    async def _let_go(self, old: RevisionRuntime | None, drains: Drains) -> None:
        if old is not None:
            self.reporter.move(PluginState.DRAINING)
            await self._history.let_go(old, drains, hurry=self._wake.is_set, keep=True)
        self._settle()

    async def _unload(self) -> None:
        """End what works; a reconcile that does not end keeps its key, its controller's name, and this plugin."""
        self._rejections.cancel()
        held = ", ".join(map(str, self._controllers.ending))
        if self.runtime is not None:
            self.reporter.move(PluginState.DRAINING)
            await self._controllers.drop(self._settings.drain_deadline_seconds)
            runtime = self.runtime
            await runtime.stop()
            held = held_at(runtime, self._controllers.ending)
            await runtime.retire()
            self.runtime = None
        await self._history.close()
        if self._controllers.names:
            self.reporter.move(
                PluginState.STUCK,
                f"its file is gone, but reconciles ignore their cancellation: {held}; {STUCK_WAY_OUT}",
            )
        else:
            self.reporter.retired()

    def _controller_ended(self) -> None:
        """Let whoever waits for a dropped controller's name or keys look again."""
        self._rejections.retry()
        self._wake.set()

    def _stuck_ended(self) -> None:
        self._settle()

    def _settle(self) -> None:
        """Say how the revision that works is doing, unless something more important is to be said."""
        runtime = self.runtime
        if runtime is None or self._wanted is None:
            return
        if isinstance(self._wanted, PluginSource) and self._wanted.digest != runtime.digest and self.is_settled:
            return
        if self._history.stuck:
            self.reporter.move(PluginState.STUCK, self._history.stuck)
        else:
            self.reporter.settle(runtime, self._controllers.held_up)

    def _reject(self, error: PluginRejected) -> None:
        wanted = self._wanted
        digest = wanted.digest if isinstance(wanted, PluginSource) else ""
        if isinstance(error, revision_builder.WaitingForApi):
            self.reporter.wait(error, digest, error.caches)
        else:
            self.reporter.reject(error, digest, self.runtime)
        self._rejections.note(error, digest)


_UNSETTLED = frozenset({PluginState.DISCOVERED, PluginState.VALIDATING, PluginState.WARMING, PluginState.DRAINING})
