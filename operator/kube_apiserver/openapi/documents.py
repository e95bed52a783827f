"""The OpenAPI v3 documents: what is in them, and their hashes.

``publisher`` decides when a document is built.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from kube_apiserver.openapi import custom_resources
from kube_apiserver.openapi.operations import PathKind, paths
from kube_apiserver.openapi.types import closure, type_schema
from kube_apiserver.registry import ServedResource
from kube_apiserver.schema import ResourceInfo, builtin_resources, facts

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_SHARED = tuple(f"{_META}{name}" for name in ("APIResourceList", "DeleteOptions", "Status", "WatchEvent"))


def document_name(group: str, version: str) -> str:
    """Return the name of the document of a group version: ``api/v1``, ``apis/apps/v1`` and so on."""
    return f"apis/{group}/{version}" if group else f"api/{version}"


@cache
def builtin_names() -> frozenset[str]:
    """Return the names of the documents with built-in kinds."""
    return frozenset(document_name(resource.group, resource.version) for resource in builtin_resources())


def document_hash(name: str, members: Sequence[ServedResource] = ()) -> str:
    """Return the hash of a document by what it is built from. Quoted, it is the document's ETag.

    Args:
        name: the name of the document.
        members: the custom resources in it. Only what the document shows of them counts.
    """
    digest = hashlib.sha512(_facts_digest())
    digest.update(name.encode())
    for member in members:
        subresources = [sub.name for sub in member.subresources]
        shown = [member.kind, member.list_kind, member.plural, member.namespaced, subresources]
        digest.update(msgspec.json.encode([shown, member.custom.open_api if member.custom is not None else None]))
    return digest.hexdigest().upper()


@cache
def _facts_digest() -> bytes:
    return hashlib.sha512(Path(facts.__file__).with_name("facts.bin").read_bytes()).digest()


@lru_cache(maxsize=64)
def builtin_document(name: str) -> bytes:
    """Return a document without custom resources, which all servers of a process share."""
    return document(name)


def document(name: str, members: Sequence[ServedResource] = ()) -> bytes:
    """Build a document as JSON. Large documents take some ten milliseconds, so call this off the event loop."""
    parts = name.split("/")
    group, version = (parts[1], parts[2]) if parts[0] == "apis" else ("", parts[1])
    kinds = list(_builtin_kinds(group, version))
    schemas: dict[str, Any] = {}
    for member in members:
        schemas |= custom_resources.schemas(member)
        kinds += custom_resources.path_kinds(member)
    roots = {name for kind in kinds for name in (kind.definition, kind.list_definition)}
    shared = (*_SHARED, f"{_META}ObjectMeta", f"{_META}ListMeta")
    schemas |= {name: type_schema(name, group, version) for name in closure([*roots, *shared])}
    schemas[f"{_META}Patch"] = {"type": "object"}
    first, *more = (group.removesuffix(".k8s.io") or "core").split(".")
    tag = f"{first}{''.join(word.title() for word in more)}_{version}"
    result = {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "1.36"},
        "paths": paths(f"/{name}", tag, kinds),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"BearerToken": {"type": "apiKey", "name": "authorization", "in": "header"}},
        },
    }
    return msgspec.json.encode(result)


def _builtin_kinds(group: str, version: str) -> Iterator[PathKind]:
    for resource in builtin_resources():
        if (resource.group, resource.version) == (group, version):
            yield from resource_kinds(resource)


def resource_kinds(resource: ResourceInfo) -> Iterator[PathKind]:
    """Yield a built-in resource and its subresources as path kinds."""
    known = facts.kinds()
    base = f"{resource.group}/{resource.version}/{resource.kind}"
    definition, listed = known.get(base, ""), known.get(f"{base}List", "")
    gvk = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    if definition:
        verbs = frozenset(resource.verbs)
        yield PathKind(resource.plural, resource.namespaced, verbs, gvk, definition, listed)
    for sub in resource.subresources:
        inner = known.get(f"{sub.group}/{sub.version}/{sub.kind}", "")
        kind = {"group": sub.group, "version": sub.version, "kind": sub.kind}
        # Option kinds belong to streaming subresources (exec, proxy), which this server does not have.
        if inner and not sub.kind.endswith("Options"):
            verbs = frozenset(sub.verbs)
            yield PathKind(resource.plural, resource.namespaced, verbs, kind, inner, "", sub.name, owner=resource.kind)
