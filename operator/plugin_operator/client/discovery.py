"""Parse discovery documents: aggregated (apidiscovery.k8s.io v2), and the older one of a single group version.

Owns the formats. Leaves the requests to ``mapper``. The parser accepts missing fields: a broken aggregated API must not
hide the other groups.
"""

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from plugin_operator.errors import ServerError
from plugin_operator.kube import GroupVersionKind, Resource

T = TypeVar("T")

AGGREGATED_ACCEPT = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)


class _ResponseKind(msgspec.Struct):
    group: str | None = None
    version: str | None = None
    kind: str | None = None


class _Subresource(msgspec.Struct):
    subresource: str = ""


class _AggregatedResource(msgspec.Struct, rename="camel"):
    resource: str
    response_kind: _ResponseKind | None = None
    scope: str = "Namespaced"
    singular_resource: str | None = None
    verbs: list[str] | None = None
    short_names: list[str] | None = None
    subresources: list[_Subresource] | None = None


class _AggregatedVersion(msgspec.Struct):
    version: str
    resources: list[_AggregatedResource] | None = None


class _ObjectName(msgspec.Struct):
    name: str | None = None


class _AggregatedGroup(msgspec.Struct):
    metadata: _ObjectName | None = None
    versions: list[_AggregatedVersion] | None = None


class _AggregatedList(msgspec.Struct):
    kind: str = ""
    items: list[_AggregatedGroup] | None = None


class _LegacyResource(msgspec.Struct, rename="camel"):
    name: str
    kind: str = ""
    namespaced: bool = False
    singular_name: str | None = None
    verbs: list[str] | None = None
    short_names: list[str] | None = None
    group: str | None = None
    version: str | None = None


class _LegacyList(msgspec.Struct):
    resources: list[_LegacyResource] | None = None


def parse_aggregated(body: bytes) -> list[Resource] | None:
    """Return the resources of an ``APIGroupDiscoveryList``, or None if the response is another document.

    Raises:
        ServerError: the body cannot be decoded.
    """
    document = _decode(body, _AggregatedList)
    if document.kind != "APIGroupDiscoveryList":
        return None
    return [resource for group in document.items or () for resource in _of_group(group)]


def parse_group_version(body: bytes, group: str, version: str) -> list[Resource]:
    """Return the resources of an ``APIResourceList``.

    Raises:
        ServerError: the body cannot be decoded.
    """
    entries = _decode(body, _LegacyList).resources or []
    subresources: dict[str, set[str]] = {}
    for entry in entries:
        parent, slash, subresource = entry.name.partition("/")
        if slash:
            subresources.setdefault(parent, set()).add(subresource)
    return [
        Resource(
            GroupVersionKind(group, version, entry.kind),
            entry.name,
            entry.namespaced,
            frozenset(entry.verbs or ()),
            frozenset(subresources.get(entry.name, ())),
            tuple(entry.short_names or ()),
            entry.singular_name or entry.kind.lower(),
        )
        for entry in entries
        if "/" not in entry.name and entry.kind
    ]


def _of_group(group: _AggregatedGroup) -> Iterator[Resource]:
    name = (group.metadata.name if group.metadata else None) or ""
    for version in group.versions or ():
        for entry in version.resources or ():
            if entry.response_kind is None or not entry.response_kind.kind:
                continue
            kind = entry.response_kind.kind
            yield Resource(
                GroupVersionKind(name, version.version, kind),
                entry.resource,
                entry.scope == "Namespaced",
                frozenset(entry.verbs or ()),
                frozenset(each.subresource for each in entry.subresources or ()),
                tuple(entry.short_names or ()),
                entry.singular_resource or kind.lower(),
            )


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ServerError(500, "", f"the discovery document cannot be read: {error}") from error
