"""Unloading a plugin whose file was deleted, or that is stopped.

Owns the order: controllers, hooks, caches, then the state that says what is left. Leaves the names to the supervisor.
"""

from plugin_operator.controllers import Request
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.finalizers.plugin_finalizers import PluginFinalizers
from plugin_operator.hosting.reporting.reporter import StatusReporter
from plugin_operator.hosting.reporting.states import PluginState
from plugin_operator.hosting.rollout.controller_set import ControllerSet
from plugin_operator.hosting.rollout.rollback import STUCK_WAY_OUT, RevisionHistory, held_at
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime

# Share of the deadline of a stop for reconciles; the rest is for hooks.
_SHARE_OF_RECONCILES = 0.8
_LEAST_FOR_HOOKS_SECONDS = 0.5


class PluginUnloading:
    """Unloads one plugin.

    Args:
        controllers, history, finalizers: what the plugin has besides its revision.
        reporter: receives the state.
        environment: clock, and the deadline of reconciles in flight.
    """

    def __init__(
        self,
        controllers: ControllerSet,
        history: RevisionHistory,
        finalizers: PluginFinalizers,
        reporter: StatusReporter,
        environment: Environment,
    ) -> None:
        self._controllers = controllers
        self._history = history
        self._finalizers = finalizers
        self._reporter = reporter
        self._drain_deadline_seconds = environment.settings.drain_deadline_seconds
        self._clock = environment.clock

    async def drop(self, runtime: RevisionRuntime | None) -> str:
        """Stop the controllers and the revision, if one runs; return the reconciles that ignore cancellation."""
        if runtime is None:
            return ", ".join(map(str, self._controllers.ending))
        self._finalizers.pause()
        self._reporter.move(PluginState.DRAINING)
        await self._controllers.drop(self._drain_deadline_seconds)
        await runtime.stop()
        held = held_at(runtime, self._controllers.ending)
        await runtime.retire()
        return held

    async def end(self, runtime: RevisionRuntime | None, deadline_seconds: float) -> list[Request]:
        """Stop the plugin, because the process stops; return the requests of reconciles that ignore cancellation."""
        end = self._clock.monotonic() + deadline_seconds
        stuck = await self._controllers.stop(deadline_seconds * _SHARE_OF_RECONCILES)
        if runtime is not None:
            await runtime.stop(max(_LEAST_FOR_HOOKS_SECONDS, end - self._clock.monotonic()))
            await runtime.retire()
        await self._history.close(max(_LEAST_FOR_HOOKS_SECONDS, end - self._clock.monotonic()))
        return stuck

    async def finish(self, held: str) -> None:
        """Report what is left of the plugin: reconciles, finalizers, or nothing.

        Args:
            held: the reconciles that ignore cancellation.
        """
        await self._history.close()
        self._reporter.unloaded()
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
