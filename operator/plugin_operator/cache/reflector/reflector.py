"""The reflector, which keeps one store in sync with the API server.

Owns the work in each state of ``states``: resolving the kind, listing, watching, comparing, and the pauses between. It
is the only writer of the store, and runs until it is cancelled; no response of the server ends it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

from plugin_operator.cache.environment import Environment
from plugin_operator.cache.keys import InformerKey
from plugin_operator.cache.reflector.list_choice import ListChoice
from plugin_operator.cache.reflector.list_watch import ListWatch
from plugin_operator.cache.reflector.liveness import Liveness
from plugin_operator.cache.reflector.mirror import Mirror
from plugin_operator.cache.reflector.outcomes import Failure, HistoryRewritten, Unsupported, failure_of
from plugin_operator.cache.reflector.paging import PagedList, read_list
from plugin_operator.cache.reflector.states import Outcome, Pause, State, next_step
from plugin_operator.cache.reflector.stream_health import BLOCKING, StreamHealth
from plugin_operator.cache.reflector.watch_stream import Position, WatchStream
from plugin_operator.cache.reflector.wire import WireReader
from plugin_operator.client import ApiRequest, ByteStream
from plugin_operator.connection_backoff import Backoff
from plugin_operator.errors import ApiConnectionError, ApiError, NoMatchError
from plugin_operator.metrics.declaration import counter

_NOT_UNDERSTOOD = frozenset({400, 405, 406, 422})
_NEEDED_VERBS = ("list", "watch")
_EARLY_SECONDS = 5.0


OBJECTS_SKIPPED = counter("plugin_operator_objects_skipped_total", "Unreadable objects that are in no cache", "kind")


class Reflector:
    """List and watch for one informer, as a state machine.

    Args:
        key: kind, namespace and selectors to reflect.
        environment: transport, discovery, clock, metrics and settings.
        store: store to keep in sync.
        on_listed: called after each complete list.

    Attributes:
        is_current: whether a list was completed, or definitely refused, since the last call of ``run``.
    """

    def __init__(
        self, key: InformerKey, environment: Environment, store: Mirror, *, on_listed: Callable[[], None]
    ) -> None:
        self._key = key
        self._transport = environment.transport
        self._mapper = environment.mapper
        self._clock = environment.clock
        self._settings = environment.settings
        self._health = StreamHealth(key, environment.metrics)
        self._skipped = environment.metrics.family(OBJECTS_SKIPPED)
        self._store = store
        self._on_listed = on_listed
        self._backoff = Backoff(
            self._clock,
            base_seconds=self._settings.backoff_seconds,
            cap_seconds=self._settings.backoff_cap_seconds,
        )
        self._position = Position()
        self._list_watch: ListWatch | None = None
        self._list_choice = ListChoice(self._clock, self._settings.prefer_pages_seconds)
        self._state = State.RESOLVING
        self._pausing = False
        self.is_current = False
        self._liveness = Liveness(self._clock, self._settings.silence_seconds)

    @property
    def last_activity(self) -> float:
        """``Clock.monotonic()`` of the last event, page or accepted request."""
        return self._liveness.last_activity

    @property
    def state(self) -> State:
        """State shown to users: WAITING lasts until the request succeeds, including the attempts in between."""
        if self._state is State.STOPPED:
            return State.STOPPED
        if self._health.is_waiting:
            return State.WAITING
        return State.BACKING_OFF if self._pausing else self._state

    @property
    def reason(self) -> str:
        """The last failure, for users; empty while the stream is healthy."""
        return self._health.reason

    @property
    def position(self) -> str:
        """Resource version up to which the store is in sync."""
        return self._position.resource_version

    async def run(self) -> None:
        """Keep the store in sync until cancelled. A second call relists."""
        self._state, self.is_current, self._pausing = State.RESOLVING, False, False
        try:
            while True:
                failure = await self._act()
                step = next_step(self._state, failure.outcome)
                self._state = self._list_choice.resolve(self._state, step.state)
                if step.pause is not Pause.NONE:
                    await self._pause(step.pause, failure)
        finally:
            self._state = State.STOPPED

    async def _act(self) -> Failure:
        """Perform the current state and return its failure, if any; only cancellation raises."""
        try:
            return Failure(await self._actions()[self._state](), "")
        except Exception as error:  # noqa: BLE001 - a reflector that ends leaves its controller without events
            failure = failure_of(error)
            self._health.note(failure, error)
            if failure.outcome in BLOCKING:
                self.is_current = True
                self._backoff.reset()  # earlier failures must not delay the list once the kind is served
            if failure.outcome is Outcome.MISSING:
                self._mapper.invalidate(self._key.gvk)
            return failure

    def _actions(self) -> dict[State, Callable[[], Awaitable[Outcome]]]:
        return {
            State.RESOLVING: self._resolve,
            State.STREAMING_LIST: self._list_by_stream,
            State.PAGED_LIST: self._list_by_pages,
            State.WATCHING: self._watch,
            State.COMPARING: self._compare,
        }

    async def _resolve(self) -> Outcome:
        resource = await self._mapper.resource_for(self._key.gvk)
        missing = [verb for verb in _NEEDED_VERBS if not resource.supports(verb)]
        if missing:
            self._mapper.invalidate(self._key.gvk)
            raise NoMatchError(f"{self._key.gvk} does not support {' and '.join(missing)}")
        self._list_watch = ListWatch(resource, self._key)
        return Outcome.RESOLVED

    async def _list_by_stream(self) -> Outcome:
        """List by stream, then watch on the same stream."""
        query = [("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan")]
        self._store.begin_list()
        feed = self._feed(listing=True)
        try:
            return await self._follow(feed, query)
        except ApiError as error:
            if feed.listing and error.status in _NOT_UNDERSTOOD:
                self._list_choice.prefer_pages()
                raise Unsupported(str(error)) from error
            raise

    async def _list_by_pages(self) -> Outcome:
        version = await self._pages().apply(self._store, self._reader())
        self._position.set(version)
        self._listed()
        return Outcome.LISTED

    async def _watch(self) -> Outcome:
        feed = self._feed(listing=False)
        return await self._follow(feed, [("resourceVersion", self._position.resource_version)])

    async def _follow(self, feed: WatchStream, extra: list[tuple[str, str]]) -> Outcome:
        """Read one watch stream until it ends, and return why."""
        lasting = int(self._settings.watch_seconds * (1.0 + random.random()))  # noqa: S311 - spreads load
        watch = [("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", str(lasting))]
        request = ApiRequest(
            "GET",
            self._known.path,
            [*self._known.query, *watch, *extra],
            accept=self._known.accept(listing=False),
            timeout_seconds=self._settings.silence_seconds,
        )
        began = self._clock.monotonic()
        try:
            async with self._transport.stream(request) as stream:
                self._liveness.heard()
                if feed.listing:
                    await self._read_list(stream, feed)
                else:
                    self._health.answered()
                while data := await stream.read():
                    await self._consume(feed, data)
                    if self.last_activity - began > self._settings.healthy_seconds:
                        self._health.lasted()
            feed.finish()
        finally:
            lasted = self._clock.monotonic() - began
            if lasted > self._settings.healthy_seconds:
                self._backoff.reset()
        if lasted < lasting - _EARLY_SECONDS:
            raise ApiConnectionError("the server closed the watch early")
        return Outcome.ENDED

    async def _consume(self, feed: WatchStream, data: bytes) -> None:
        if await feed.consume(data):
            self._liveness.heard()
        else:
            self._liveness.heard_part()

    async def _read_list(self, stream: ByteStream, feed: WatchStream) -> None:
        """Read the initial events of a streaming list, up to the bookmark that ends it.

        If the bookmark does not come or the stream breaks, the reflector lists in pages for a while. An old server may
        treat the request as a plain watch, and a stream that broke may break again.
        """
        self._list_choice.prefer_pages()
        end = self._clock.monotonic() + self._settings.list_seconds
        while feed.listing:
            if self._clock.monotonic() > end:
                self._list_choice.prefer_pages()
                raise ApiConnectionError(f"the list is not complete after {self._settings.list_seconds:g} s")
            try:
                async with asyncio.timeout(self._settings.list_silence_seconds):
                    data = await stream.read()
            except TimeoutError as error:
                raise ApiConnectionError("the server sent no bookmark at the end of its streaming list") from error
            if not data:
                raise ApiConnectionError("the server closed the streaming list before it was complete")
            await self._consume(feed, data)
        self._list_choice.prefer_streams()
        self._state = next_step(self._state, Outcome.LISTED).state
        self._listed()

    async def _compare(self) -> Outcome:
        """Compare the server's resource version and the uid of one object with the store.

        A newly created cluster may have reached our resource version, but its objects have other uids. One object is
        enough; the first in the store is old, so that it is rarely being deleted.
        """
        probe = next(iter(self._store), None)
        if probe is None:
            return Outcome.UNPROVEN  # an empty store has nothing to compare, and a relist is cheap
        path, query = self._known.one(probe)
        accept, patience = self._known.accept(listing=True), self._settings.page_seconds
        request = ApiRequest("GET", path, query, accept=accept, timeout_seconds=patience)
        try:
            answer = await self._transport.send(request)
        except ApiError as error:
            if error.status in _NOT_UNDERSTOOD:
                return Outcome.UNPROVEN  # an aggregated API server may not support the selector; the list decides
            raise
        version, found = read_list(answer.body, self._reader())
        if self._position.is_before(version):
            raise HistoryRewritten(f"the server went back from resource version {self.position} to {version}")
        is_there = any(obj.key == probe.key and obj.uid == probe.uid for obj in found)
        return Outcome.SAME if is_there else Outcome.UNPROVEN

    @property
    def _known(self) -> ListWatch:
        if self._list_watch is None:
            raise NoMatchError(f"{self._key.gvk} is not resolved")
        return self._list_watch

    def _reader(self) -> WireReader:
        return WireReader(self._key.gvk)

    def _pages(self) -> PagedList:
        heard = self._liveness.heard
        return PagedList(
            self._transport, self._known, self._clock, self._settings, on_page=heard, on_skipped=self._skip
        )

    def _feed(self, *, listing: bool) -> WatchStream:
        return WatchStream(
            self._store, self._reader(), self._position, self._clock, listing=listing, on_skipped=self._skip
        )

    def _skip(self) -> None:
        self._skipped.inc(str(self._key.gvk))

    def _listed(self) -> None:
        self._liveness.heard()
        self._health.answered()
        self.is_current = True
        self._on_listed()

    async def _pause(self, pause: Pause, failure: Failure) -> None:
        settings = self._settings
        match pause:
            case Pause.POLL_KIND:
                seconds = settings.poll_kind_seconds * (0.8 + 0.4 * random.random())  # noqa: S311 - spreads load
            case Pause.POLL_ACCESS:
                seconds = settings.poll_access_seconds * (1.0 + random.random())  # noqa: S311 - spreads load
            case _:
                seconds = max(self._backoff.next_seconds(), failure.retry_after_seconds or 0.0)
        self._pausing = True
        try:
            await self._clock.sleep(seconds)
        finally:
            self._pausing = False
