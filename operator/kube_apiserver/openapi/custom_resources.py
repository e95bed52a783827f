"""OpenAPI schemas and paths of custom resources, as kube-apiserver publishes them."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.openapi.descriptions import descriptions
from kube_apiserver.openapi.operations import PathKind
from kube_apiserver.openapi.types import REFERENCE
from kube_apiserver.registry import ServedResource

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
# A built-in kind whose descriptions of ``apiVersion`` and ``kind`` custom kinds have too.
_DESCRIBED = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"


def _head(metadata: str = "ObjectMeta", words: str = "Standard object's metadata.") -> dict[str, Any]:
    """Return the properties that every kind has."""
    texts = descriptions(_DESCRIBED)
    return {
        **{name: {"type": "string", **_described(texts.get(name))} for name in ("apiVersion", "kind")},
        "metadata": {"allOf": [{"$ref": f"{REFERENCE}{_META}{metadata}"}], **_described(words)},
    }


def _described(words: str | None) -> dict[str, str]:
    return {"description": words} if words else {}


def definition_name(group: str, version: str, kind: str) -> str:
    """Return ``com.example.v1.Widget``: the reversed group, version and kind."""
    return ".".join([*reversed(group.split(".")), version, kind])


def schemas(resource: ServedResource) -> dict[str, Any]:
    """Return the schemas of the kind of a custom resource and of its list kind, by definition name."""
    group, name, kind, list_kind = resource.group, resource.version, resource.kind, resource.list_kind
    definition = definition_name(group, name, kind)
    raw = dict(resource.custom.open_api) if resource.custom is not None else {}
    properties = {**(raw.get("properties") or {}), **_head()}
    if not raw.get("properties") and not raw.get("type"):
        raw["x-kubernetes-preserve-unknown-fields"] = True
    shown = {member: _published(schema) for member, schema in sorted(properties.items())}
    own = {**raw, "type": "object", "properties": shown, **_gvk(group, name, kind), **_selectable(resource)}
    listed_head = _head("ListMeta", "Standard list metadata.")
    listed = {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": {"$ref": REFERENCE + definition}}, **listed_head},
        **_gvk(group, name, list_kind),
        **_selectable(resource),
    }
    return {definition: own, definition_name(group, name, list_kind): listed}


def _published(schema: Any) -> Any:
    """Return a schema whose int-or-string fields also have the equivalent ``anyOf``, and embedded resources a head."""
    if isinstance(schema, list):
        return [_published(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    shown = {key: _published(part) for key, part in schema.items()}
    if schema.get("x-kubernetes-int-or-string") is True and not schema.get("anyOf") and not schema.get("allOf"):
        shown["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if schema.get("x-kubernetes-embedded-resource") is True:
        shown["properties"] = {**(shown.get("properties") or {}), **_head()}
        required = list(shown.get("required") or ())
        shown["required"] = [*required, *(name for name in ("kind", "apiVersion") if name not in required)]
    return shown


def _selectable(resource: ServedResource) -> dict[str, Any]:
    paths = tuple(resource.strategy.selectable_fields) if resource.custom is not None else ()
    fields = [{"fieldPath": path} for path in paths]
    return {"x-kubernetes-selectable-fields": fields} if fields else {}


def _gvk(group: str, version: str, kind: str) -> dict[str, Any]:
    return {"x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": kind}]}


def path_kinds(resource: ServedResource) -> Iterator[PathKind]:
    """Yield the path kinds of a custom resource and its subresources."""
    group, name, kind = resource.group, resource.version, resource.kind
    gvk = {"group": group, "version": name, "kind": kind}
    definition = definition_name(group, name, kind)
    listed = definition_name(group, name, resource.list_kind)
    plural, namespaced = resource.plural, resource.namespaced
    yield PathKind(plural, namespaced, resource.verbs, gvk, definition, listed, custom=True)
    for sub in resource.subresources:
        verbs = frozenset(sub.verbs)
        if sub.name == "status":
            yield PathKind(plural, namespaced, verbs, gvk, definition, listed, "status", kind, custom=True)
        else:
            sent = "io.k8s.api.autoscaling.v1.Scale"
            yield PathKind(plural, namespaced, verbs, gvk, sent, "", sub.name, kind, custom=True)
