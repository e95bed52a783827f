"""get and list."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from plugin_operator.apiserver.call import Call
from plugin_operator.apiserver.storage import Compacted, Item, item_key
from plugin_operator.apiserver.verbs.continuing import make_token, outdated, read_token
from plugin_operator.apiserver.verbs.presenting import Presenter
from plugin_operator.apiserver.verbs.revisions import exact_revision, list_revision
from plugin_operator.apiserver.verbs.selection import Selection
from plugin_operator.apiserver.wire.failure import expired, not_found
from plugin_operator.apiserver.wire.reply import Reply


def find(call: Call) -> Item:
    """Return the object a request names.

    Raises:
        ApiFailure: 404.
    """
    target, resource = call.target, call.resource
    key = item_key(target.namespace if resource.namespaced else "", target.name)
    item = call.cluster.store.get(resource.bucket, key)
    if item is None:
        raise not_found(resource.plural, resource.group, target.name)
    return item


async def get(call: Call) -> Reply:
    """Answer with one object."""
    list_revision(call)
    presenter = Presenter(call, many=False)
    return Reply(presenter.one(find(call)))


async def list_objects(call: Call) -> Reply:
    """Answer with a list or a page of one."""
    selection = Selection(call.resource, call.query, call.target.name)
    presenter = Presenter(call, many=True)
    revision, items = _start(call)
    limit = call.number("limit") or 0
    if not selection.everything:
        items = (item for item in items if selection.matches(item))
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    if limit <= 0:
        return Reply(presenter.many(list(items), metadata))
    chosen = list(islice(items, limit))
    remaining = sum(1 for _ in items)
    if remaining:
        metadata["continue"] = make_token(revision, chosen[-1].key)
        if selection.everything:
            metadata["remainingItemCount"] = remaining
    return Reply(presenter.many(chosen, metadata))


def _start(call: Call) -> tuple[int, Iterator[Item]]:
    """Return the revision of the answer and the items to choose from."""
    store, bucket = call.cluster.store, call.cluster.store.bucket(call.resource.bucket)
    prefix = f"{call.target.namespace}/" if call.target.namespace and call.resource.namespaced else ""
    token = call.query.get("continue", "")
    if token:
        revision, after = read_token(token)
        if revision < 0:
            return store.revision, bucket.page(prefix, after)
        try:
            bucket.position_after(revision)
        except Compacted as error:
            raise outdated(after) from error
        return revision, bucket.page_at(revision, prefix, after)
    list_revision(call)
    exact = exact_revision(call)
    if exact is None:
        return store.revision, bucket.page(prefix, "")
    try:
        bucket.position_after(exact)
    except Compacted as error:
        raise expired(f"The resourceVersion for the provided list is too old: {error}") from error
    return exact, bucket.page_at(exact, prefix, "")
