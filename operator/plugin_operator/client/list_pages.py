"""Read a list page by page.

Owns the items and the total size of the pages. Leaves the order of pages to ``Paging`` and requests to the caller.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

import msgspec

from plugin_operator.client.answers import read_json
from plugin_operator.client.deep_json import MOST_LEVELS, cut, is_cut
from plugin_operator.client.http.api_request import Query
from plugin_operator.client.http.limits import MAX_RECEIVING_BYTES
from plugin_operator.client.paging import Paging
from plugin_operator.errors import AnswerTooLargeError, ApiConnectionError, GoneError
from plugin_operator.kube import Resource

_MOST = 10

FetchPage = Callable[[Query], Awaitable[bytes]]


class _ListMeta(msgspec.Struct, frozen=True):
    next: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct, rename="camel"):
    api_version: str = ""
    metadata: _ListMeta = _ListMeta()
    items: list[msgspec.Raw] | None = None


class _Typed(msgspec.Struct):
    kind: str | None = None


class _Name(msgspec.Struct, frozen=True):
    name: str = ""
    namespace: str = ""


class _Named(msgspec.Struct):
    metadata: _Name = _Name()


async def read_list(fetch: FetchPage, resource: Resource) -> Sequence[bytes]:
    """Return the JSON of all objects of a list.

    Args:
        fetch: requests one page, by its query.
        resource: the listed resource.

    Raises:
        AnswerTooLargeError: a single object, or the whole list, is too large.
        ApiConnectionError: a page cannot be decoded, or the list does not end.
    """
    try:
        return await _read_pages(fetch, resource, Paging(resource.plural))
    except GoneError:  # the snapshot behind the pages has expired on the server
        return await _read_pages(fetch, resource, Paging(resource.plural, None))


def objects_in(body: bytes, resource: Resource) -> Sequence[bytes]:
    """Return the JSON of the objects in the answer to a deletion of many; none if it is a ``Status``.

    Raises:
        ApiConnectionError: the answer cannot be read.
    """
    return list(_items(read_json(body, _Page), resource))


async def _read_pages(fetch: FetchPage, resource: Resource, pages: Paging) -> Sequence[bytes]:
    """Return the items of all pages."""
    found: list[bytes] = []
    size = 0
    async for page, page_bytes in _pages(fetch, resource, pages):
        size += page_bytes
        if size > MAX_RECEIVING_BYTES:
            raise AnswerTooLargeError(f"all {resource.plural} have more than {MAX_RECEIVING_BYTES} bytes")
        found.extend(page)
    return found


async def each_page(fetch: FetchPage, resource: Resource) -> AsyncIterator[Sequence[bytes]]:
    """Yield the JSON of the objects of a list page by page, so that a list of any size takes the memory of one page.

    Args:
        fetch: requests one page, by its query.
        resource: the listed resource.

    Raises:
        GoneError: the snapshot behind the pages has expired; begin again.
        AnswerTooLargeError: a single object is too large.
        ApiConnectionError: a page cannot be decoded, or the list does not end.
    """
    async for page, _ in _pages(fetch, resource, Paging(resource.plural)):
        yield page


async def _pages(fetch: FetchPage, resource: Resource, pages: Paging) -> AsyncIterator[tuple[Sequence[bytes], int]]:
    """Yield the items and the size of each page; one that is too large is requested again with fewer objects."""
    has_more = True
    while has_more:
        try:
            body = await fetch(pages.query)
        except AnswerTooLargeError as error:
            pages.shrink(error)
            continue
        page = _read(body, resource)
        yield list(_items(page, resource)), len(body)
        has_more = pages.turn(page.metadata.next, len(body))


def _read(body: bytes, resource: Resource) -> _Page:
    try:
        return msgspec.json.decode(body, type=_Page)
    except RecursionError:
        page = read_json(cut(body), _Page)
    except msgspec.MsgspecError:
        return read_json(body, _Page)
    deep = [read_json(bytes(item), _Named).metadata for item in page.items or () if is_cut(bytes(item))]
    names = ", ".join(f"{each.namespace}/{each.name}" if each.namespace else each.name for each in deep[:_MOST])
    raise ApiConnectionError(f"{resource.gvk} {names}: nested more than {MOST_LEVELS} levels deep, and cannot be read")


def _items(page: _Page, resource: Resource) -> Iterator[bytes]:
    """Yield the items, with the ``kind`` and ``apiVersion`` that lists of built-in kinds omit."""
    head = b'{"apiVersion":"%b","kind":"%b"' % (resource.gvk.api_version.encode(), resource.gvk.kind.encode())
    for item in page.items or ():
        raw = bytes(item)
        if read_json(raw, _Typed).kind:
            yield raw
        else:
            rest = raw[1:].lstrip()
            yield head + (b"}" if rest == b"}" else b"," + rest)
