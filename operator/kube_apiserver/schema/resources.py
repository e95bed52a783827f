"""The built-in resources as discovery lists them."""

from collections.abc import Sequence
from functools import cache

import msgspec

from kube_apiserver.schema import facts


class SubresourceInfo(msgspec.Struct, frozen=True):
    """A subresource: its name ("status"), the kind of its requests and responses, and its verbs."""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


class ResourceInfo(msgspec.Struct, frozen=True):
    """One built-in resource of one group and version."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    verbs: tuple[str, ...]
    subresources: tuple[SubresourceInfo, ...]


@cache
def builtin_resources() -> Sequence[ResourceInfo]:
    """Return every built-in resource that Kubernetes serves by default, in discovery order."""
    return tuple(
        ResourceInfo(
            row.group,
            row.version,
            row.kind,
            row.plural,
            row.singular,
            row.namespaced,
            tuple(row.short_names),
            tuple(row.categories),
            tuple(row.verbs),
            tuple(SubresourceInfo(s.name, s.group, s.version, s.kind, tuple(s.verbs)) for s in row.subresources),
        )
        for row in facts.resources()
    )
