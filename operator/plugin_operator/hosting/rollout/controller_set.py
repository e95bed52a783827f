"""The controllers of one plugin, over all its revisions."""

import asyncio
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from plugin_operator.clock import Clock
from plugin_operator.controllers import ControllerStatus, Failure, Request
from plugin_operator.controllers.metrics import controller_metrics
from plugin_operator.hosting.environment import ControllerLike, DrainLike, Environment
from plugin_operator.hosting.rollout.controller_names import ControllerNames
from plugin_operator.hosting.rollout.revision_builder import RetryableRejection
from plugin_operator.hosting.runtime.controller_failures import ControllerFailures, FailureLog
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.hosting.triggers.plugin_triggers import PluginTriggers
from plugin_operator.hosting.triggers.target import Target
from plugin_operator.plugin import ControllerIdentity
from plugin_operator.tasks import AnyFuture, TaskOwner, wait_until_done

_SLICE_SECONDS = 0.5


class Drains:
    """The reconciles in flight of the previous revision, over several controllers.

    Args:
        drains: drains of the swapped controllers.
        stops: tasks that stop controllers which the new revision does not declare.
        clock: measures waits.
    """

    def __init__(self, drains: Iterable[DrainLike], stops: Iterable[AnyFuture], clock: Clock) -> None:
        self._drains = list(drains)
        self._stops = list(stops)
        self._clock = clock

    @property
    def in_flight(self) -> list[Request]:
        """The requests that are still in flight."""
        return [request for each in self._drains for request in each.in_flight]

    @property
    def is_done(self) -> bool:
        """Whether no reconcile of the old revision runs any more."""
        return not self.in_flight and all(task.done() for task in self._stops)

    async def wait(self, seconds: float) -> bool:
        """Wait until no reconcile runs; return False if one still runs after ``seconds``."""
        await asyncio.gather(
            wait_until_done(self._stops, seconds, clock=self._clock), *(each.wait(seconds) for each in self._drains)
        )
        return self.is_done

    def cancel(self) -> None:
        """Cancel the reconciles in flight."""
        for each in self._drains:
            each.cancel()


