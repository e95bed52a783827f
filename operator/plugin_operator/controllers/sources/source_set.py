"""All sources of one controller, over all its revisions.

Owns the lifetime of its informers: acquired before a revision needs them, and released some time after the last one
does.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping

from plugin_operator.clock import Clock
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers.cache_interface import Informer, InformerFactory, InformerKey
from plugin_operator.controllers.sources.late_maps import Enqueue, OnStuck
from plugin_operator.controllers.sources.source import Source
from plugin_operator.controllers.spec import ControllerSpec
from plugin_operator.tasks import TaskOwner, start_task

#: How long an unused informer is kept, for pending deletions and for a revision that uses it again.
LINGER_SECONDS = 10.0

_POLL_FROM_SECONDS = 0.001
_POLL_TO_SECONDS = 0.05


class Sources:
    """The sources of a controller by informer key.

    Args:
        factory: creates informers.
        enqueue: receives requests.
        clock: measures waits.
        tasks: owns the jobs of the sources.
        on_stuck: called with 1 when an async map function ignores its cancellation, and with -1 when it ends.
        new_source: makes a source; see ``Source``.
    """

    __slots__ = (
        "_clock",
        "_enqueue",
        "_factory",
        "_fresh",
        "_is_closed",
        "_new_source",
        "_on_stuck",
        "_primary",
        "_releases",
        "_sources",
        "_tasks",
    )

    def __init__(
        self,
        factory: InformerFactory,
        enqueue: Enqueue,
        *,
        clock: Clock,
        tasks: TaskOwner,
        on_stuck: OnStuck,
        new_source: Callable[..., Source] = Source,
    ) -> None:
        self._factory = factory
        self._new_source = new_source
        self._enqueue = enqueue
        self._clock = clock
        self._tasks = tasks
        self._on_stuck = on_stuck
        # A swap must not wait until an informer has stopped.
        self._releases = TaskOwner("release-informers", clock=clock)
        self._sources: dict[InformerKey, Source] = {}
        self._fresh: dict[InformerKey, Source] = {}
        self._primary: tuple[InformerKey, ...] = ()
        self._is_closed = False

    def __iter__(self) -> Iterator[Source]:
        return iter(self._sources.values())

    @property
    def informers(self) -> Mapping[InformerKey, Informer]:
        """All acquired informers, including those that are still syncing."""
        return {key: source.informer for key, source in {**self._sources, **self._fresh}.items()}

    @property
    def active(self) -> dict[InformerKey, Source]:
        """The sources of the current revision."""
        return {key: source for key, source in self._sources.items() if not source.is_retired}

    @property
    def primary(self) -> list[Source]:
        """The sources of the reconciled kind; none for a controller without one."""
        return [self._sources[key] for key in self._primary if key in self._sources]

    def route(self, enqueue: Enqueue) -> None:
        """Send the requests of all present and future sources to ``enqueue``."""
        self._enqueue = enqueue
        for source in (*self._sources.values(), *self._fresh.values()):
            source.reroute(enqueue)

    def missing(self, spec: ControllerSpec) -> list[InformerKey]:
        """Return the keys of the informers that ``spec`` needs and that have not synced."""
        held = self.informers
        return [key for key in spec.informer_keys if key not in held or not held[key].has_synced]

    @property
    def have_synced(self) -> bool:
        """Whether every informer of the current revision has synced."""
        return all(source.informer.has_synced for source in self.active.values())

    async def warm(self, spec: ControllerSpec, deadline_seconds: float) -> None:
        """Acquire the informers that ``spec`` adds, and wait until they sync or wait, or until the deadline.

        On cancel or failure it releases them.
        """
        try:
            for key in spec.informer_keys:
                if key not in self._sources:
                    self._fresh[key] = self._acquire(key)
            await self._wait_warm([source.informer for source in self._fresh.values()], deadline_seconds)
        except BaseException:
            self.cool()
            raise

    def cool(self) -> None:
        """Release informers that ``warm`` has acquired and no revision uses."""
        fresh, self._fresh = self._fresh, {}
        for source in fresh.values():
            self._give_back(source)

    def bind(self, spec: ControllerSpec, guard: PluginGuard) -> list[Source]:
        """Switch to the watches of ``spec`` in one step, and return the sources that both revisions use.

        The predicates and map functions of the new revision run in ``guard``.
        """
        self._primary = spec.watches[0].informer_keys if spec.watches else ()
        kept = []
        for key, source in self._sources.items():
            watches = tuple(watch for watch in spec.watches if key in watch.informer_keys)
            if watches:
                source.bind(watches, guard)
                kept.append(source)
            elif not source.is_retired:
                self._retire(key, source)
        fresh, self._fresh = self._fresh, {}
        for key in spec.informer_keys:
            if key not in self._sources:
                # Acquired by ``warm``, or an unused informer that was released while the others synced.
                source = self._sources[key] = fresh.get(key) or self._acquire(key)
                source.bind(tuple(watch for watch in spec.watches if key in watch.informer_keys), guard)
                source.registration = source.informer.add_handler(source)
        return kept

    async def wait_synced(self) -> None:
        """Wait until one more informer of the current revision has synced."""
        missing = [source.informer for source in self.active.values() if not source.informer.has_synced]
        waits = [start_task(informer.wait_synced(), "cache-synced") for informer in missing]
        try:
            if waits:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def wait_released(self, deadline_seconds: float) -> None:
        """Wait until all released informers have stopped, at most until the deadline."""
        await self._releases.finish(deadline_seconds)

    def close(self) -> None:
        """Stop handling events, release all informers, and end a pending ``warm``."""
        self._is_closed = True
        self.cool()
        sources, self._sources = self._sources, {}
        for source in sources.values():
            self._end(source)

    def _acquire(self, key: InformerKey) -> Source:
        informer = self._factory.acquire(key)
        return self._new_source(informer, self._enqueue, tasks=self._tasks, clock=self._clock, on_stuck=self._on_stuck)

    def _retire(self, key: InformerKey, source: Source) -> None:
        def end() -> None:
            if self._sources.get(key) is source and source.is_retired:
                del self._sources[key]
                self._end(source)

        source.retire()
        source.linger = self._clock.call_later(LINGER_SECONDS, end)

    def _end(self, source: Source) -> None:
        if source.linger is not None:
            source.linger.cancel()
        source.close()
        source.informer.remove_handler(source.registration)
        self._give_back(source)

    def _give_back(self, source: Source) -> None:
        self._releases.spawn(self._factory.release(source.informer), "release")

    async def _wait_warm(self, informers: Iterable[Informer], deadline_seconds: float) -> None:
        deadline = self._clock.monotonic() + deadline_seconds
        pause = _POLL_FROM_SECONDS
        while any(not informer.has_synced and not informer.is_waiting for informer in informers):
            if self._is_closed or self._clock.monotonic() >= deadline:
                return
            await self._clock.sleep(pause)
            pause = min(2 * pause, _POLL_TO_SECONDS)
