"""Discovery documents, legacy and aggregated: groups, versions and resources."""

import base64
import hashlib
from typing import Any

from kube_apiserver.registry import Registry, ServedResource
from kube_apiserver.wire.negotiation import media_ranges

_AGGREGATED_VERSIONS = ("v2", "v2beta1")


def aggregated_version(accept: str) -> str:
    """Return the version of aggregated discovery that a client accepts, "" if it accepts only the legacy documents."""
    for entry in media_ranges(accept):
        if entry.parameter("as") == "APIGroupDiscoveryList" and entry.parameter("g") == "apidiscovery.k8s.io":
            version = entry.parameter("v")
            if version in _AGGREGATED_VERSIONS:
                return version
        elif not entry.parameters and entry.media in {"application/json", "*/*"}:
            return ""
    return ""


def aggregated(registry: Registry, version: str, *, core: bool) -> dict[str, Any]:
    """Return the APIGroupDiscoveryList of /api (``core``) or /apis."""
    items = []
    for group, versions in registry.versions().items():
        if (group == "") == core:
            metadata = {"name": group} if group else {}
            documents = [_aggregated_version(registry, group, name) for name in versions]
            items.append({"metadata": metadata, "versions": documents})
    head = {"kind": "APIGroupDiscoveryList", "apiVersion": f"apidiscovery.k8s.io/{version}", "metadata": {}}
    return {**head, "items": items}


def api_versions(address: str) -> dict[str, Any]:
    """Return the legacy document of /api."""
    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def group_list(registry: Registry) -> dict[str, Any]:
    """Return the legacy document of /apis."""
    groups = [_group(name, versions) for name, versions in registry.versions().items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(registry: Registry, name: str) -> dict[str, Any] | None:
    """Return the legacy document of one group, None if the group is not served."""
    versions = registry.versions().get(name)
    if not versions:
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)}


def resource_list(registry: Registry, group_name: str, version: str) -> dict[str, Any] | None:
    """Return the legacy document of one group version, None if it is not served."""
    resources = registry.in_version(group_name, version)
    if not resources:
        return None
    entries = [entry for resource in resources for entry in _plain_entries(resource)]
    group_version = f"{group_name}/{version}" if group_name else version
    # The core group's APIResourceList has no apiVersion of its own, for historical reasons.
    head = {"kind": "APIResourceList", **({"apiVersion": "v1"} if group_name else {}), "groupVersion": group_version}
    return {**head, "resources": entries}


def _group(name: str, versions: list[str]) -> dict[str, Any]:
    entries = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": entries, "preferredVersion": entries[0]}


def _plain_entries(resource: ServedResource) -> list[dict[str, Any]]:
    entry: dict[str, Any] = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _verbs(resource),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if "list" in resource.verbs and resource.plural != "componentstatuses":
        entry["storageVersionHash"] = _storage_hash(resource)
    entries = [entry]
    for info in resource.subresources:
        sub: dict[str, Any] = {"name": f"{resource.plural}/{info.name}", "singularName": ""}
        sub["namespaced"] = resource.namespaced
        if (info.group, info.version) != (resource.group, resource.version):
            sub.update({key: value for key, value in (("group", info.group), ("version", info.version)) if value})
        entries.append({**sub, "kind": info.kind, "verbs": list(info.verbs)})
    return entries


def _aggregated_version(registry: Registry, group_name: str, version: str) -> dict[str, Any]:
    resources = [_aggregated_entry(resource) for resource in registry.in_version(group_name, version)]
    return {"version": version, "resources": resources, "freshness": "Current"}


def _aggregated_entry(resource: ServedResource) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "resource": resource.plural,
        "responseKind": _response_kind(resource, resource.group, resource.version, resource.kind),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": _verbs(resource),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.subresources:
        entry["subresources"] = [
            {
                "subresource": info.name,
                "responseKind": _response_kind(resource, info.group, info.version, info.kind),
                "verbs": list(info.verbs),
            }
            for info in resource.subresources
        ]
    return entry


def _response_kind(resource: ServedResource, group: str, version: str, kind: str) -> dict[str, str]:
    """Return the responseKind. Built-in kinds omit a group and version that equal those of the document."""
    if resource.custom is None and (group, version) == (resource.group, resource.version):
        return {"group": "", "version": "", "kind": kind}
    return {"group": group, "version": version, "kind": kind}


def _verbs(resource: ServedResource) -> list[str]:
    """Return the verbs of a resource in kube-apiserver's order, which differs for custom kinds."""
    if resource.custom is None:
        return sorted(resource.verbs)
    return ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]


def _storage_hash(resource: ServedResource) -> str:
    """Return the storage version hash: a short hash of group, version and kind."""
    version = resource.storage_version.rpartition("/")[2]
    digest = hashlib.sha256(f"{resource.group}/{version}/{resource.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()
