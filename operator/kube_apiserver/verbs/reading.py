"""The get and list verbs."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from kube_apiserver.representations import Presenter
from kube_apiserver.requests.continue_tokens import expired_token, make_token, read_token
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.resource_versions import exact_revision, list_revision
from kube_apiserver.requests.selection import Selection
from kube_apiserver.storage import Compacted, Item, item_key
from kube_apiserver.threads import LONG_BYTES, LONG_ITEMS, off_loop
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import bad_request, expired, not_found

#: From this size on, a thread encodes a list. Most lists are joined from the bytes of their items.
_LONG_LIST_BYTES = 256 * 1024


def find(request: Request) -> Item:
    """Return the current item that a request names, for a write to build on.

    Raises:
        StatusError: 404.
    """
    return _required(request, request.cluster.store.get(request.resource.bucket, _key(request)))


def is_absent(request: Request) -> bool:
    """Report whether there is no item that a request names."""
    return request.cluster.store.get(request.resource.bucket, _key(request)) is None


def find_shown(request: Request) -> Item:
    """Return the item that a request names in its newest state on disk, for a response.

    Raises:
        StatusError: 404.
    """
    return _required(request, request.cluster.store.shown(request.resource.bucket, _key(request)))


def _key(request: Request) -> str:
    return item_key(request.target.namespace if request.resource.namespaced else "", request.target.name)


def _required(request: Request, item: Item | None) -> Item:
    if item is None:
        raise not_found(request.resource.plural, request.resource.group, request.target.name)
    return item


async def get(request: Request) -> Response:
    """Answer with one object."""
    list_revision(request)
    presenter, item = Presenter(request, many=False), find_shown(request)
    return Response(await off_loop(len(item.raw) > LONG_BYTES, presenter.one, item))


async def list_objects(request: Request) -> Response:
    """Answer with a list or one page of it."""
    presenter = Presenter(request, many=True)
    chosen, metadata = await choose(request)
    return Response(await presented(presenter, chosen, metadata))


async def presented(presenter: Presenter, chosen: list[Item], metadata: dict[str, Any]) -> bytes:
    """Return the encoded list. A thread encodes a long one."""
    is_long = len(chosen) > LONG_ITEMS or sum(len(item.raw) for item in chosen) > _LONG_LIST_BYTES
    return await off_loop(is_long, presenter.many, chosen, metadata)


async def choose(request: Request) -> tuple[list[Item], dict[str, Any]]:
    """Return the selected items, or one page of them, with the list metadata.

    Raises:
        StatusError: 400 or 422, a parameter is invalid; 410; 500, a shard selector is invalid; 504.
    """
    request.number("timeoutSeconds")  # validated only: a list never takes that long
    limit = request.number("limit") or 0
    selection = Selection(request)
    if request.query.get("resourceVersion") == "0" and request.resource.strategy.is_cached:
        limit = 0  # The watch cache of kube-apiserver answers, and it ignores the limit then.
    revision, items = _start(request)
    if selection.everything:
        return _chosen(items, selection, revision, limit)
    # A thread must not read the store, which changes meanwhile.
    found = list(items)
    chosen, metadata = await off_loop(len(found) > LONG_ITEMS, _chosen, iter(found), selection, revision, limit)
    return chosen, {**metadata, **selection.list_metadata}


def _chosen(
    items: Iterator[Item], selection: Selection, revision: int, limit: int
) -> tuple[list[Item], dict[str, Any]]:
    matching = items if selection.everything else (item for item in items if selection.matches(item))
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    if limit <= 0:
        return list(matching), metadata
    chosen = list(islice(matching, limit))
    # Like in kube-apiserver, the remaining items are not matched, so the next page may be empty.
    remaining = sum(1 for _ in items) if len(chosen) == limit else 0
    if remaining:
        metadata["continue"] = make_token(revision, chosen[-1].key)
        if selection.is_counted:
            metadata["remainingItemCount"] = remaining
    return chosen, metadata


def _start(request: Request) -> tuple[int, Iterator[Item]]:
    """Return the revision of the list and the items to select from."""
    store, bucket = request.cluster.store, request.cluster.store.bucket(request.resource.bucket)
    prefix = f"{request.target.namespace}/" if request.target.namespace and request.resource.namespaced else ""
    token = request.query.get("continue", "")
    if token:
        if request.query.get("resourceVersion", "") not in {"", "0"}:
            raise bad_request("specifying resource version is not allowed when using continue")
        revision, after = read_token(token)
        if revision < 0:
            return store.published_revision, store.page(bucket, prefix, after)
        try:
            bucket.position_after(revision)
        except Compacted as error:
            raise expired_token(after) from error
        return revision, bucket.page_at(revision, prefix, after)
    list_revision(request)
    exact = exact_revision(request)
    if exact is None:
        return store.published_revision, store.page(bucket, prefix, "")
    try:
        bucket.position_after(exact)
    except Compacted as error:
        raise expired("The resourceVersion for the provided list is too old.") from error
    return exact, bucket.page_at(exact, prefix, "")
