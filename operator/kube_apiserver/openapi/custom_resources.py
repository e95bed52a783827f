"""OpenAPI schemas and paths of custom resources, as kube-apiserver publishes them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kube_apiserver.openapi.operations import PathKind
from kube_apiserver.openapi.types import REFERENCE

Crd = Mapping[str, Any]
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_VERBS = frozenset({"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"})
_TEXT = {"type": "string"}


def served_versions(crds: Iterable[Crd]) -> Iterator[tuple[Crd, Mapping[str, Any]]]:
    """Yield each definition with each of its served versions."""
    for crd in crds:
        for version in (crd.get("spec") or {}).get("versions") or ():
            if version.get("served"):
                yield crd, version


def definition_name(group: str, version: str, kind: str) -> str:
    """Return ``com.example.v1.Widget``: the reversed group, version and kind."""
    return ".".join([*reversed(group.split(".")), version, kind])


def schemas(crd: Crd, version: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schemas of the kind and of its list kind, by definition name."""
    spec = crd["spec"]
    names, group, name = spec["names"], spec["group"], version["name"]
    kind, list_kind = names["kind"], names.get("listKind") or f"{names['kind']}List"
    definition = definition_name(group, name, kind)
    raw = dict((version.get("schema") or {}).get("openAPIV3Schema") or {})
    properties = {**(raw.get("properties") or {}), "apiVersion": _TEXT, "kind": _TEXT}
    properties["metadata"] = {"allOf": [{"$ref": f"{REFERENCE}{_META}ObjectMeta"}]}
    if not raw.get("properties") and not raw.get("type"):
        raw["x-kubernetes-preserve-unknown-fields"] = True
    shown = {member: _with_any_of(schema) for member, schema in sorted(properties.items())}
    own = {**raw, "type": "object", "properties": shown, **_gvk(group, name, kind)}
    listed = {
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": _TEXT,
            "items": {"type": "array", "items": {"$ref": REFERENCE + definition}},
            "kind": _TEXT,
            "metadata": {"allOf": [{"$ref": f"{REFERENCE}{_META}ListMeta"}]},
        },
        **_gvk(group, name, list_kind),
    }
    return {definition: own, definition_name(group, name, list_kind): listed}


def _with_any_of(schema: Any) -> Any:
    """Return a schema whose int-or-string fields also have the equivalent ``anyOf``."""
    if isinstance(schema, list):
        return [_with_any_of(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    shown = {key: _with_any_of(part) for key, part in schema.items()}
    if schema.get("x-kubernetes-int-or-string") is True and not schema.get("anyOf") and not schema.get("allOf"):
        shown["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    return shown


def _gvk(group: str, version: str, kind: str) -> dict[str, Any]:
    return {"x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": kind}]}


def path_kinds(crd: Crd, version: Mapping[str, Any]) -> Iterator[PathKind]:
    """Yield the path kinds of the resource and its subresources."""
    spec = crd["spec"]
    names, group, name = spec["names"], spec["group"], version["name"]
    kind, plural = names["kind"], names["plural"]
    gvk = {"group": group, "version": name, "kind": kind}
    definition = definition_name(group, name, kind)
    listed = definition_name(group, name, names.get("listKind") or f"{kind}List")
    namespaced = spec.get("scope") == "Namespaced"
    yield PathKind(plural, namespaced, _VERBS, gvk, definition, listed, custom=True)
    declared = version.get("subresources") or {}
    verbs = frozenset({"get", "patch", "update"})
    if declared.get("status") is not None:
        yield PathKind(plural, namespaced, verbs, gvk, definition, listed, "status", kind, custom=True)
    if declared.get("scale") is not None:
        sent = "io.k8s.api.autoscaling.v1.Scale"
        yield PathKind(plural, namespaced, verbs, gvk, sent, "", "scale", kind, custom=True)
