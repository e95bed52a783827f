"""``Metadata``: the metadata of a typed object, which the author may read and set."""

import msgspec

from plugin_operator.kube.metadata import OwnerReference
from plugin_operator.kube.objects.struct import Struct


class Metadata(Struct):
    """``metadata`` of a typed object. Timestamps are the server's RFC 3339 texts.

    Attributes:
        name: name of the object; empty if the server is to generate it.
        namespace: empty for a cluster-scoped object.
        generate_name: prefix from which the server makes a name.
        uid: unique over time; set by the server.
        resource_version: opaque version of the object; set by the server.
        generation: number of changes of the spec; set by the server.
        labels: labels by name.
        annotations: annotations by name.
        finalizers: names of finalizers.
        owner_references: owners of the object.
        deletion_timestamp: time of the deletion request, or None.
        creation_timestamp: time of the creation, or None.
    """

    name: str = ""
    namespace: str = ""
    generate_name: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    finalizers: list[str] = msgspec.field(default_factory=list)
    owner_references: list[OwnerReference] = msgspec.field(default_factory=list)
    deletion_timestamp: str | None = None
    creation_timestamp: str | None = None
