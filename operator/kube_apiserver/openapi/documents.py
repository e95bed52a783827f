"""The OpenAPI v3 documents: what is in them, and their hashes.

``publisher`` decides when a document is built.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from kube_apiserver.openapi import custom_resources
from kube_apiserver.openapi.discovery import discovery_document, discovery_names, group_tag
from kube_apiserver.openapi.operations import PathKind, paths
from kube_apiserver.openapi.types import closure, type_schema
from kube_apiserver.openapi.version import MAJOR, MINOR
from kube_apiserver.registry import ServedResource
from kube_apiserver.schema import ResourceInfo, builtin_resources, facts

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_SHARED = tuple(f"{_META}{name}" for name in ("DeleteOptions", "Status", "ObjectMeta", "ListMeta"))
_OF_BUILTIN = tuple(f"{_META}{name}" for name in ("APIResourceList", "WatchEvent"))
_CUSTOM_INFO = {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"}


def document_name(group: str, version: str) -> str:
    """Return the name of the document of a group version: ``api/v1``, ``apis/apps/v1`` and so on."""
    return f"apis/{group}/{version}" if group else f"api/{version}"


@cache
def builtin_names() -> frozenset[str]:
    """Return the names of the documents with built-in kinds, and of those with paths without resources."""
    of_versions = {document_name(resource.group, resource.version) for resource in builtin_resources()}
    return frozenset(of_versions | discovery_names())


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
    if name in discovery_names():
        found = discovery_document(name)
        return _encoded(found["paths"], found["schemas"], custom=False)
    parts = name.split("/")
    group, version = (parts[1], parts[2]) if parts[0] == "apis" else ("", parts[1])
    kinds = list(_builtin_kinds(group, version))
    custom = not kinds
    schemas: dict[str, Any] = {}
    for member in members:
        schemas |= custom_resources.schemas(member)
        kinds += custom_resources.path_kinds(member)
    roots = {name for kind in kinds for name in (kind.definition, kind.list_definition)}
    shared = _SHARED if custom else (*_SHARED, *_OF_BUILTIN)
    schemas |= {name: type_schema(name, group, version) for name in closure([*roots, *shared])}
    schemas[f"{_META}Patch"] = {"type": "object"}
    tag = f"{group_tag(group)}_{version}"
    return _encoded(paths(f"/{name}", tag, kinds, custom=custom), schemas, custom=custom)


def _encoded(found: Mapping[str, Any], schemas: Mapping[str, Any], *, custom: bool) -> bytes:
    components: dict[str, Any] = {"schemas": dict(sorted(schemas.items()))} if schemas else {}
    if not custom:
        components["securitySchemes"] = {"BearerToken": {"type": "apiKey", "name": "authorization", "in": "header"}}
    info = _CUSTOM_INFO if custom else {"title": "Kubernetes", "version": f"{MAJOR}.{MINOR}"}
    return msgspec.json.encode({"openapi": "3.0.0", "info": info, "paths": found, "components": components})


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
