"""The swap of one revision for another, which either succeeds or changes nothing.

Owns the order from synced caches to the swap: hooks, state, controllers. Leaves the choice of a revision to
``supervisor``, and the replaced one to ``rollback``.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.reporting.reporter import StatusReporter
from plugin_operator.hosting.reporting.states import PluginState
from plugin_operator.hosting.rollout import revision_builder
from plugin_operator.hosting.rollout.controller_set import ControllerSet, Drains
from plugin_operator.hosting.rollout.handover import States, rehearse, repeat_if_changed
from plugin_operator.hosting.rollout.plugin_definitions import PluginDefinitions
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime


class MarkRemover(Protocol):
    """Takes off or deletes what revisions have marked and no revision declares any more."""

    async def claim(self, runtime: RevisionRuntime) -> None:
        """Leave alone what a revision declares which is about to be installed; return once no write is in flight."""

    def give_back(self) -> None:
        """End the claim, because the revision was not installed."""


class RevisionSwap:
    """Swaps the revisions of one plugin.

    Args:
        builder: prepares and discards revisions.
        controllers: the controllers of the plugin.
        definitions: the custom kinds of the plugin.
        reporter: receives the state Warming, and the duration of the swap.
        marks: what takes off or deletes what revisions have marked.
        leads: returns whether this process leads; called before hooks and before the swap.
    """

    def __init__(
        self,
        builder: revision_builder.RevisionBuilder,
        controllers: ControllerSet,
        definitions: PluginDefinitions,
        reporter: StatusReporter,
        marks: Sequence[MarkRemover],
        leads: Callable[[], bool],
    ) -> None:
        self._builder = builder
        self._controllers = controllers
        self._definitions = definitions
        self._reporter = reporter
        self._marks = marks
        self._leads = leads
        self._settings = builder.environment.settings
        self._clock = builder.environment.clock

    async def forward(self, old: RevisionRuntime | None, new: RevisionRuntime) -> Drains:
        """Prepare ``new``, swap to it, and return the drains of ``old``.

        On failure or cancel it discards ``new``, and ``old`` keeps running.

        Raises:
            RetryableRejection: another plugin owns a name of ``new``.
            WaitingForDefinition: a kind of ``new`` cannot be installed now.
            PluginRejected: preparing ``new``, or the handover of state, failed.
        """
        try:
            learn_former_ids(new, old)
            self._claim(new)
            self._reporter.move(PluginState.WARMING)
            note = await self._definitions.install(new) if self._leads() else ""
            try:
                await revision_builder.prepare(old, new, start=self._leads())
            except revision_builder.WaitingForApi as error:
                error.reason = "; ".join(filter(None, (error.reason, note)))
                raise
            states = await rehearse(old, new)
            return await self._flip(old, new, states, note)
        except BaseException:
            if old is None:
                await self._controllers.drop(0)
            await revision_builder.discard(new)
            raise

    async def back(self, bad: RevisionRuntime, good: RevisionRuntime) -> Drains:
        """Swap back to ``good``, a previous revision, and return the drains of ``bad``.

        On failure or cancel it discards ``good``, and ``bad`` keeps running.

        Raises:
            PluginRejected: another plugin has claimed a name of ``good``, or a hook failed.
        """
        self._reporter.move(PluginState.WARMING)
        try:
            learn_former_ids(good, bad)
            self._controllers.claim(good)
            if not good.is_held:
                await good.prepare()
            if self._leads() and not good.is_started:
                await good.start()
            return await self._install(bad, good)
        except BaseException:
            await revision_builder.discard(good)
            raise

    def _claim(self, new: RevisionRuntime) -> None:
        try:
            self._controllers.claim(new)
            self._definitions.claim(new)
        except PluginRejected as error:
            raise revision_builder.RetryableRejection(error.reason, path=error.path, line=error.line) from None

    async def _flip(self, old: RevisionRuntime | None, new: RevisionRuntime, states: States, note: str) -> Drains:
        """Swap all controllers and hand state over."""
        if self._leads():
            self._controllers.start_workers()
        began = self._clock.monotonic()
        drains = await self._install(old, new)
        await repeat_if_changed(old, new, states)
        new.gate.set()
        self._definitions.installed(new, note)
        self._reporter.swapped(self._clock.monotonic() - began)
        return drains

    async def _install(self, old: RevisionRuntime | None, new: RevisionRuntime) -> Drains:
        """Swap all controllers; if one fails, swap the earlier ones back."""
        try:
            # Before its first reconcile: what it puts on must not be taken off as a leftover of an older revision.
            for each in self._marks:
                await each.claim(new)
            return await self._controllers.install(new)
        except Exception:
            self._give_back()
            if old is not None:
                drains = await self._controllers.install(old)
                drains.cancel()
                await drains.wait(self._settings.cancel_grace_seconds)
            raise
        except BaseException:
            self._give_back()
            raise

    def _give_back(self) -> None:
        for each in self._marks:
            each.give_back()


def learn_former_ids(new: RevisionRuntime, old: RevisionRuntime | None) -> None:
    """Tell the controllers of ``new`` the ids under which those of ``old`` have marked their objects.

    An edit or a rollback may undo a rename: what has got the new id goes back to the old one.
    """
    if old is None:
        return
    declared = {each.id for each in new.revision.declarations}
    for each in new.revision.declarations:
        for before in old.revision.declarations:
            known = old.identities[before.name]
            if each.id in known.former and before.id not in declared and before.for_ == each.for_:
                new.identities[each.name].learn(known.ids)
