"""Unloading a plugin whose file was deleted.

Owns the order: controllers, hooks, caches, then the state that says what is left. Leaves the names to the supervisor.
"""

from plugin_operator.hosting.finalizers.plugin_finalizers import PluginFinalizers
from plugin_operator.hosting.reporting.reporter import StatusReporter
from plugin_operator.hosting.reporting.states import PluginState
from plugin_operator.hosting.rollout.controller_set import ControllerSet
from plugin_operator.hosting.rollout.rollback import STUCK_WAY_OUT, RevisionHistory, held_at
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime


class PluginUnloading:
    """Unloads one plugin.

    Args:
        controllers, history, finalizers: what the plugin has besides its revision.
        reporter: receives the state.
        drain_deadline_seconds: deadline of reconciles in flight.
    """

    def __init__(
        self,
        controllers: ControllerSet,
        history: RevisionHistory,
        finalizers: PluginFinalizers,
        reporter: StatusReporter,
        drain_deadline_seconds: float,
    ) -> None:
        self._controllers = controllers
        self._history = history
        self._finalizers = finalizers
        self._reporter = reporter
        self._drain_deadline_seconds = drain_deadline_seconds

    async def drop(self, runtime: RevisionRuntime) -> str:
        """Stop the controllers and the revision; return the reconciles that ignore cancellation."""
        self._finalizers.pause()
        self._reporter.move(PluginState.DRAINING)
        await self._controllers.drop(self._drain_deadline_seconds)
        await runtime.stop()
        held = held_at(runtime, self._controllers.ending)
        await runtime.retire()
        return held

    async def finish(self, held: str) -> None:
        """Report what is left of the plugin: reconciles, finalizers, or nothing.

        Args:
            held: the reconciles that ignore cancellation.
        """
        await self._history.close()
        if self._controllers.names:
            self._reporter.move(
                PluginState.STUCK,
                f"its file was deleted, but reconciles ignore cancellation: {held}; {STUCK_WAY_OUT}",
            )
        elif kept := await self._finalizers.held():
            self._reporter.hold(kept)
        else:
            self._finalizers.close()
            self._reporter.retired()
