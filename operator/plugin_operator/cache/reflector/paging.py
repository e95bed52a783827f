"""Paged lists: requests, decoding, and expired continue tokens.

Owns one complete list. Leaves the reaction to its failure to ``reflector``.
"""

import asyncio
from collections.abc import Callable

import msgspec

from plugin_operator import logs
from plugin_operator.cache import time_slice
from plugin_operator.cache.environment import ReflectorSettings
from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.reflector.list_watch import ListWatch
from plugin_operator.cache.reflector.mirror import Mirror
from plugin_operator.cache.reflector.wire import Malformed, WireReader
from plugin_operator.client import ApiRequest, Paging, Transport
from plugin_operator.client.deep_json import cut
from plugin_operator.clock import Clock
from plugin_operator.errors import AnswerTooLargeError, ApiConnectionError, GoneError

_log = logs.get_logger(__name__)


class _ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str | None = None
    next: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct):
    metadata: _ListMeta = _ListMeta()
    items: list[msgspec.Raw] | None = None


_PAGE = msgspec.json.Decoder(_Page)


def read_list(body: bytes, reader: WireReader) -> tuple[str, list[CachedObject]]:
    """Return the resource version and the objects of a short list.

    Raises:
        ApiConnectionError: the body is not a list, or an object in it has no name.
    """
    page, is_cut = _read(body)
    read = reader.item_of_cut if is_cut else reader.item
    try:
        return page.metadata.resource_version or "", [read(bytes(item)) for item in page.items or []]
    except Malformed as error:
        raise ApiConnectionError(str(error)) from error


class PagedList:
    """One complete list, applied to the store page by page.

    Args:
        transport: sends the requests.
        collection: what to list.
        clock: measures the time slices.
        settings: deadlines of a page and of the whole list.
        on_page: called after each page.
        on_skipped: called for each object that cannot be decoded and is skipped.
    """

    def __init__(
        self,
        transport: Transport,
        collection: ListWatch,
        clock: Clock,
        settings: ReflectorSettings,
        *,
        on_page: Callable[[], None],
        on_skipped: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._path = collection.path
        self._query = collection.query
        self._accept = collection.accept(listing=True)
        self._clock = clock
        self._page_seconds = settings.page_seconds
        self._list_seconds = settings.list_seconds
        self._on_page = on_page
        self._on_skipped = on_skipped

    async def apply(self, store: Mirror, reader: WireReader) -> str:
        """List all objects into ``store`` and return the resource version of the list.

        The pages are one consistent snapshot. If it expires before the last page, the list is requested again without
        pages: a list that takes longer than the server keeps snapshots would never finish in pages.

        Raises:
            ApiError: the server rejected the request.
            ApiConnectionError: the request failed, the response is not a list, or the pages do not end.
        """
        try:
            return await self._run(store, reader, Paging(self._path))
        except GoneError:
            return await self._run(store, reader, Paging(self._path, None))

    async def _run(self, store: Mirror, reader: WireReader, pages: Paging) -> str:
        store.begin_list()
        end = self._clock.monotonic() + self._list_seconds
        version, has_more = "", True
        while has_more:
            if self._clock.monotonic() > end:
                raise ApiConnectionError(f"{self._path}: the list is not complete after {self._list_seconds:g} s")
            try:
                answer = await self._transport.send(self._request_for(pages))
            except AnswerTooLargeError as error:
                pages.shrink(error)
                continue
            page, is_cut = _read(answer.body)
            await self._store_items(page.items or [], store, reader.item_of_cut if is_cut else reader.item)
            version = page.metadata.resource_version or version
            has_more = pages.turn(page.metadata.next, len(answer.body))
            self._on_page()
        store.end_list()
        return version

    def _request_for(self, pages: Paging) -> ApiRequest:
        query = [*self._query, *pages.query]
        return ApiRequest("GET", self._path, query, accept=self._accept, timeout_seconds=self._page_seconds)

    async def _store_items(
        self, items: list[msgspec.Raw], store: Mirror, read: Callable[[bytes], CachedObject]
    ) -> None:
        end = self._clock.monotonic() + time_slice.SLICE_SECONDS
        for number, item in enumerate(items):
            try:
                store.upsert(read(bytes(item)))  # copied, because a Raw keeps the whole page alive
            except Malformed as error:
                self._on_skipped()
                _log.error("Object skipped, it cannot be decoded", reason=str(error), path=self._path)
            if number % time_slice.LOOK_EVERY == 0 and self._clock.monotonic() >= end:
                await asyncio.sleep(0)
                end = self._clock.monotonic() + time_slice.SLICE_SECONDS


def _read(body: bytes) -> tuple[_Page, bool]:
    """Return a page, and whether parts of it are cut off because they are nested too deeply."""
    try:
        try:
            return _PAGE.decode(body), False
        except RecursionError:
            return _PAGE.decode(cut(body)), True
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ApiConnectionError(f"the response is not a list: {error}") from error
