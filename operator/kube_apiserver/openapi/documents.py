"""The OpenAPI v3 index and its documents.

The module assembles, hashes and caches the documents. A document of built-in groups is built once per process, one
with custom resources once per state of its CRDs.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from kube_apiserver.openapi import custom_resources
from kube_apiserver.openapi.operations import PathKind, paths
from kube_apiserver.openapi.types import closure, type_schema
from kube_apiserver.schema import ResourceInfo, builtin_resources, facts

Crd = Mapping[str, Any]
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_SHARED = tuple(f"{_META}{name}" for name in ("APIResourceList", "DeleteOptions", "Status", "WatchEvent"))


def index(crds: Sequence[Crd] = ()) -> dict[str, Any]:
    """Return the response body of ``/openapi/v3``: the URL of every document, with the hash of its content.

    Args:
        crds: all CustomResourceDefinitions that are served.
    """
    addresses = {name: f"/openapi/v3/{name}?hash={document_hash(name, crds)}" for name in document_names(crds)}
    return {"paths": {name: {"serverRelativeURL": address} for name, address in addresses.items()}}


def document_names(crds: Sequence[Crd] = ()) -> list[str]:
    """Return the sorted names of all documents: ``api/v1``, ``apis/apps/v1`` and so on."""
    return sorted(
        {*_builtin_names(), *(_custom_name(crd, version) for crd, version in custom_resources.served_versions(crds))}
    )


def document(group_version: str, crds: Sequence[Crd] = ()) -> bytes | None:
    """Return the document ``api/v1`` or ``apis/apps/v1`` as JSON, None if there is no such document.

    Large documents take some hundred milliseconds to build, once. Call this off the event loop.
    """
    mine = _members(group_version, crds)
    if group_version not in _builtin_names() and not mine:
        return None
    return _document(group_version, msgspec.json.encode(mine))


def document_hash(group_version: str, crds: Sequence[Crd] = ()) -> str:
    """Return the hash of a document's content. Quoted, it is the document's ETag."""
    return _hash(group_version, msgspec.json.encode(_members(group_version, crds)))


@lru_cache(maxsize=256)
def _hash(group_version: str, crds: bytes) -> str:
    digest = hashlib.sha512(_facts_digest())
    digest.update(group_version.encode())
    digest.update(crds)
    return digest.hexdigest().upper()


@cache
def _facts_digest() -> bytes:
    return hashlib.sha512(Path(facts.__file__).with_name("facts.bin").read_bytes()).digest()


@cache
def _builtin_names() -> frozenset[str]:
    return frozenset(_name(resource.group, resource.version) for resource in builtin_resources())


def _name(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _custom_name(crd: Crd, version: Mapping[str, Any]) -> str:
    return _name(crd["spec"]["group"], version["name"])


def _members(group_version: str, crds: Iterable[Crd]) -> list[tuple[Any, Any]]:
    """Return the (spec, version) pairs of a document. They omit metadata, so that the hash depends on content only."""
    return [
        ({"spec": {key: crd["spec"].get(key) for key in ("group", "names", "scope")}}, version)
        for crd, version in custom_resources.served_versions(crds)
        if _custom_name(crd, version) == group_version
    ]


@lru_cache(maxsize=64)
def _document(group_version: str, crds: bytes) -> bytes:
    members = msgspec.json.decode(crds, type=list[tuple[dict[str, Any], dict[str, Any]]])
    parts = group_version.split("/")
    group, version = (parts[1], parts[2]) if parts[0] == "apis" else ("", parts[1])
    kinds = list(_builtin_kinds(group, version))
    schemas: dict[str, Any] = {}
    for crd, served in members:
        schemas |= custom_resources.schemas(crd, served)
        kinds += custom_resources.path_kinds(crd, served)
    roots = {name for kind in kinds for name in (kind.definition, kind.list_definition)}
    shared = (*_SHARED, f"{_META}ObjectMeta", f"{_META}ListMeta")
    schemas |= {name: type_schema(name, group, version) for name in closure([*roots, *shared])}
    schemas[f"{_META}Patch"] = {"type": "object"}
    first, *more = (group.removesuffix(".k8s.io") or "core").split(".")
    tag = f"{first}{''.join(word.title() for word in more)}_{version}"
    result = {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "1.36"},
        "paths": paths(f"/{group_version}", tag, kinds),
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
