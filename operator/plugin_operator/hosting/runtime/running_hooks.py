"""The ``start`` and ``stop`` hooks of one revision.

Owns for which controllers ``start`` has run. Those of a single controller run in the process that leads; those of a
sharded one run in each process.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from plugin_operator import logs
from plugin_operator.errors import PluginRejected
from plugin_operator.plugin import BoundController
from plugin_operator.processes.blame.marks import START

RunHook = Callable[[BoundController, str, Callable[[], Awaitable[Any]], float], Awaitable[Any]]

_log = logs.get_logger(__name__)


class RunningHooks:
    """Runs the hooks of a revision's controllers.

    Args:
        plugin: name of the plugin, for log lines.
        bound: the controllers by name; they may change.
        run_hook: calls a hook with a deadline.
        leads: whether this process runs what runs once.

    Attributes:
        have_begun: whether ``start`` was called and has not failed, and ``stop`` was not.
    """

    __slots__ = ("_bound", "_leads", "_plugin", "_run_hook", "_started", "have_begun")

    def __init__(
        self, plugin: str, bound: Mapping[str, BoundController], run_hook: RunHook, leads: Callable[[], bool]
    ) -> None:
        self._plugin = plugin
        self._bound = bound
        self._run_hook = run_hook
        self._leads = leads
        self._started: dict[str, BoundController] = {}
        self.have_begun = False

    @property
    def are_running(self) -> bool:
        """Whether ``start`` has run for every controller of this process, and ``stop`` has not."""
        return self.have_begun and not self._due

    @property
    def _due(self) -> list[BoundController]:
        leads = self._leads()
        return [
            bound
            for name, bound in self._bound.items()
            if name not in self._started and (leads or bound.declaration.is_sharded)
        ]

    async def start(self) -> None:
        """Run ``start`` where it has not run; if one fails, run ``stop`` of those before it.

        Raises:
            PluginRejected: a hook raised, or did not end within its deadline.
        """
        fresh: list[BoundController] = []
        try:
            for bound in self._due:
                await self._run_hook(bound, START, bound.start, float("inf"))
                fresh.append(bound)
        except BaseException:
            for bound in reversed(fresh):
                await self._stop(bound, float("inf"))
            raise
        self._started |= {bound.declaration.name: bound for bound in fresh}
        self.have_begun = True

    async def stop(self, deadline_seconds: float) -> None:
        """Run ``stop`` of the controllers whose ``start`` has run, the last one first."""
        started, self._started = self._started, {}
        self.have_begun = False
        for bound in reversed(started.values()):
            await self._stop(bound, deadline_seconds)

    async def _stop(self, bound: BoundController, deadline_seconds: float) -> None:
        try:
            await self._run_hook(bound, "stop(ctx)", bound.stop, deadline_seconds)
        except PluginRejected as error:
            _log.warning("Plugin did not stop cleanly", plugin=self._plugin, reason=str(error))
