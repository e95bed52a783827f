"""The controllers of one plugin, over all its revisions."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

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
from plugin_operator.tasks import AnyFuture, TaskOwner, wait_until_done

_SLICE_SECONDS = 0.5


class Drains:
    """What several controllers still have in flight of the revision before.

    Args:
        drains: one for each controller that was swapped.
        stops: controllers that are being ended because the new revision has none of that name.
        clock: measures waits.
    """

    def __init__(self, drains: Iterable[DrainLike], stops: Iterable[AnyFuture], clock: Clock) -> None:
        self._drains = list(drains)
        self._stops = list(stops)
        self._clock = clock

    @property
    def in_flight(self) -> list[Request]:
        """The keys that are still held."""
        return [request for each in self._drains for request in each.in_flight]

    @property
    def is_done(self) -> bool:
        """Whether nothing of the old revision runs any more."""
        return not self.in_flight and all(task.done() for task in self._stops)

    async def wait(self, seconds: float) -> bool:
        """Wait until nothing runs any more; return False if something still does after ``seconds``."""
        await asyncio.gather(
            wait_until_done(self._stops, seconds, clock=self._clock), *(each.wait(seconds) for each in self._drains)
        )
        return self.is_done

    def cancel(self) -> None:
        """Cancel what is in flight."""
        for each in self._drains:
            each.cancel()


class ControllerSet:
    """Makes, swaps and ends the controllers of one plugin, and owns their names.

    A plugin holds the names and ids of its controllers, those that are still ending included. ``claim`` adds those of a
    revision before it is installed; ``give_back_names`` ends that claim.

    Args:
        plugin: its name.
        environment: makes controllers.
        claimed: the names and ids of all plugins.
        on_ended: told when the last reconcile of a dropped controller has ended.
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
        self._ids: dict[str, str] = {}
        self._leads = False
        self._runtime: RevisionRuntime | None = None

    @property
    def names(self) -> frozenset[str]:
        """Names of the controllers there are, those that are still ending included."""
        return frozenset(self._controllers) | frozenset(self._ending)

    @property
    def ending(self) -> list[Request]:
        """The keys that dropped controllers still hold."""
        return [each.request for controller, _ in self._ending.values() for each in controller.status().in_flight]

    @property
    def held_up(self) -> str:
        """Why schedules do not run; empty if all do."""
        return self._triggers.held_up

    def claim(self, runtime: RevisionRuntime) -> None:
        """Hold the names and ids of a revision that is to be installed, besides those held now.

        Raises:
            PluginRejected: another plugin has one of them.
        """
        self._claimed.claim(self._plugin, runtime.revision.declarations)

    def give_back_names(self) -> None:
        """Give back the names and ids that none of these controllers has.

        Call it when no swap is under way: a revision that drains still signs with its ids.
        """
        names = self.names
        self._claimed.keep_only(self._plugin, names, {self._ids[name] for name in names if name in self._ids})

    async def install(self, runtime: RevisionRuntime) -> Drains:
        """Swap all controllers to a revision that is warm; those it does not declare are ended on the side.

        Raises:
            RetryableRejection: a controller that was dropped earlier returns, and its reconciles of then do not end.
        """
        await self._wait_for_ended(runtime)
        self._runtime = runtime
        drains = []
        for name, spec in runtime.specs.items():
            controller = self._controllers.get(name)
            if controller is None:
                controller = self._controllers[name] = self._environment.controller(name, self._failed)
            runtime.failures[name] = self._failure_log(runtime, name)
            drains.append(
                await controller.install(spec, runtime.reconciler(name), runtime.label, runtime.bound[name].guard)
            )
            self._ids[name] = runtime.bound[name].declaration.id
        self._triggers.install(runtime.triggers, self._targets(runtime))
        if self._leads:
            self.start_workers()
        dropped = [name for name in self._controllers if name not in runtime.specs]
        return Drains(drains, [self._end(name) for name in dropped], self._environment.clock)

    async def drop(self, deadline_seconds: float) -> list[Request]:
        """End all controllers on the side, wait for them, and return the keys that are still held after the deadline.

        Those stay locked: until their reconciles have ended, ``names`` has the controllers and ``install`` waits for
        them. Cancelled, it leaves them to end by themselves, or to ``stop``.
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
        """Take requests that come without an event from now on; reconciles begin with ``start_workers``."""
        self._triggers.lead()

    def start_workers(self) -> None:
        """Begin to reconcile, now and with whatever is installed later."""
        self._leads = True
        for controller in self._controllers.values():
            controller.start_workers()
        self._triggers.start()

    async def stop(self, deadline_seconds: float) -> list[Request]:
        """End all controllers, those that are ending included, because the process ends.

        Returns the keys of reconciles that do not obey.
        """
        controllers = [*self._controllers.values(), *(each for each, _ in self._ending.values())]
        self._runtime = None
        await self._triggers.stop()
        stuck = await asyncio.gather(*(each.stop(deadline_seconds) for each in controllers))
        self._controllers = {}
        await self._tasks.stop(_SLICE_SECONDS)
        return [request for each in stuck for request in each or ()]

    def status(self) -> tuple[ControllerStatus, ...]:
        """Take a snapshot of each."""
        return tuple(
            replace(each.status(), schedules=self._triggers.schedules(name)) for name, each in self._controllers.items()
        )

    def failures(self, *, judge: bool = False) -> tuple[ControllerFailures, ...]:
        """Return what fails of each controller of the revision; with ``judge``, after judging anew how badly."""
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
            # A job that may be begun again: the name must not be free before the last reconcile has ended.
            await controller.stop(seconds)
            while controller.status().in_flight:
                await self._environment.clock.sleep(_SLICE_SECONDS)
            del self._ending[name]
            self._on_ended()

        job = self._tasks.complete(end, f"end/{name}", kind="end-controller")
        self._ending[name] = controller, job.finished
        return job.finished

    async def _wait_for_ended(self, runtime: RevisionRuntime) -> None:
        """See to it that no key is run by a new controller while an earlier one of that name still holds it."""
        ending = [task for name, (_, task) in self._ending.items() if name in runtime.specs]
        seconds = self._environment.settings.drain_deadline_seconds
        if await wait_until_done(ending, seconds, clock=self._environment.clock):
            names = ", ".join(sorted(self._ending.keys() & runtime.specs.keys()))
            keys = ", ".join(map(str, self.ending))
            raise RetryableRejection(
                f"reconciles of {names} from before it was dropped do not end ({keys}): wait, or restart the operator",
                path=runtime.revision.declarations[0].path,
            )
