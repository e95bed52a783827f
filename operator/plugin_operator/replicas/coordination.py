"""Runs the coordinator in the replica that holds the election Lease."""

from collections.abc import Callable

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import LeadershipLost
from plugin_operator.leaderelection import LeaderElector
from plugin_operator.replicas.coordinator_driver import CoordinatorDriver
from plugin_operator.tasks import TaskOwner, TaskSupervisor

_log = logs.get_logger(__name__)


class Coordination:
    """Runnable that coordinates while this replica is elected. A loss ends no process: two coordinators do no harm.

    Args:
        elector: decides whether this replica coordinates.
        new_driver: returns a coordinator that has observed nothing.
        clock: measures deadlines.
        supervisor: notified if the service ends unexpectedly.
    """

    name = "coordination of replicas"

    def __init__(
        self,
        elector: LeaderElector,
        new_driver: Callable[[], CoordinatorDriver],
        *,
        clock: Clock,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self._elector = elector
        self._new_driver = new_driver
        self._driver: CoordinatorDriver | None = None
        self._tasks = TaskOwner(self.name, clock=clock, supervisor=supervisor)

    async def start(self) -> None:
        """Stand for election."""
        self._tasks.serve(self._run, "", kind="coordination")

    async def stop(self, deadline_seconds: float) -> None:
        """Stop deciding, and let another replica coordinate at once."""
        await self._tasks.stop(deadline_seconds)
        await self._end()
        await self._elector.release()

    async def _run(self) -> None:
        while True:
            try:
                await self._elector.run(self._begin)
            except LeadershipLost as error:
                _log.warning("Coordination lost", reason=str(error))
            finally:
                await self._end()

    def _begin(self) -> None:
        if self._driver is None:
            self._driver = self._new_driver()
            self._driver.start()

    async def _end(self) -> None:
        if self._driver is not None:
            driver, self._driver = self._driver, None
            await driver.stop()
