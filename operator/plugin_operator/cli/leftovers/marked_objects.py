"""Finding the objects of all kinds that match a label selector, as far as the API server shows them."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from plugin_operator.client import ApiClient
from plugin_operator.errors import ApiError, PluginOperatorError
from plugin_operator.kube import GroupVersionKind, ObjectMeta, Resource

_AT_ONCE = 8
#: The kind is gone, or cannot be listed: it has no objects to find.
_NOT_LISTED = frozenset({404, 405})


class MarkedObject(msgspec.Struct, frozen=True):
    """One object.

    Attributes:
        kind: its kind.
        metadata: its metadata.
        appliers: field managers that have applied it.
    """

    kind: GroupVersionKind
    metadata: ObjectMeta
    appliers: frozenset[str] = frozenset()


class MarkedObjects(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        objects: each object once, also if two groups serve it; sorted by kind, namespace and name.
        unread: kinds that could not be listed, with the reason.
    """

    objects: tuple[MarkedObject, ...]
    unread: tuple[tuple[GroupVersionKind, str], ...]


async def find_marked(
    client: ApiClient, resources: Iterable[Resource], selector: str, namespaces: tuple[str, ...]
) -> MarkedObjects:
    """List the objects of all kinds; one kind that cannot be listed does not hide the others.

    Args:
        client: the client.
        resources: what the API server serves.
        selector: label selector.
        namespaces: where to look; empty for all namespaces and cluster-scoped objects.
    """
    unread: list[tuple[GroupVersionKind, str]] = []
    found: dict[str, MarkedObject] = {}
    free = asyncio.Semaphore(_AT_ONCE)

    async def read(kind: GroupVersionKind, namespace: str | None) -> None:
        async with free:
            try:
                for obj in await client.list(kind, namespace, selector):
                    metadata = msgspec.convert(obj["metadata"], ObjectMeta)
                    found.setdefault(metadata.uid, MarkedObject(kind, metadata, _appliers(obj["metadata"])))
            except ApiError as error:
                if error.status not in _NOT_LISTED:
                    unread.append((kind, str(error)))
            except (PluginOperatorError, msgspec.ValidationError) as error:
                unread.append((kind, str(error)))

    await asyncio.gather(
        *(
            read(resource.gvk, namespace)
            for resource in listed(resources)
            if resource.namespaced or not namespaces
            for namespace in namespaces or (None,)
        )
    )
    objects = sorted(found.values(), key=lambda each: (str(each.kind), each.metadata.namespace, each.metadata.name))
    return MarkedObjects(tuple(objects), tuple(sorted(unread, key=str)))


def _appliers(metadata: Mapping[str, Any]) -> frozenset[str]:
    entries = metadata.get("managedFields") or ()
    return frozenset(str(each.get("manager")) for each in entries if each.get("operation") == "Apply")


def listed(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Yield the resources that can be listed, each kind in its preferred version."""
    kinds: set[tuple[str, str]] = set()
    for resource in resources:
        if resource.supports("list") and (kind := (resource.gvk.group, resource.gvk.kind)) not in kinds:
            kinds.add(kind)
            yield resource
