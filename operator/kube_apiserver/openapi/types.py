"""OpenAPI v3 schemas of the built-in types, from the facts table."""

from collections.abc import Iterable, Iterator
from typing import Any

from kube_apiserver.openapi.descriptions import descriptions
from kube_apiserver.schema.facts import REQUIRED, FieldFacts, type_facts

REFERENCE = "#/components/schemas/"
_SCALARS: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer", "format": "int32"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "uint8": {"type": "integer", "format": "byte"},
    "uint16": {"type": "integer", "format": "int32"},
    "uint32": {"type": "integer", "format": "int64"},
    "uint64": {"type": "integer", "format": "int64"},
    "float32": {"type": "number", "format": "float"},
    "float64": {"type": "number", "format": "double"},
    "bytes": {"type": "string", "format": "byte"},
    "any": {},
}
_EXTENSIONS = ("list-type", "list-map-keys", "map-type", "patch-strategy", "patch-merge-key")
_LISTS = (".Verbs", ".ExtraValue")
_GVK = "x-kubernetes-group-version-kind"


def closure(roots: Iterable[str]) -> list[str]:
    """Return the sorted names of these definitions and of all that they refer to."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        facts = type_facts(name)
        if name in found or facts is None:
            continue
        found.add(name)
        waiting += [reference for field in facts.fields for reference in _references(field)]
    return sorted(found)


def _references(field: FieldFacts) -> Iterator[str]:
    _, hash_sign, name = field.go.partition("#")
    if hash_sign and "hidden" not in field.extras and not name.endswith(_LISTS):
        yield name


def type_schema(definition: str, group: str, version: str) -> dict[str, Any]:
    """Return the schema of a built-in type as it appears in the document of ``group`` and ``version``."""
    facts = type_facts(definition)
    if facts is None:
        return {}
    words = descriptions(definition)
    schema: dict[str, Any] = {key: value for key, value in facts.extras.items() if key != _GVK}
    required = [field.name for field in facts.fields if field.flags & REQUIRED]
    if required:
        schema["required"] = required
    properties = {
        field.name: _property(field, words.get(field.name)) for field in facts.fields if "hidden" not in field.extras
    }
    if properties:
        schema["properties"] = dict(sorted(properties.items()))
    kinds = facts.extras.get(_GVK, ())
    if len(kinds) > 1:
        # DeleteOptions and WatchEvent are in every group version. A document lists only the core kind and its own.
        shown = {("", "v1"), (group, version)}
        kinds = [kind for kind in kinds if (kind["group"], kind["version"]) in shown]
    if kinds:
        schema[_GVK] = kinds
    return schema


def _property(field: FieldFacts, description: str | None) -> dict[str, Any]:
    extras = field.extras
    schema = _expression(field.go, extras)
    beside: dict[str, Any] = {}
    if description:
        beside["description"] = description
    if "default" in extras:
        beside["default"] = extras["default"]
    if "enum" in extras:
        beside["enum"] = extras["enum"]
    if "format" in extras:
        beside["format"] = extras["format"]
    beside |= {f"x-kubernetes-{name}": extras[name] for name in _EXTENSIONS if name in extras}
    return _beside(schema, beside)


def _beside(schema: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    # In OpenAPI 3.0, a reference cannot have sibling keywords.
    if more and "$ref" in schema:
        return {"allOf": [schema], **more}
    return {**schema, **more}


def _expression(go: str, extras: dict[str, Any]) -> dict[str, Any]:
    go = go.removeprefix("*")
    if go.startswith("[]"):
        items = _expression(go[2:], {})
        more = {"default": extras["items-default"]} if "items-default" in extras else {}
        if "items-enum" in extras:
            more["enum"] = extras["items-enum"]
        return {"type": "array", "items": _beside(items, more)}
    if go.startswith("{}"):
        more = {"default": extras["values-default"]} if "values-default" in extras else {}
        return {"type": "object", "additionalProperties": _beside(_expression(go[2:], {}), more)}
    if go.startswith("#"):
        name = go[1:]
        if name.endswith(_LISTS):
            return {"type": "array", "items": {"type": "string", "default": ""}}
        return {"$ref": REFERENCE + name}
    return dict(_SCALARS[go.rpartition("=")[2]])
