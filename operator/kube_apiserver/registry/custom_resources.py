"""Conversion of CustomResourceDefinitions to registry entries."""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.printer_columns.custom_resources import custom_columns
from kube_apiserver.registry.resource import CustomVersion, ScalePaths, ServedResource
from kube_apiserver.registry.version_order import version_order
from kube_apiserver.schema import Schema, SubresourceInfo
from kube_apiserver.strategies import Strategy, selectable

_VERBS = frozenset({"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"})
_SUBRESOURCE_VERBS = ("get", "patch", "update")


def served_custom_resources(crd: Mapping[str, Any]) -> list[ServedResource]:
    """Return one resource for each served version, the preferred version first."""
    spec = crd["spec"]
    served = [version for version in spec["versions"] if version.get("served")]
    served.sort(key=lambda version: version_order(version["name"]))
    return [_resource(crd, version) for version in served]


def storage_version(crd: Mapping[str, Any]) -> str:
    """Return the ``apiVersion`` in which the objects of a definition are stored."""
    spec = crd["spec"]
    name = next(
        (version["name"] for version in spec["versions"] if version.get("storage")), spec["versions"][0]["name"]
    )
    return f"{spec['group']}/{name}"


def bucket_of(crd: Mapping[str, Any]) -> str:
    """Return the name of the bucket for the objects of a definition."""
    return f"{crd['spec']['names']['plural']}.{crd['spec']['group']}"


def _resource(crd: Mapping[str, Any], version: Mapping[str, Any]) -> ServedResource:
    spec, names = crd["spec"], crd["spec"]["names"]
    group = spec["group"]
    return ServedResource(
        group=group,
        version=version["name"],
        kind=names["kind"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        namespaced=spec["scope"] == "Namespaced",
        bucket=bucket_of(crd),
        storage_version=storage_version(crd),
        verbs=_VERBS,
        strategy=_strategy(crd, version),
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=tuple(_subresources(group, names["kind"], version)),
        custom=_custom(crd, version),
    )


def _strategy(crd: Mapping[str, Any], version: Mapping[str, Any]) -> Strategy:
    return Strategy(
        group=crd["spec"]["group"],
        kind=crd["spec"]["names"]["kind"],
        version=version["name"],
        unconditional_update=False,
        columns=custom_columns(tuple(version.get("additionalPrinterColumns") or ())),
        selectable_fields=selectable(*(each["jsonPath"].lstrip(".") for each in version.get("selectableFields") or ())),
        deprecation=_deprecation(crd, version),
    )


def _subresources(group: str, kind: str, version: Mapping[str, Any]) -> list[SubresourceInfo]:
    declared = version.get("subresources") or {}
    found = []
    if declared.get("status") is not None:
        found.append(SubresourceInfo("status", group, version["name"], kind, _SUBRESOURCE_VERBS))
    if declared.get("scale") is not None:
        found.append(SubresourceInfo("scale", "autoscaling", "v1", "Scale", _SUBRESOURCE_VERBS))
    return found


def _custom(crd: Mapping[str, Any], version: Mapping[str, Any]) -> CustomVersion:
    open_api = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    scale = (version.get("subresources") or {}).get("scale")
    paths = None
    if scale is not None:
        paths = ScalePaths(
            scale.get("specReplicasPath", ".spec.replicas"),
            scale.get("statusReplicasPath", ".status.replicas"),
            scale.get("labelSelectorPath", ""),
        )
    return CustomVersion(
        crd_name=crd["metadata"]["name"],
        schema=_schema(crd, open_api),
        stored_schema=_stored_schema(crd, open_api),
        open_api=open_api,
        scale=paths,
        list_kind=crd["spec"]["names"].get("listKind", ""),
    )


def _schema(crd: Mapping[str, Any], open_api: Mapping[str, Any]) -> Schema:
    keeps_all = bool(crd["spec"].get("preserveUnknownFields"))
    return from_crd({"x-kubernetes-preserve-unknown-fields": True, **open_api} if keeps_all else open_api)


def _stored_schema(crd: Mapping[str, Any], open_api: Mapping[str, Any]) -> Schema | None:
    """Return the schema of the stored version if it differs from ``open_api``, else None.

    A conversion webhook would move fields between versions. This server calls none, so it keeps what it cannot place.
    """
    spec = crd["spec"]
    if (spec.get("conversion") or {}).get("strategy") == "Webhook":
        return None
    stored = next((version for version in spec["versions"] if version.get("storage")), spec["versions"][0])
    found = (stored.get("schema") or {}).get("openAPIV3Schema") or {}
    return _schema(crd, found) if found != open_api else None


def _deprecation(crd: Mapping[str, Any], version: Mapping[str, Any]) -> str:
    """Return the warning of a deprecated version, "" if it is not deprecated. The default names a newer version."""
    if not version.get("deprecated"):
        return ""
    if version.get("deprecationWarning"):
        return str(version["deprecationWarning"])
    spec = crd["spec"]
    kind, own = spec["names"]["kind"], version_order(version["name"])
    others = (each["name"] for each in spec["versions"] if each.get("served") and not each.get("deprecated"))
    newer = [name for name in others if version_order(name) < own]
    advice = f"; use {spec['group']}/{min(newer, key=version_order)} {kind}" if newer else ""
    return f"{spec['group']}/{version['name']} {kind} is deprecated{advice}"
