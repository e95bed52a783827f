"""The swap of one revision for another, which either succeeds or changes nothing.

Owns the order from synced caches to the swap: hooks, state, controllers. Leaves the choice of a revision to
``supervisor``, and the replaced one to ``rollback``.
"""

from collections.abc import Callable

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.reporting.reporter import StatusReporter
from plugin_operator.hosting.reporting.states import PluginState
from plugin_operator.hosting.rollout import revision_builder
from plugin_operator.hosting.rollout.controller_set import ControllerSet, Drains
from plugin_operator.hosting.rollout.handover import States, rehearse, repeat_if_changed
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime


class RevisionSwap:
    """Swaps the revisions of one plugin.

    Args:
        builder: prepares and discards revisions.
        controllers: the controllers of the plugin.
        reporter: receives the state Warming, and the duration of the swap.
        leads: returns whether this process leads; called before hooks and before the swap.
    """

    def __init__(
        self,
        builder: revision_builder.RevisionBuilder,
        controllers: ControllerSet,
        reporter: StatusReporter,
        leads: Callable[[], bool],
    ) -> None:
        self._builder = builder
        self._controllers = controllers
        self._reporter = reporter
        self._leads = leads
        self._settings = builder.environment.settings
        self._clock = builder.environment.clock

    async def forward(self, old: RevisionRuntime | None, new: RevisionRuntime) -> Drains:
        """Prepare ``new``, swap to it, and return the drains of ``old``.

        On failure or cancel it discards ``new``, and ``old`` keeps running.

        Raises:
            RetryableRejection: another plugin owns a name of ``new``.
            PluginRejected: preparing ``new``, or the handover of state, failed.
        """
        try:
            self._claim(new)
            self._reporter.move(PluginState.WARMING)
            await revision_builder.prepare(old, new, start=self._leads())
            states = await rehearse(old, new)
            return await self._flip(old, new, states)
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
        except PluginRejected as error:
            raise revision_builder.RetryableRejection(error.reason, path=error.path, line=error.line) from None

    async def _flip(self, old: RevisionRuntime | None, new: RevisionRuntime, states: States) -> Drains:
        """Swap all controllers and hand state over."""
        if self._leads():
            self._controllers.start_workers()
        began = self._clock.monotonic()
        drains = await self._install(old, new)
        await repeat_if_changed(old, new, states)
        new.gate.set()
        self._reporter.swapped(self._clock.monotonic() - began)
        return drains

    async def _install(self, old: RevisionRuntime | None, new: RevisionRuntime) -> Drains:
        """Swap all controllers; if one fails, swap the earlier ones back."""
        try:
            return await self._controllers.install(new)
        except Exception:
            if old is not None:
                drains = await self._controllers.install(old)
                drains.cancel()
                await drains.wait(self._settings.cancel_grace_seconds)
            raise
