"""The swap of one revision for another, which either succeeds or changes nothing.

Owns the order from synced caches to the swap: hooks, state, controllers. Leaves the choice of a revision to
``supervisor``, and the replaced one to ``rollback``.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.reporting.reporter import StatusReporter
from plugin_operator.hosting.reporting.states import PluginState
from plugin_operator.hosting.rollout import revision_builder
from plugin_operator.hosting.rollout.controller_set import ControllerSet, Drains
from plugin_operator.hosting.rollout.handover import States, rehearse, repeat_if_changed
from plugin_operator.hosting.rollout.plugin_definitions import PluginDefinitions
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.hosting.validation.protocol import bytes_of
from plugin_operator.plugin import ControllerDeclaration
from plugin_operator.processes.peers.peers import Peers
from plugin_operator.rendering import describe


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
        self._peers = builder.environment.peers

    async def forward(
        self, old: RevisionRuntime | None, new: RevisionRuntime, is_superseded: Callable[[], bool] | None
    ) -> Drains:
        """Prepare ``new``, swap to it together with the other worker processes, and return the drains of ``old``.

        On failure or cancel it discards ``new``, and ``old`` keeps running.

        Args:
            old: the active revision, or None.
            new: its successor.
            is_superseded: returns whether ``new`` is not wanted any more; without it, this process does not wait
                for the others.

        Raises:
            Superseded: ``new`` is not wanted any more.
            RefusedElsewhere: another worker process cannot run ``new``.
            RetryableRejection: another plugin owns a name of ``new``.
            WaitingForDefinition: a kind of ``new`` cannot be installed now.
            PluginRejected: preparing ``new``, or the handover of state, failed; or it divides objects in another way.
        """
        try:
            if old is not None and self._builder.environment.shards is not None:
                _refuse_other_shards(old.revision.declarations, new.revision.declarations)
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
            flip = partial(self._flip, old, new, states, note)
            if self._peers is None or is_superseded is None or not self._leads():
                return await flip()
            await self._agree(self._peers, new, is_superseded)
            return await self._flip_as_all(self._peers, old, new, flip)
        except BaseException:
            if old is None:
                await self._controllers.drop(0)
            await revision_builder.discard(new)
            raise

    async def _agree(self, peers: Peers, new: RevisionRuntime, is_superseded: Callable[[], bool]) -> None:
        """Wait until all worker processes have prepared a revision.

        Raises:
            Superseded: it is not wanted any more.
            RefusedElsewhere: another process cannot run it.
        """
        plugin = new.revision.plugin
        if peers.sources.is_run(plugin, new.digest):
            return
        outcome = await peers.votes.agreed(plugin, new.digest, is_superseded, self._clock)
        if outcome.reason and is_superseded():
            raise revision_builder.Superseded
        if outcome.reason:
            raise revision_builder.RefusedElsewhere(outcome.reason, path=new.revision.declarations[0].path)

    async def _flip_as_all(
        self, peers: Peers, old: RevisionRuntime | None, new: RevisionRuntime, flip: Callable[[], Awaitable[Drains]]
    ) -> Drains:
        """Swap as all worker processes do now; if that fails here, they swap back."""
        try:
            return await flip()
        except Exception as error:
            reason = f"this content was rolled back in all workers, because the swap failed in one: {describe(error)}"
            good = bytes_of(old.revision.source) if old is not None else b""
            for tell in (peers.rollbacks.learn, peers.rollbacks.report):
                tell(new.revision.plugin, new.digest, f"{reason}: change the file to try again", good)
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


def _refuse_other_shards(old: Iterable[ControllerDeclaration], new: Iterable[ControllerDeclaration]) -> None:
    """Reject a revision that divides the objects of a controller in another way than other processes still do.

    Each process reloads by itself, so that two of them would reconcile the same object meanwhile.
    """
    known = {each.name: each for each in old}
    for each in new:
        before = known.get(each.name)
        if before is not None and before.shard_by != each.shard_by:
            raise PluginRejected(
                f"distribution: {each.name} is {_way(before)} and would be {_way(each)}, while other processes still "
                "run it as before: restart the operator with this file",
                path=each.path,
                line=each.line,
            )


def _way(declaration: ControllerDeclaration) -> str:
    return f"sharded by {declaration.shard_by}" if declaration.is_sharded else "single"
