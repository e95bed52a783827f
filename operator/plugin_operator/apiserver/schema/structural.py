"""Whether a CRD's schema is structural, in the server's words.

The rules of the CustomResourceDefinition reference: every object, field and element has a type, value keywords stay
out of the skeleton's way, list types name their keys, defaults fit. Once that holds, ``cel`` judges the
rules in CEL.
"""

import re
from collections.abc import Mapping
from typing import Any

from plugin_operator.apiserver.schema import messages
from plugin_operator.apiserver.schema.cel import declared_causes
from plugin_operator.apiserver.schema.custom import from_crd
from plugin_operator.apiserver.schema.model import MISSING, Cause
from plugin_operator.apiserver.schema.validation_core import check
from plugin_operator.apiserver.schema.values import compiled

Raw = Mapping[str, Any]
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_LIST_TYPES = ("atomic", "set", "map")
_EXTENSION = "x-kubernetes-"
_STRUCTURE = ("type", "description", "title", "default", "additionalProperties", "nullable")


def structural_causes(schema: Raw, path: str) -> list[Cause]:
    """Return why the ``openAPIV3Schema`` at ``path`` is not a valid structural schema; empty if it is."""
    kind = schema.get("type")
    if not kind:
        return [messages.required(f"{path}.type", "must not be empty at the root")]
    if kind != "object":
        return [messages.invalid(f"{path}.type", kind, "must be object at the root"), *_typed(schema, path)]
    causes = []
    if schema.get("nullable"):
        causes.append(messages.forbidden(f"{path}.nullable", "nullable cannot be true at the root"))
    properties = schema.get("properties") or {}
    causes += _metadata(properties.get("metadata"), f"{path}.properties[metadata]") + _node(schema, path)
    return causes or declared_causes(from_crd(schema), path)


def _metadata(schema: Raw | None, path: str) -> list[Cause]:
    if schema is None:
        return []
    if schema.get("type", "object") != "object":
        return [messages.invalid(f"{path}.type", schema["type"], "must be object")]
    if set(schema.get("properties") or ()) - {"name", "generateName"}:
        detail = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        return [messages.forbidden(path, detail)]
    return []


def _node(schema: Raw, path: str) -> list[Cause]:
    causes = _typed(schema, path) + _keywords(schema, path) + _lists(schema, path)
    properties = schema.get("properties") or {}
    for name in sorted(properties):
        where = f"{path}.properties[{name}]"
        causes += _has_type(properties[name], where, "for specified object fields") + _node(properties[name], where)
    items, values = schema.get("items"), schema.get("additionalProperties")
    if isinstance(items, Mapping):
        causes += _has_type(items, f"{path}.items", "for specified array items") + _node(items, f"{path}.items")
    if isinstance(values, Mapping):
        where = f"{path}.additionalProperties"
        causes += _has_type(values, where, "for specified object fields") + _node(values, where)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for position, branch in enumerate(schema.get(keyword) or ()):
            causes += _branch(branch, f"{path}.{keyword}[{position}]", schema)
    if schema.get("not"):
        causes += _branch(schema["not"], f"{path}.not", schema)
    return causes


def _has_type(schema: Raw, path: str, where: str) -> list[Cause]:
    free = schema.get(f"{_EXTENSION}int-or-string") or schema.get(f"{_EXTENSION}preserve-unknown-fields")
    if schema.get("type") or free:
        return []
    return [messages.required(f"{path}.type", f"must not be empty {where}")]


def _typed(schema: Raw, path: str) -> list[Cause]:
    kind = schema.get("type")
    causes = []
    if kind and kind not in _TYPES:
        causes.append(messages.not_supported(f"{path}.type", kind, _TYPES))
    if kind == "array" and schema.get("items") is None:
        causes.append(messages.required(f"{path}.items", "must be specified"))
    if schema.get("properties") and schema.get("additionalProperties"):
        detail = "additionalProperties and properties are mutual exclusive"
        causes.append(messages.forbidden(f"{path}.additionalProperties", detail))
    keeps = schema.get(f"{_EXTENSION}preserve-unknown-fields")
    if schema.get(f"{_EXTENSION}embedded-resource") and not keeps and not schema.get("properties"):
        detail = (
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        )
        causes.append(messages.required(f"{path}.properties", detail))
    return causes


def _keywords(schema: Raw, path: str) -> list[Cause]:
    causes = []
    if schema.get("$ref"):
        causes.append(messages.forbidden(f"{path}.$ref", "$ref is not supported"))
    if schema.get("uniqueItems"):
        detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        causes.append(messages.forbidden(f"{path}.uniqueItems", detail))
    pattern = schema.get("pattern")
    if pattern:
        try:
            compiled(pattern)
        except re.error as error:
            detail = f"must be a valid regular expression, but isn't: {error}"
            causes.append(messages.invalid(f"{path}.pattern", pattern, detail))
    return causes + _default(schema, path)


def _default(schema: Raw, path: str) -> list[Cause]:
    if schema.get("type") not in _TYPES:
        return []
    ready = from_crd(schema)
    if ready.default is MISSING or ready.default is None:
        return []
    where = f"{path}.default"
    # The validator does not know where the default stands, so its own text names no path.
    return [Cause(where, cause.reason, cause.message) for cause in check(ready.default, ready, "")]


def _lists(schema: Raw, path: str) -> list[Cause]:
    kind = schema.get(f"{_EXTENSION}list-type")
    if kind is None:
        return []
    if kind not in _LIST_TYPES:
        return [messages.not_supported(f"{path}.{_EXTENSION}list-type", kind, _LIST_TYPES)]
    keys = schema.get(f"{_EXTENSION}list-map-keys") or ()
    if kind != "map":
        return []
    if not keys:
        return [
            messages.required(f"{path}.{_EXTENSION}list-map-keys", "must not be empty if x-kubernetes-list-type is map")
        ]
    items = schema.get("items") or {}
    causes = []
    for key in keys:
        declared = (items.get("properties") or {}).get(key)
        if declared is None:
            detail = "entries must all be names of item properties"
            causes.append(messages.invalid(f"{path}.{_EXTENSION}list-map-keys", key, detail))
        elif key not in (items.get("required") or ()) and "default" not in declared:
            detail = (
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            )
            causes.append(messages.required(f"{path}.items.properties[{key}].default", detail))
    return causes


def _branch(schema: Raw, path: str, parent: Raw) -> list[Cause]:
    free = parent.get(f"{_EXTENSION}int-or-string")
    causes = [
        messages.forbidden(f"{path}.{word}", "must be empty to be structural")
        for word in _STRUCTURE
        if schema.get(word) and not (free and word == "type")
    ]
    for name, member in (schema.get("properties") or {}).items():
        causes += _branch(member, f"{path}.properties[{name}]", {})
    return causes
