"""The part of an object every layer reads: its metadata, decoded alone.

Decoding only metadata costs a third of decoding the whole object, and the values carry no reference cycles, so they
opt out of the garbage collector.
"""

from typing import Any, TypeAlias

import msgspec

Object: TypeAlias = dict[str, Any]


class OwnerReference(msgspec.Struct, gc=False, frozen=True, rename="camel"):
    """One entry of ``metadata.ownerReferences``.

    Attributes:
        name: of the owner, in the same namespace or without one.
        kind: of the owner.
        api_version: of the owner: "v1" or "apps/v1".
        uid: of the owner.
        controller: whether it is the one that manages the object.
        block_owner_deletion: whether a foreground deletion of the owner waits for the object.
    """

    name: str = ""
    kind: str = ""
    api_version: str = ""
    uid: str = ""
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(msgspec.Struct, gc=False, frozen=True, rename="camel"):
    """``metadata`` of any object; what is absent or null on the wire is empty or None here.

    Times stay the RFC 3339 text of the server.

    Attributes:
        name: inside its namespace.
        namespace: empty for a cluster-scoped object.
        uid: of this object, and of no other that had or will have its name.
        resource_version: opaque text of the server.
        generation: counts changes of the spec; 0 for kinds that count none.
        labels: None if there are none.
        annotations: None if there are none.
        finalizers: None if there are none.
        owner_references: None if there are none.
        deletion_timestamp: when its deletion began, None before.
        creation_timestamp: when it was created.
    """

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    finalizers: list[str] | None = None
    owner_references: list[OwnerReference] | None = None
    deletion_timestamp: str | None = None
    creation_timestamp: str | None = None

    def controller_of(self) -> OwnerReference | None:
        """Return the owner that manages the object (``controller: true``), if any. Raises nothing."""
        for owner in self.owner_references or ():
            if owner.controller:
                return owner
        return None


class _WithMeta(msgspec.Struct, gc=False):
    metadata: ObjectMeta = ObjectMeta()


_DECODER = msgspec.json.Decoder(_WithMeta)


def decode_metadata(raw: bytes | memoryview) -> ObjectMeta:
    """Decode the metadata of an object from its JSON.

    Raises:
        msgspec.MsgspecError: the bytes are not the JSON of an object with such metadata.
    """
    return _DECODER.decode(raw).metadata
