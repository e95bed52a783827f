"""What the store keeps: an item, and a change to one."""

from typing import Any, Literal

import msgspec

from kube_apiserver import codec

ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


class Item(msgspec.Struct, frozen=True, gc=False):
    """One object at one revision.

    Attributes:
        key: ``namespace/name``, or ``name`` for a cluster-scoped object; its order is the order of lists.
        raw: the whole object as JSON in its storage version, ``metadata.resourceVersion`` included.
        owners: uids of ``metadata.ownerReferences``.
    """

    key: str
    namespace: str
    name: str
    uid: str
    revision: int
    raw: bytes
    labels: dict[str, str]
    owners: tuple[str, ...]

    def decode(self) -> dict[str, Any]:
        """Return a private copy of the object."""
        value: dict[str, Any] = codec.decode(self.raw)
        return value


class Change(msgspec.Struct, frozen=True, gc=False):
    """One write, as watchers see it.

    Attributes:
        item: the new state; for a deletion the last state under the deletion's own revision.
        previous: the state before, None for a creation.
    """

    type: ChangeType
    revision: int
    item: Item
    previous: Item | None


def item_key(namespace: str, name: str) -> str:
    """Return the storage key of an object."""
    return f"{namespace}/{name}" if namespace else name


def make_item(obj: dict[str, Any], revision: int, api_version: str, kind: str) -> Item:
    """Stamp ``revision`` into ``obj`` and freeze it; 0 stands for none, as in a dry run."""
    if revision:
        obj["metadata"]["resourceVersion"] = str(revision)
    return item_of(obj, revision, codec.encode_object(obj, api_version, kind))


def at_revision(item: Item, revision: int) -> Item:
    """Return an item with another revision, in its bytes as well."""
    written = b'"resourceVersion":"%d"'
    raw = item.raw.replace(written % item.revision, written % revision, 1)
    return msgspec.structs.replace(item, revision=revision, raw=raw)


def item_of(obj: dict[str, Any], revision: int, raw: bytes) -> Item:
    """Return the item of an object whose bytes are known."""
    meta = obj["metadata"]
    namespace, name = meta.get("namespace") or "", meta["name"]
    references = meta.get("ownerReferences")
    return Item(
        key=item_key(namespace, name),
        namespace=namespace,
        name=name,
        uid=meta.get("uid", ""),
        revision=revision,
        raw=raw,
        labels=meta.get("labels") or {},
        owners=tuple(str(reference.get("uid", "")) for reference in references) if references else (),
    )
