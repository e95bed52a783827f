"""Validation of CRD schemas, structural or not: unsupported keywords, list types and map types.

Rules and messages follow apiextensions-apiserver's ``ValidateCustomResourceDefinitionOpenAPISchema``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.crds.go_form import go_schema, set_fields
from kube_apiserver.keywords.formats import is_recognized
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause

Raw = Mapping[str, Any]
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_LIST_TYPES, _MAP_TYPES = ("atomic", "set", "map"), ("atomic", "granular")
_X = "x-kubernetes-"
_HEAD = ("metadata", "kind", "apiVersion")
_UNSUPPORTED = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
#: Of these an empty value is one, too.
_POINTERS = frozenset({"additionalItems", "dependencies", "$ref"})
#: What keeps a schema from being read as a structural one, in the order in which it is looked for.
_NOT_STRUCTURAL = ("id", "$schema", "$ref", "patternProperties", "dependencies", "additionalItems", "definitions")
#: The fields that the root of a schema may have if its status is a subresource, by their names in Go.
_AT_ROOT = (
    *("Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum"),
    *("MaxLength", "MinLength", "Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required", "Items"),
    *("Properties", "ExternalDocs", "Example", "XPreserveUnknownFields", "XValidations"),
)
_IF_STATUS = "at the root of the schema if the status subresource is enabled"
_DEFAULT_OR_REQUIRED = (
    "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
)


def schema_causes(schema: Raw, path: str, *, root: bool = False, no_defaults: str = "") -> Iterator[Cause]:
    """Yield the field errors of the schema at ``path``.

    Args:
        schema: an ``openAPIV3Schema`` or a part of one.
        path: the field path of ``schema``.
        root: whether ``schema`` is the root schema of a version.
        no_defaults: why defaults are forbidden, for the message; empty where they are allowed.
    """
    yield from _keywords(schema, path, no_defaults)
    properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
    if properties and additional is not None and additional is not True:
        detail = "additionalProperties and properties are mutual exclusive"
        yield messages.forbidden(f"{path}.additionalProperties", detail)
    if isinstance(additional, Mapping):
        yield from schema_causes(additional, f"{path}.additionalProperties", no_defaults=no_defaults)
    for name in sorted(properties):
        reason = f"in top-level {name}" if root and name in _HEAD else no_defaults
        yield from schema_causes(properties[name], f"{path}.properties[{name}]", no_defaults=reason)
    if schema.get("not") is not None:
        yield from schema_causes(schema["not"], f"{path}.not", no_defaults=no_defaults)
    for word in ("allOf", "oneOf", "anyOf"):
        for position, branch in enumerate(schema.get(word) or ()):
            yield from schema_causes(branch, f"{path}.{word}[{position}]", no_defaults=no_defaults)
    if isinstance(schema.get("items"), Mapping):
        yield from schema_causes(schema["items"], f"{path}.items", no_defaults=no_defaults)
    yield from _maps(schema, path)
    yield from _lists(schema, path)


def root_causes(schema: Raw, path: str) -> Iterator[Cause]:
    """Yield the first error of the root of a schema whose ``status`` is validated as a schema of its own."""
    for name in set_fields(schema):
        if name == "Type" and schema["type"] != "object":
            detail = (
                'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
            )
            yield messages.invalid(f"{path}.type", schema["type"], detail)
            return
        if name not in _AT_ROOT:
            yield messages.invalid(
                path, go_schema(schema), f"only [{' '.join(_AT_ROOT)}] fields are allowed {_IF_STATUS}"
            )
            return


def unsupported_keyword(schema: Raw) -> str:
    """Return the first keyword in a schema and below with which it cannot be a structural one, "" if there is none."""
    for each in _with_all_below(schema):
        for name in _NOT_STRUCTURAL:
            if each.get(name) or (name == "additionalItems" and each.get(name) is not None):
                return name.removeprefix("$") if name == "$schema" else name
    return ""


def _keywords(schema: Raw, path: str, no_defaults: str) -> Iterator[Cause]:
    kind = schema.get("type")
    if kind and kind not in _TYPES:
        yield messages.not_supported(f"{path}.type", kind, _TYPES)
    if schema.get("default") is not None and no_defaults:
        yield messages.forbidden(f"{path}.default", f"must not be set {no_defaults}")
    for name in _UNSUPPORTED:
        if schema.get(name) or (name in _POINTERS and schema.get(name) is not None):
            yield messages.forbidden(f"{path}.{name}", f"{name} is not supported")
    if kind == "null":
        yield messages.forbidden(f"{path}.type", "type cannot be set to null, use nullable as an alternative")
    if isinstance(schema.get("items"), list):
        yield messages.forbidden(f"{path}.items", "items must be a schema object and not an array")
    if schema.get("uniqueItems"):
        detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield messages.forbidden(f"{path}.uniqueItems", detail)


def _maps(schema: Raw, path: str) -> Iterator[Cause]:
    if schema.get(f"{_X}preserve-unknown-fields") is False:
        yield messages.invalid(f"{path}.{_X}preserve-unknown-fields", False, "must be true or undefined")
    kind = schema.get(f"{_X}map-type")
    if kind is not None:
        yield from _must_be(schema, "object", f"{_X}map-type", path)
        if kind not in _MAP_TYPES:
            yield messages.not_supported(f"{path}.{_X}map-type", kind, _MAP_TYPES)


def _must_be(schema: Raw, wanted: str, extension: str, path: str) -> Iterator[Cause]:
    kind, detail = schema.get("type"), f"must be {wanted} if {extension} is specified"
    if kind != wanted:
        yield messages.invalid(f"{path}.type", kind, detail) if kind else messages.required(f"{path}.type", detail)


def _lists(schema: Raw, path: str) -> Iterator[Cause]:
    kind, keys, items = schema.get(f"{_X}list-type"), schema.get(f"{_X}list-map-keys") or [], schema.get("items")
    where = f"{path}.{_X}list-type"
    if kind is not None and schema.get("type") != "array":
        yield from _must_be(schema, "array", f"{_X}list-type", path)
    elif kind == "set" and isinstance(items, Mapping):
        yield from _set_items(items, f"{path}.items")
    if kind is not None and kind not in _LIST_TYPES:
        yield messages.not_supported(where, kind, _LIST_TYPES)
    if keys and kind != "map":
        detail = "must be map if x-kubernetes-list-map-keys is non-empty"
        yield messages.required(where, detail) if kind is None else messages.invalid(where, kind, detail)
    if kind == "map":
        yield from _keyed(keys, items, path)
    if kind in {"set", "map"} and isinstance(items, Mapping):
        yield from _list_key_causes(kind, keys, items, f"{path}.items")


def _set_items(items: Raw, path: str) -> Iterator[Cause]:
    """Check that the items of a set are scalars or atomic."""
    word = {"array": f"{_X}list-type", "object": f"{_X}map-type"}.get(items.get("type", ""))
    if word is None or items.get(word) == "atomic" or (items["type"] == "array" and items.get(word) is None):
        return
    # Like kube-apiserver, this shows the list's type, even if the map's type is wrong.
    detail = "must be atomic as item of a list with x-kubernetes-list-type=set"
    yield messages.invalid(f"{path}.{word}", items.get(f"{_X}list-type"), detail)


def _keyed(keys: list[str], items: Any, path: str) -> Iterator[Cause]:
    where = f"{path}.{_X}list-map-keys"
    if not keys:
        yield messages.required(where, "must not be empty if x-kubernetes-list-type is map")
    if items is None:
        yield messages.required(f"{path}.items", "must have a schema if x-kubernetes-list-type is map")
    if not isinstance(items, Mapping):
        return
    kind = items.get("type", "")
    if kind != "object":
        detail = "must be object if parent array's x-kubernetes-list-type is map"
        yield messages.invalid(f"{path}.items.type", kind, detail)
        return
    for position, key in enumerate(keys):
        declared = (items.get("properties") or {}).get(key)
        if declared is None:
            yield messages.invalid(where, keys, "entries must all be names of item properties")
        elif declared.get("type") in {"array", "object"}:
            detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            yield messages.invalid(f"{path}.items.properties[{key}].type", kind, detail)
        if key in keys[:position]:
            yield messages.invalid(where, keys, "must not contain duplicate entries")


def _list_key_causes(kind: str, keys: list[str], items: Raw, path: str) -> Iterator[Cause]:
    if items.get("nullable"):
        yield messages.forbidden(f"{path}.nullable", f"cannot be nullable when x-kubernetes-list-type is {kind}")
    for key in keys if kind == "map" else ():
        declared, where = (items.get("properties") or {}).get(key), f"{path}.properties[{key}]"
        if declared is None:
            continue
        if key not in (items.get("required") or ()) and declared.get("default") is None:
            yield messages.required(f"{where}.default", _DEFAULT_OR_REQUIRED)
        if declared.get("nullable"):
            detail = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"
            yield messages.forbidden(f"{where}.nullable", detail)


def unrecognized_formats(schema: Raw) -> Iterator[str]:
    """Yield the formats that validate nothing in a schema and below, as ``GetUnrecognizedFormats`` finds them."""
    for each in _with_all_below(schema):
        name = each.get("format")
        if name and not is_recognized(name, each.get("type") or ""):
            yield name


def types_in_sets(schema: Raw) -> Iterator[str]:
    """Yield the types of items that a list of type ``set`` cannot compare, in a schema and below."""
    for each in _with_all_below(schema):
        items = each.get("items")
        if each.get(f"{_X}list-type") == "set" and isinstance(items, Mapping):
            kind = items.get("type")
            if kind in ("object", "array"):
                yield kind


def _with_all_below(schema: Raw) -> Iterator[Raw]:
    yield schema
    branches = [each for word in ("allOf", "anyOf", "oneOf") for each in schema.get(word) or ()]
    members = (schema.get("properties") or {}).values()
    for below in (schema.get("items"), *branches, schema.get("not"), *members, schema.get("additionalProperties")):
        if isinstance(below, Mapping):
            yield from _with_all_below(below)
