"""The reflector of a cache of shards: it follows ranges that change while it runs.

Owns when a watch opens again because of them, and the list of gained ranges. Leaves which objects are kept to
``shard_filter``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from msgspec.structs import replace

from plugin_operator import logs
from plugin_operator.cache.environment import Environment
from plugin_operator.cache.keys import InformerKey, ShardBy
from plugin_operator.cache.reflector.list_watch import ListWatch
from plugin_operator.cache.reflector.outcomes import HistoryRewritten
from plugin_operator.cache.reflector.reflector import Reflector
from plugin_operator.cache.reflector.states import Outcome, State
from plugin_operator.cache.reflector.wire import WireReader
from plugin_operator.cache.shards.covering import covering
from plugin_operator.cache.shards.objects import ShardedReader
from plugin_operator.cache.shards.shard_filter import ShardFilter
from plugin_operator.cache.store import Store
from plugin_operator.client import ApiRequest
from plugin_operator.errors import ApiError
from plugin_operator.kube.shards import ShardRanges
from plugin_operator.tasks import start_task

#: A parameter that is not understood, an address that is too long, and a value that is not allowed.
_REFUSALS = frozenset({400, 414, 422})
_FORBIDDEN = 403
_SELECTING = (State.STREAMING_LIST, State.PAGED_LIST, State.WATCHING, State.EXTENDING)

_log = logs.get_logger(__name__)


class ShardedReflector(Reflector):
    """List and watch for one informer of shards.

    Args:
        key: kind, namespace, selectors and what is hashed.
        environment: transport, discovery, clock, metrics and settings.
        store: keeps the objects.
        on_listed: called after each complete list of all ranges.
        on_part: called with True before a list of gained ranges, and with False after it.
        on_held: called when all objects of further ranges are in the store.
    """

    def __init__(
        self,
        key: InformerKey,
        environment: Environment,
        store: Store,
        *,
        on_listed: Callable[[], None],
        on_part: Callable[[bool], None],
        on_held: Callable[[], None],
    ) -> None:
        if key.shard_by is None:
            raise ValueError(f"{key} has no shards")
        self._by = key.shard_by
        self._filter = ShardFilter(store, moves=self._by is ShardBy.OWNER, on_held=self._held)
        super().__init__(key, environment, self._filter, on_listed=on_listed)
        self._on_part = on_part
        self._tell_held = on_held
        self._changed = asyncio.Event()
        self._asked = ShardRanges()
        self._is_parked = False
        self._selects = True
        self._is_forbidden = False

    @property
    def held(self) -> ShardRanges:
        """The ranges of which all objects are in the store."""
        return self._filter.held

    @property
    def state(self) -> State:
        """State shown to users; PARKED while there is no range to follow."""
        shown = super().state
        return State.PARKED if self._is_parked and shown is State.WATCHING else shown

    @property
    def server_filters(self) -> bool | None:
        """Whether the server sends only what it was asked for; None if that is not known, or was not asked."""
        if self._by.key is None:
            return None
        if not self._selects or self._filter.was_ignored:
            return False
        is_proven = not self._filter.asked.is_everything and any(True for _ in self._filter)
        return True if is_proven else None

    def want(self, ranges: ShardRanges) -> None:
        """Follow these ranges from now on; the objects of others leave the store at once, without an event."""
        if ranges != self._filter.wanted:
            self._filter.want(ranges)
            self._changed.set()

    def _actions(self) -> dict[State, Callable[[], Awaitable[Outcome]]]:
        served = super()._actions() | {State.EXTENDING: self._extend}
        return served | {state: partial(self._filtering, served[state]) for state in _SELECTING}

    async def _filtering(self, act: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Do a state, and again without a selector if the server refuses it: the filter here finds the same objects."""
        try:
            return await act()
        except ApiError as error:
            if not await self._is_about_selector(error):
                raise
            self._selects = False
            _log.warning("Shard selector refused, filtering here", informer=str(self._key), reason=str(error))
        return await act()

    async def _is_about_selector(self, error: ApiError) -> bool:
        """Report whether a request without the selector is allowed."""
        if not self._known.shards:
            self._is_forbidden = False
            return False
        if error.status == _FORBIDDEN:
            self._is_forbidden = await self._may_list_plainly()
            return self._is_forbidden
        return error.status in _REFUSALS and self._state is not State.STREAMING_LIST

    async def _may_list_plainly(self) -> bool:
        known = super()._known
        accept, patience = known.accept(listing=True), self._settings.page_seconds
        request = ApiRequest("GET", known.path, [*known.query, ("limit", "1")], accept=accept, timeout_seconds=patience)
        try:
            await self._transport.send(request)
        except ApiError:
            return False
        return True

    async def _list_by_stream(self) -> Outcome:
        # Another API server may answer by now; one that does not know the selector is asked for pages next.
        self._selects = not self._is_forbidden
        return await self._list_whole(super()._list_by_stream)

    async def _list_by_pages(self) -> Outcome:
        return await self._list_whole(super()._list_by_pages)

    async def _list_whole(self, listing: Callable[[], Coroutine[Any, Any, Outcome]]) -> Outcome:
        self._ask(self._filter.begin_whole())
        if self._asked:
            return await self._until_changed(listing())
        self._filter.begin_list()
        self._filter.end_list()
        self._listed()
        return Outcome.LISTED

    async def _watch(self) -> Outcome:
        self._ask(self._filter.held)
        if self._asked:
            return await self._until_changed(super()._watch())
        self._is_parked = True
        try:
            while not self._filter.gained:
                self._changed.clear()
                await self._changed.wait()
        finally:
            self._is_parked = False
        return Outcome.RESHARDED

    async def _extend(self) -> Outcome:
        """List the gained ranges into the store; the watch of all ranges then opens from the older version.

        Without versions that can be compared, all ranges are listed.
        """
        if not self._filter.gained:
            return Outcome.LISTED
        is_first = not self._filter.held
        part = self._filter.begin_part()
        self._ask(part.ranges)
        self._on_part(True)
        try:
            version = await self._pages().apply(part, self._reader())
        finally:
            self._on_part(False)
        if is_first:
            self._position.set(version)
            self._filter.end_part(None)
        elif version.isdecimal() and self.position.isdecimal():
            if self._position.is_before(version):
                raise HistoryRewritten(f"the server went back from resource version {self.position} to {version}")
            self._filter.end_part(int(version))
        else:
            return Outcome.UNPROVEN
        self._listed()
        return Outcome.LISTED

    def _ask(self, ranges: ShardRanges) -> None:
        self._asked = ranges
        is_selected = self._selects and self._by.key is not None
        self._filter.asked = covering(ranges) if is_selected else ShardRanges.everything()

    async def _until_changed(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        """Do ``work``, and end its watch when the ranges are no longer those that it asked for.

        A list is completed first. What the watch has applied stays, since each event moves the position.
        """
        task = start_task(work, f"shards/{self._key.gvk}")
        try:
            while True:
                self._changed.clear()
                if self._state is State.WATCHING and self._is_outdated:
                    return Outcome.RESHARDED
                change = start_task(self._changed.wait(), "shards-changed")
                try:
                    await asyncio.wait([task, change], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    change.cancel()
                if task.done():
                    return task.result()
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # read, or it would be logged: the next watch begins in any case

    @property
    def _is_outdated(self) -> bool:
        """Whether the watch misses a wanted range, or the server sends one in vain."""
        return bool(self._filter.gained) or (self._by is not ShardBy.OWNER and self._filter.held != self._asked)

    @property
    def _known(self) -> ListWatch:
        key = self._by.key
        is_selected = self._selects and key is not None and self._asked
        return replace(super()._known, shards=covering(self._asked).selector(key) if key and is_selected else "")

    def _reader(self) -> WireReader:
        return ShardedReader(self._key.gvk, self._by)

    def _held(self) -> None:
        self._changed.set()
        self._tell_held()
