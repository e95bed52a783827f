"""One plugin over time: what its file says is brought about, step by step, one step at a time.

Each plugin has one task of its own, so that trouble with one delays no other. The task looks at what is wanted and at
what is, takes the next step, and looks again; whatever changes meanwhile is seen then.
"""

import asyncio
from collections.abc import Sequence

from plugin_operator import logs
from plugin_operator.controllers import Request
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.reporting.reporter import Board
from plugin_operator.hosting.reporting.states import PluginState
from plugin_operator.hosting.reporting.status import PluginStatus
from plugin_operator.hosting.rollout import revision_builder
from plugin_operator.hosting.rollout.controller_set import ControllerSet, Drains
from plugin_operator.hosting.rollout.handover import States, rehearse, repeat_if_changed
from plugin_operator.hosting.rollout.rejection_backoff import Refusals
from plugin_operator.hosting.rollout.reload_limiter import Pace
from plugin_operator.hosting.rollout.rollback import Past
from plugin_operator.hosting.runtime.controller_failures import ControllerFailures
from plugin_operator.hosting.runtime.misbehavior import Blame
from plugin_operator.hosting.runtime.revision_runtime import LiveRevision
from plugin_operator.hosting.scan.snapshot import PluginSource, Refusal
from plugin_operator.rendering import describe

# Of the time for ending a plugin; the rest is for its hooks.
_SHARE_OF_RECONCILES = 0.8
_LEAST_FOR_HOOKS_SECONDS = 0.5

_log = logs.get_logger(__name__)