class ControllerSet:
    """Creates, swaps and stops the controllers of one plugin, and owns their names.

    A plugin owns the names and ids of its controllers, including those that are stopping. ``claim`` adds those of a
    revision before it is installed; ``give_back_names`` ends that claim.

    Args:
        plugin: name of the plugin.
        environment: creates controllers.
        claimed: the names and ids of all plugins.
        on_ended: called when the last reconcile of a dropped controller has ended.
    """

    def __init__(
        self,
        plugin: str,
        environment: Environment,
        claimed: ControllerNames,
        on_ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._plugin = plugin
        self._claimed = claimed
        self._environment = environment
        self._on_ended = on_ended
        self._controllers: dict[str, ControllerLike] = {}
        self._triggers = PluginTriggers(plugin, environment)
        self._tasks = TaskOwner(f"plugin/{plugin}", clock=environment.clock, supervisor=environment.supervisor)
        self._ending: dict[str, tuple[ControllerLike, AnyFuture]] = {}
        self._ids: dict[str, ControllerIdentity] = {}
        self._leads = False
        self._runtime: RevisionRuntime | None = None

    @property
    def names(self) -> frozenset[str]:
        """Names of all controllers, including those that are stopping."""
        return frozenset(self._controllers) | frozenset(self._ending)

    @property
    def ending(self) -> list[Request]:
        """The requests in flight of dropped controllers."""
        return [each.request for controller, _ in self._ending.values() for each in controller.status().in_flight]

    @property
    def schedules_problem(self) -> str:
        """Why schedules do not run; empty if all run."""
        return self._triggers.schedules_problem

    def claim(self, runtime: RevisionRuntime) -> None:
        """Claim the names and ids of a revision before it is installed, besides the current ones.

        Raises:
            PluginRejected: another plugin owns one of them.
        """
        self._claimed.claim(self._plugin, runtime.revision.declarations, runtime.identities)

    def give_back_names(self) -> None:
        """Release the names and ids that none of these controllers uses.

        Call it only while no swap is running, because a draining revision still uses its ids.
        """
        names = self.names
        ids = {each for name in names if name in self._ids for each in self._ids[name].ids}
        self._claimed.keep_only(self._plugin, names, ids)

    async def install(self, runtime: RevisionRuntime) -> Drains:
        """Swap all controllers to a prepared revision, and stop those it does not declare in the background.

        Raises:
            RetryableRejection: the revision declares a controller that was dropped, whose old reconciles do not end.
        """
        await self._wait_for_ended(runtime)
        self._runtime = runtime
        stops = self._end_predecessors(runtime)
        drains = []
        for name, spec in runtime.specs.items():
            controller = self._controllers.get(name)
            if controller is None:
                controller = self._controllers[name] = self._environment.controller(name, self._failed)
            runtime.failures[name] = self._failure_log(runtime, name)
            drains.append(
                await controller.install(spec, runtime.reconciler(name), runtime.label, runtime.bound[name].guard)
            )
            self._ids[name] = runtime.identities[name]
        self._triggers.install(runtime.triggers, self._targets(runtime))
        if self._leads:
            self.start_workers()
        dropped = [name for name in self._controllers if name not in runtime.specs]
        return Drains(drains, [*stops, *(self._end(name) for name in dropped)], self._environment.clock)

    async def drop(self, deadline_seconds: float) -> list[Request]:
        """Stop all controllers, and return the requests that are still in flight after the deadline.

        Their keys stay locked: until the reconciles end, ``names`` contains the controllers and ``install`` waits. On
        cancel the controllers keep stopping in the background.
        """
        self._runtime = None
        self._triggers.clear()
        for name in list(self._controllers):
            self._end(name, deadline_seconds)
        ending = [task for _, task in self._ending.values()]
        grace = self._environment.settings.cancel_grace_seconds
        await wait_until_done(ending, deadline_seconds + grace + _SLICE_SECONDS, clock=self._environment.clock)
        return self.ending

    def lead(self) -> None:
        """Accept requests without an event from now on; ``start_workers`` starts reconciling."""
        self._triggers.lead()

    def start_workers(self) -> None:
        """Start workers, now and in all revisions installed later."""
        self._leads = True
        for controller in self._controllers.values():
            controller.start_workers()
        if self._environment.leads:
            self._triggers.start()

    async def stop(self, deadline_seconds: float) -> list[Request]:
        """Stop all controllers, because the process stops.

        Returns the requests of reconciles that ignore cancellation.
        """
        controllers = [*self._controllers.values(), *(each for each, _ in self._ending.values())]
        self._runtime = None
        await self._triggers.stop()
        stuck = await asyncio.gather(*(each.stop(deadline_seconds) for each in controllers))
        self._controllers = {}
        await self._tasks.stop(_SLICE_SECONDS)
        return [request for each in stuck for request in each or ()]

    def status(self) -> tuple[ControllerStatus, ...]:
        """Return the status of each controller."""
        return tuple(
            replace(each.status(), schedules=self._triggers.schedules(name)) for name, each in self._controllers.items()
        )

    def failures(self, *, judge: bool = False) -> tuple[ControllerFailures, ...]:
        """Return the failures of each controller of the revision; ``judge`` updates which fail most of the time."""
        logs = self._runtime.failures if self._runtime is not None else {}
        found = []
        for name, controller in self._controllers.items():
            if (log := logs.get(name)) is not None:
                found.append(log.look(controller.status()) if judge else log.snapshot(controller.status()))
        return tuple(found)

    def _targets(self, runtime: RevisionRuntime) -> dict[str, Target]:
        return {
            name: Target(self._controllers[name].trigger, bound.declaration.own_request, bound.scope.loops)
            for name, bound in runtime.bound.items()
        }

    def _failure_log(self, runtime: RevisionRuntime, name: str) -> FailureLog:
        counts = controller_metrics(self._environment.metrics, name)
        return FailureLog(
            name,
            clock=self._environment.clock,
            locate=runtime.revision.modules.user_path,
            succeeded=lambda: counts.success + counts.requeue + counts.requeue_after,
        )

    def _failed(self, failure: Failure) -> None:
        runtime = self._runtime
        if runtime is None or failure.revision != runtime.label:
            return
        if (log := runtime.failures.get(failure.controller)) is not None:
            log.reconcile_failed(failure)

    def _end(self, name: str, deadline_seconds: float | None = None) -> AnyFuture:
        controller = self._controllers.pop(name)
        seconds = self._environment.settings.drain_deadline_seconds if deadline_seconds is None else deadline_seconds

        async def end() -> None:
            # A job, which is restarted if needed: the name must stay claimed until the last reconcile has ended.
            await controller.stop(seconds)
            while controller.status().in_flight:
                await self._environment.clock.sleep(_SLICE_SECONDS)
            del self._ending[name]
            self._on_ended()

        job = self._tasks.complete(end, f"end/{name}", kind="end-controller")
        self._ending[name] = controller, job.finished
        return job.finished

    def _end_predecessors(self, runtime: RevisionRuntime) -> list[AnyFuture]:
        """Stop the controllers that get another name, before the new one has workers: both reconcile the same objects.

        The new one gives way to their reconciles in flight.
        """
        stops = []
        for name, identity in runtime.identities.items():
            others = [
                other
                for other, known in self._ids.items()
                if other not in runtime.specs and not set(known.ids).isdisjoint(identity.ids)
            ]
            ending = [self._ending[other][0] for other in others if other in self._ending]
            running = [self._controllers[other] for other in others if other in self._controllers]
            runtime.predecessors[name] = [*ending, *running]
            stops += [self._end(other) for other in others if other in self._controllers]
        return stops

    async def _wait_for_ended(self, runtime: RevisionRuntime) -> None:
        """Wait until earlier controllers of the same names have stopped, so that no key is reconciled twice at once."""
        ending = [task for name, (_, task) in self._ending.items() if name in runtime.specs]
        seconds = self._environment.settings.drain_deadline_seconds
        if await wait_until_done(ending, seconds, clock=self._environment.clock):
            names = ", ".join(sorted(self._ending.keys() & runtime.specs.keys()))
            keys = ", ".join(map(str, self.ending))
            raise RetryableRejection(
                f"earlier reconciles of {names} do not end ({keys}): wait, or restart the operator",
                path=runtime.revision.declarations[0].path,
            )
