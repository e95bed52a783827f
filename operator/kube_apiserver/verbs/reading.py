"""get and list."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from kube_apiserver.presenter import Presenter
from kube_apiserver.requests.continue_tokens import make_token, outdated, read_token
from kube_apiserver.requests.request import Call
from kube_apiserver.requests.resource_versions import exact_revision, list_revision
from kube_apiserver.requests.selection import Selection
from kube_apiserver.storage import Compacted, Item, item_key
from kube_apiserver.wire.response import Reply
from kube_apiserver.wire.status_error import bad_request, expired, not_found


def find(call: Call) -> Item:
    """Return the object a request names, for a write to build upon.

    Raises:
        ApiFailure: 404.
    """
    return _required(call, call.cluster.store.get(call.resource.bucket, _key(call)))


def find_shown(call: Call) -> Item:
    """Return the object a request names, for an answer: what is on disk.

    Raises:
        ApiFailure: 404.
    """
    return _required(call, call.cluster.store.shown(call.resource.bucket, _key(call)))


def _key(call: Call) -> str:
    return item_key(call.target.namespace if call.resource.namespaced else "", call.target.name)


def _required(call: Call, item: Item | None) -> Item:
    if item is None:
        raise not_found(call.resource.plural, call.resource.group, call.target.name)
    return item


async def get(call: Call) -> Reply:
    """Answer with one object."""
    list_revision(call)
    presenter = Presenter(call, many=False)
    return Reply(presenter.one(find_shown(call)))


async def list_objects(call: Call) -> Reply:
    """Answer with a list or a page of one."""
    selection = Selection(call.resource, call.query, call.target.name)
    presenter = Presenter(call, many=True)
    return Reply(presenter.many(*choose(call, selection)))


def choose(call: Call, selection: Selection) -> tuple[list[Item], dict[str, Any]]:
    """Return the selected objects, or a page of them, with the metadata of their list.

    Raises:
        ApiFailure: 400 or 422 by what is wrong with the parameters, 410, 504.
    """
    call.number("timeoutSeconds")  # checked, and always kept
    revision, items = _start(call)
    limit = call.number("limit") or 0
    matching = items if selection.everything else (item for item in items if selection.matches(item))
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    if limit <= 0:
        return list(matching), metadata
    chosen = list(islice(matching, limit))
    # Whether what is left matches is not looked at: the next page may be empty, as in a real server.
    remaining = sum(1 for _ in items) if len(chosen) == limit else 0
    if remaining:
        metadata["continue"] = make_token(revision, chosen[-1].key)
        if selection.everything:
            metadata["remainingItemCount"] = remaining
    return chosen, metadata


def _start(call: Call) -> tuple[int, Iterator[Item]]:
    """Return the revision of the answer and the items to choose from."""
    store, bucket = call.cluster.store, call.cluster.store.bucket(call.resource.bucket)
    prefix = f"{call.target.namespace}/" if call.target.namespace and call.resource.namespaced else ""
    token = call.query.get("continue", "")
    if token:
        if call.query.get("resourceVersion", "") not in {"", "0"}:
            raise bad_request("specifying resource version is not allowed when using continue")
        revision, after = read_token(token)
        if revision < 0:
            return store.published_revision, store.page(bucket, prefix, after)
        try:
            bucket.position_after(revision)
        except Compacted as error:
            raise outdated(after) from error
        return revision, bucket.page_at(revision, prefix, after)
    list_revision(call)
    exact = exact_revision(call)
    if exact is None:
        return store.published_revision, store.page(bucket, prefix, "")
    try:
        bucket.position_after(exact)
    except Compacted as error:
        raise expired("The resourceVersion for the provided list is too old.") from error
    return exact, bucket.page_at(exact, prefix, "")