class PluginSlot:
    """Runs one plugin; make it, hand it what is wanted, and let ``run`` go on until the plugin is retired.

    Args:
        name: of the plugin.
        path: its file, for people.
        workshop: what revisions are made with.
    """

    def __init__(self, name: str, path: str, workshop: revision_builder.Workshop) -> None:
        self.name = name
        self.board = Board(name, path, workshop.environment)
        self.live: LiveRevision | None = None
        self._workshop = workshop
        self._environment = workshop.environment
        self._settings = workshop.environment.settings
        self._clock = workshop.environment.clock
        self._controllers = ControllerSet(name, workshop.environment, self._controller_ended)
        self._past = Past(name, workshop.environment, self._stuck_ended)
        self._blame = Blame(name, workshop.environment.clock, workshop.environment.metrics)
        self._wake = asyncio.Event()
        self._wanted: PluginSource | Refusal | None = None
        self._leads = False
        self._in_step = False
        self._refusals = Refusals(self._clock, self._settings, self._wake.set)
        self._pace = Pace(
            self._clock, burst=self._settings.reload_burst, interval_seconds=self._settings.reload_interval_seconds
        )

    @property
    def is_settled(self) -> bool:
        """Whether nothing is being done: what is wanted runs, or is known not to."""
        return self.board.state not in _UNSETTLED

    @property
    def failures(self) -> tuple[ControllerFailures, ...]:
        """What fails of each of its controllers."""
        return self._controllers.failures()

    def want(self, wanted: PluginSource | Refusal | None) -> None:
        """Say what the plugin is to be: this source, refused, or (None) gone."""
        if wanted != self._wanted or self.board.state is PluginState.DISCOVERED:
            self._wanted = wanted
            self._wake.set()

    def lead(self) -> None:
        """Begin to reconcile, with this revision and all that follow."""
        self._leads = True
        self._wake.set()

    def retry(self) -> None:
        """Try again what was refused for a cause that may have passed."""
        self._refusals.retry()

    def refresh(self) -> None:
        """Bring the state up to date with the caches, between Active and Waiting, and name misbehaviour."""
        if self.live is not None:
            self._blame.look(self.live, self._controllers.failures(judge=True))
        if self.board.state in {PluginState.ACTIVE, PluginState.WAITING}:
            self._settle()

    def blocked(self, seconds: float, stack: Sequence[str]) -> None:
        """Note that its code has blocked the event loop."""
        if self.live is not None:
            self._blame.blocked(self.live, seconds, stack)

    async def run(self) -> None:
        """Take steps until the plugin is retired; cancelled, it leaves what runs to ``stop``.

        Run again after whatever ended it, it first repairs what a step that was cut off has left.
        """
        if self._in_step:
            await self._repair()
        while self.board.state is not PluginState.RETIRED:
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
                self._reject(revision_builder.PassingRejection(describe(error), path=self.board.path))
            self._in_step = False

    async def _repair(self) -> None:
        """Run nothing but the live revision again, see off the one before it, and look at what is wanted anew."""
        if self.live is not None and self._wanted is not None:
            await self._controllers.install(self.live)
        await self._past.resume(hurry=self._wake.is_set)
        self._keep_claims()
        self._settle()
        if not self.is_settled and self.board.state is not PluginState.DISCOVERED and self._wanted is not None:
            self._reject(
                revision_builder.PassingRejection("its load was interrupted and is tried again", path=self.board.path)
            )
        self._in_step = False
        self._wake.set()

    async def stop(self, deadline_seconds: float) -> list[Request]:
        """End the plugin because the process ends: reconciles first, then hooks, then what it holds.

        Returns the keys of reconciles that still run, because they ignore their cancellation.
        """
        self._refusals.cancel()
        end = self._clock.monotonic() + deadline_seconds
        stuck = await self._controllers.stop(deadline_seconds * _SHARE_OF_RECONCILES)
        if self.live is not None:
            live, self.live = self.live, None
            await live.stop(max(_LEAST_FOR_HOOKS_SECONDS, end - self._clock.monotonic()))
            await live.retire()
        await self._past.close(max(_LEAST_FOR_HOOKS_SECONDS, end - self._clock.monotonic()))
        return stuck

    def status(self) -> PluginStatus:
        """Take a snapshot."""
        board, live = self.board, self.live
        return PluginStatus(
            name=self.name,
            path=board.path,
            line=board.line,
            state=board.state,
            since=board.since,
            reason=board.reason,
            revision=live.label if live is not None else "",
            digest=live.digest if live is not None else "",
            candidate=board.candidate,
            awaits=board.awaits or (live.blocked if live is not None else frozenset()),
            controllers=self._controllers.status(),
            leftovers=live.leftovers if live is not None else (),
            reloads=board.reloads,
            tasks=len(live.tasks.running()) if live is not None else 0,
            charges=self._blame.charges if live is not None else (),
            failures=self._controllers.failures() if live is not None else (),
        )

    async def _step(self) -> None:
        if self._past.wants_rollback:
            await self._roll_back()
        if self._leads and self.live is not None and not self.live.is_started:
            await self.live.start()
            self._controllers.start_workers()
            self._settle()
        wanted = self._wanted
        if wanted is None:
            await self._unload()
        elif isinstance(wanted, Refusal):
            raise PluginRejected(wanted.reason, path=wanted.path, line=wanted.line)
        else:
            await self._follow(wanted)

    async def _follow(self, source: PluginSource) -> None:
        digest = source.digest
        if self.live is not None and digest == self.live.digest:
            self.board.candidate = ""
            self.board.path, self.board.line = source.path, None
            self._refusals.forget()
            self._settle()
        elif self._past.is_quarantined(digest):
            self.board.candidate = digest
            self.board.move(PluginState.QUARANTINED, self._past.quarantined[digest])
        elif digest != self._refusals.digest:
            wait = self._pace.wait_seconds()
            if wait > 0:
                self._clock.call_later(wait, self._wake.set)
            else:
                await self._swap(source)

    async def _swap(self, source: PluginSource) -> None:
        self._refusals.forget()
        self._past.check_room()
        self.board.move(PluginState.VALIDATING)
        leftovers = await revision_builder.validate(self._workshop, source)
        if self._wanted is not source:
            return  # there is something newer; the next step sees to it
        new = await revision_builder.load(self._workshop, source, leftovers)
        try:
            self.board.move(PluginState.WARMING)
            await revision_builder.prepare(self.live, new, start=self._leads)
            states = await rehearse(self.live, new)
            drains = await self._flip(new, states)
        except BaseException:
            if self.live is None:
                await self._controllers.drop(0)
            await revision_builder.discard(new)
            self._keep_claims()
            raise
        old, self.live = self.live, new
        new.revision.modules.take_over(old.revision.modules if old is not None else None)
        self._refusals.succeeded()
        self.board.activated(new, old, source.path)
        await self._past.replaced(old, new, drains, on_spike=self._wake.set)
        await self._let_go(old, drains)

    async def _install(self, new: LiveRevision) -> Drains:
        """Swap all controllers; if one of them fails, swap those before it back."""
        try:
            return await self._controllers.install(new)
        except Exception:
            if self.live is not None:
                drains = await self._controllers.install(self.live)
                drains.cancel()
                await drains.wait(self._settings.cancel_grace_seconds)
            raise

    async def _flip(self, new: LiveRevision, states: States) -> Drains:
        """Swap all controllers and hand state over."""
        if self._leads:
            self._controllers.start_workers()
        began = self._clock.monotonic()
        drains = await self._install(new)
        await repeat_if_changed(self.live, new, states)
        new.gate.set()
        self.board.swap_seconds = self._clock.monotonic() - began
        return drains

    async def _roll_back(self) -> None:
        bad, good = self.live, self._past.take()
        if bad is None or good is None:
            return
        self.board.move(PluginState.WARMING)
        try:
            self._workshop.claims.claim(self.name, good.revision.declarations)
            if not good.is_held:
                await good.prepare()
            if self._leads and not good.is_started:
                await good.start()
            drains = await self._install(good)
        except BaseException:
            await revision_builder.discard(good)
            raise
        self.live = good
        good.revision.modules.take_over(bad.revision.modules)
        self._past.put_in_quarantine(bad, good)
        self.board.quarantine(bad, good)
        self.board.show_revision(good, bad)
        await self._past.let_go(bad, drains, hurry=self._wake.is_set, keep=False)
        self._keep_claims()

    async def _let_go(self, old: LiveRevision | None, drains: Drains) -> None:
        if old is not None:
            self.board.move(PluginState.DRAINING)
            await self._past.let_go(old, drains, hurry=self._wake.is_set, keep=True)
        self._keep_claims()
        self._settle()

    async def _unload(self) -> None:
        """End what works; a reconcile that does not end keeps its key, its controller's name, and this plugin."""
        self._refusals.cancel()
        if self.live is not None:
            self.board.move(PluginState.DRAINING)
            await self._controllers.drop(self._settings.drain_deadline_seconds)
            live = self.live
            await live.stop()
            await live.retire()
            self.live = None
        await self._past.close()
        self._keep_claims()
        if self._controllers.names:
            keys = ", ".join(map(str, self._controllers.ending))
            self.board.move(PluginState.STUCK, f"its file is gone, but reconciles ignore their cancellation: {keys}")
        else:
            self.board.retired()

    def _keep_claims(self) -> None:
        """Give back the names and ids that no controller of this plugin has any more."""
        self._workshop.claims.keep_only(self.name, self._controllers.names, self._controllers.ids)

    def _controller_ended(self) -> None:
        """Let whoever waits for a dropped controller's name or keys look again."""
        if self.is_settled:
            self._keep_claims()
        self._refusals.retry()
        self._wake.set()

    def _stuck_ended(self) -> None:
        if self.is_settled:  # else a swap is under way, which has claimed names and sees to them at its end
            self._keep_claims()
        self._settle()

    def _settle(self) -> None:
        """Say how the revision that works is doing, unless something more important is to be said."""
        live = self.live
        if live is None or self._wanted is None:
            return
        if isinstance(self._wanted, PluginSource) and self._wanted.digest != live.digest and self.is_settled:
            return
        if self._past.stuck:
            self.board.move(PluginState.STUCK, self._past.stuck)
        else:
            self.board.settle(live)

    def _reject(self, error: PluginRejected) -> None:
        wanted = self._wanted
        digest = wanted.digest if isinstance(wanted, PluginSource) else ""
        if isinstance(error, revision_builder.MustWait):
            self.board.wait(error, digest, error.caches)
        else:
            self.board.reject(error, digest, self.live)
        self._refusals.note(error, digest)


_UNSETTLED = frozenset({PluginState.DISCOVERED, PluginState.VALIDATING, PluginState.WARMING, PluginState.DRAINING})
