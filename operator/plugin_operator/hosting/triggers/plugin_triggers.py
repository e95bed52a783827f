"""The triggers of one plugin, over all its revisions.

Owns the routing from sources and contexts to the controllers of the active revision. ``RevisionTriggers`` holds
requests that a revision sends before it is active.
"""

import math
from collections.abc import Mapping

import msgspec

from plugin_operator import logs
from plugin_operator.controllers import Request, ScheduleStatus
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.triggers.backlog import Backlog
from plugin_operator.hosting.triggers.pending_requests import Parcel, PendingRequests
from plugin_operator.hosting.triggers.plugin_schedules import PluginSchedules
from plugin_operator.hosting.triggers.revision_triggers import RevisionTriggers
from plugin_operator.hosting.triggers.target import Target
from plugin_operator.plugin import ControllerDeclaration, Refusal

_log = logs.get_logger(__name__)


class Wiring(msgspec.Struct, frozen=True):
    """Immutable routing table, which any thread may read."""

    controllers: Mapping[str, Target] = msgspec.field(default_factory=dict)
    sources: Mapping[str, tuple[Target, ...]] = msgspec.field(default_factory=dict)
    backlogs: Mapping[str, Backlog] = msgspec.field(default_factory=dict)

    def of(self, parcel: Parcel) -> tuple[Target, ...]:
        """Return the targets of a request."""
        if parcel.source:
            return self.sources.get(parcel.source, ())
        found = self.controllers.get(parcel.controller)
        return (found,) if found is not None else ()


class PluginTriggers:
    """The triggers of one plugin; must be created on the event loop.

    Args:
        plugin: name of the plugin.
        environment: clock, fence, metrics, record of schedules.
    """

    def __init__(self, plugin: str, environment: Environment) -> None:
        self._plugin = plugin
        self._environment = environment
        self._clock = environment.clock
        self._fence = environment.fence
        self._wiring = Wiring()
        self._pending = PendingRequests(self._deliver)
        self._schedules = PluginSchedules(plugin, environment)
        self._leads = False

    def lead(self) -> None:
        """Accept requests from now on, because this process leads."""
        self._leads = True

    def start(self) -> None:
        """Run schedules from now on, because workers run."""
        self._leads = True
        self._schedules.start()

    def install(self, triggers: RevisionTriggers, targets: Mapping[str, Target]) -> None:
        """Route requests to the controllers of a revision, including requests that it has sent before."""
        declared = triggers.declarations
        self._wiring = self._wired(declared, targets)
        self._schedules.update(declared, targets)
        triggers.forward_to(self)

    def clear(self) -> None:
        """Reject requests from now on, because the plugin is unloaded."""
        self._wiring = Wiring()
        self._schedules.update((), {})

    async def stop(self) -> None:
        """Stop, because the process stops."""
        self._wiring = Wiring()
        await self._schedules.stop()

    @property
    def schedules_problem(self) -> str:
        """Why schedules do not run; empty if all do."""
        return self._schedules.schedules_problem

    def schedules(self, controller: str) -> tuple[ScheduleStatus, ...]:
        """Return what is known of the schedules of a controller."""
        return self._schedules.status(controller)

    def take(self, parcel: Parcel, due: float) -> Refusal | None:
        """Accept a request on any thread, and deliver it at the next turn of the event loop."""
        wiring = self._wiring
        if not self._leads or self._is_over() or (parcel.source and not self._environment.leads):
            return Refusal.STANDBY
        if not wiring.of(parcel):
            return Refusal.GONE
        backlog = wiring.backlogs.get(parcel.source) if parcel.source else None
        if backlog is not None and parcel.request is not None and not backlog.admits(parcel.request):
            return Refusal.FULL
        return None if self._pending.put(parcel, due) else Refusal.FULL

    def _is_over(self) -> bool:
        fence = self._fence
        return fence is not None and fence.until == -math.inf and not fence.is_suspended

    def _wired(self, declared: tuple[ControllerDeclaration, ...], targets: Mapping[str, Target]) -> Wiring:
        sources: dict[str, tuple[Target, ...]] = {}
        for each in declared:
            for source in each.sources:
                sources[source.name] = (*sources.get(source.name, ()), targets[each.name])
        return Wiring(targets, sources, {name: self._backlog(name, found) for name, found in sources.items()})

    def _backlog(self, source: str, targets: tuple[Target, ...]) -> Backlog:
        triggers = [each.trigger for each in targets]

        def waits(request: Request) -> bool:
            on_its_way = Parcel("", source, request) in self._pending
            return on_its_way or any(each.waits(request) for each in triggers)

        before = self._wiring.backlogs.get(source)
        if before is not None and [each.trigger for each in self._wiring.sources[source]] == triggers:
            return before
        return Backlog(waits, self._clock)

    def _deliver(self, parcels: dict[Parcel, float]) -> None:
        now = self._clock.monotonic()
        for parcel, due in parcels.items():
            for target in self._wiring.of(parcel):
                try:
                    target.enqueue(parcel.request, max(0.0, due - now) if due else 0.0)
                except Exception as error:  # noqa: BLE001 - one request must not lose the others
                    _log.error("Request not enqueued", plugin=self._plugin, request=str(parcel.request), exc_info=error)
