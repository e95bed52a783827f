"""Async map functions: they run beside the event loop's other work, and their requests come late.

Owns which of them run, and the changes that wait for one. Nothing is lost at a reload: what runs or waits is handed to
the next revision. A function that ignores its cancellation keeps its place and its object until it ends, which bounds
how many there are.
"""

import asyncio
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.containment import PluginGuard, is_cancelled_from_outside
from plugin_operator.controllers.cache_interface import CachedObject
from plugin_operator.controllers.handlers import EnqueueMappedLater
from plugin_operator.controllers.reconcile import Request
from plugin_operator.tasks import AnyTask, Service, TaskOwner, start_task, wait_until_done

#: How many map functions of one informer run at once.
MAX_AT_ONCE = 10

#: How long one may take; past it, it is cancelled and its requests are lost, as of one that raises.
DEADLINE_SECONDS = 30.0

#: How long a cancelled one may take to end until it counts as stuck.
GRACE_SECONDS = 1.0

Enqueue = Callable[[Request, int], None]
OnStuck = Callable[[int], None]

_log = logs.get_logger(__name__)


class Change(msgspec.Struct, frozen=True):
    """A change that a map function has yet to see.

    Attributes:
        handler, guard: of the revision that was bound when it came.
        key: of the object.
        new: its state now, after a deletion the last one.
        old: the state that the function has seen before; None for a new object.
        priority: of the requests.
    """

    handler: EnqueueMappedLater
    guard: PluginGuard
    key: Request
    new: CachedObject
    old: CachedObject | None
    priority: int


class LateMaps:
    """Runs the async map functions of one source, each object's changes one after the other.

    Changes of an object that wait become one: from the oldest state to the newest.

    Args:
        enqueue: takes a request and its priority.
        tasks: owns the jobs.
        clock: measures the deadline.
        on_stuck: called with 1 when a cancelled function has not ended in time, and with -1 when it ends.
    """

    __slots__ = ("_clock", "_enqueue", "_has_logged", "_jobs", "_on_stuck", "_running", "_tasks", "_waiting")

    def __init__(self, enqueue: Enqueue, tasks: TaskOwner, clock: Clock, on_stuck: OnStuck) -> None:
        self._enqueue = enqueue
        self._on_stuck = on_stuck
        self._has_logged = False
        self._tasks = tasks
        self._clock = clock
        self._jobs: set[Service] = set()
        self._waiting: dict[tuple[int, Request], Change] = {}
        self._running: dict[tuple[int, Request], Change] = {}

    def submit(self, change: Change) -> None:
        """Let the function see a change, soon."""
        place = (id(change.handler), change.key)
        before = self._waiting.get(place)
        if before is not None:
            priority = max(before.priority, change.priority)
            change = replace(change, old=before.old, priority=priority)
        self._waiting[place] = change
        if len(self._running) < MAX_AT_ONCE and place not in self._running:
            self._start()

    def take_over(self) -> list[Change]:
        """End everything, and return the changes that no function has answered."""
        changes = [*self._running.values(), *self._waiting.values()]
        self._running, self._waiting = {}, {}
        self._has_logged = False
        jobs, self._jobs = self._jobs, set()
        for each in jobs:
            each.cancel()
        return changes

    def _start(self) -> None:
        place = next((each for each in self._waiting if each not in self._running), None)
        if place is None:
            return
        change = self._running[place] = self._waiting.pop(place)
        running = self._running

        async def run() -> None:
            try:
                await self._run(change)
            finally:
                # After take_over these are another revision's.
                if running is self._running:
                    running.pop(place, None)
                    self._jobs.discard(job)
                    self._start()

        job = self._tasks.complete(run, "map", kind="map")
        self._jobs.add(job)

    async def _run(self, change: Change) -> None:
        found: list[Request] = []
        task = start_task(self._call(change, found), f"map/{change.guard.plugin}")
        try:
            is_late = bool(await wait_until_done([task], DEADLINE_SECONDS, clock=self._clock))
            if is_late:
                error = TimeoutError(f"the map function did not return within {DEADLINE_SECONDS:g} s")
                change.guard.report("map", change.key, error)
        finally:
            task.cancel()
        for request in found:
            self._enqueue(request, change.priority)
        if is_late and await wait_until_done([task], GRACE_SECONDS, clock=self._clock):
            self._count_as_stuck(task, change)
            await asyncio.wait([task])

    def _count_as_stuck(self, task: AnyTask, change: Change) -> None:
        self._on_stuck(1)
        task.add_done_callback(lambda _: self._on_stuck(-1))
        if not self._has_logged:
            self._has_logged = True
            guard = change.guard
            _log.warning(
                "Map function ignores its cancellation",
                plugin=guard.plugin,
                revision=guard.revision,
                controller=guard.controller,
                key=str(change.key),
                most=MAX_AT_ONCE,
            )

    async def _call(self, change: Change, found: list[Request]) -> None:
        try:
            await change.guard.drive(change.handler.collect(found, change.new, change.old))
        except BaseException as error:
            # Caught inside the task: asyncio ends the event loop, and with it the operator, for some of them.
            if is_cancelled_from_outside(error):
                raise
            change.guard.report("map", change.key, error)
