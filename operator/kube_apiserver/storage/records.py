"""The records of the store: items and changes."""

from typing import Any, Literal

import msgspec

from kube_apiserver import codec

ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


class Item(msgspec.Struct, frozen=True, gc=False):
    """One object at one revision.

    Attributes:
        key: ``namespace/name``, or ``name`` for a cluster-scoped object. Lists are sorted by key.
        raw: the JSON of the object in its storage version, with ``metadata.resourceVersion``.
        owners: the UIDs in ``metadata.ownerReferences``.
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
        """Return a new decoded copy of the object."""
        value: dict[str, Any] = codec.decode(self.raw)
        return value


class Change(msgspec.Struct, frozen=True, gc=False):
    """One write, as watchers see it.

    Attributes:
        item: the new state. For a delete it is the last state with the revision of the delete.
        previous: the old state, None for a create.
    """

    type: ChangeType
    revision: int
    item: Item
    previous: Item | None


def item_key(namespace: str, name: str) -> str:
    """Return the storage key of an object."""
    return f"{namespace}/{name}" if namespace else name


def make_item(obj: dict[str, Any], revision: int, api_version: str, kind: str) -> Item:
    """Set the resourceVersion of ``obj`` and return its item. Revision 0 sets none, as in a dry run."""
    if revision:
        obj["metadata"]["resourceVersion"] = str(revision)
    return item_of(obj, revision, codec.encode_object(obj, api_version, kind))


def at_revision(item: Item, revision: int) -> Item:
    """Return the item with another revision, also in its JSON."""
    written = b'"resourceVersion":"%d"'
    raw = item.raw.replace(written % item.revision, written % revision, 1)
    return msgspec.structs.replace(item, revision=revision, raw=raw)


def item_of(obj: dict[str, Any], revision: int, raw: bytes) -> Item:
    """Return the item of an object whose JSON exists already."""
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
