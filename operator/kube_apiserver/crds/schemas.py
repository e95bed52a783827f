"""Conversion of a CustomResourceDefinition's ``openAPIV3Schema`` to a ``Schema``."""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from kube_apiserver.schema.model import MISSING, Rule, Schema, ValueRules

_RULES = {
    "pattern": "pattern",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "uniqueItems": "unique_items",
    "minProperties": "min_properties",
    "maxProperties": "max_properties",
}


_KEPT = 8
_recent: dict[bytes, Schema] = {}
_lock = threading.Lock()


def from_crd(openapi_v3_schema: Mapping[str, Any] | None) -> Schema:
    """Return the schema of a CRD version. Without an ``openAPIV3Schema``, every field is allowed and preserved.

    The schema leaves the root's ``metadata``, ``apiVersion`` and ``kind`` to the server, as in Kubernetes. One write
    of a definition asks for the same schema several times, so the last few are kept.
    """
    if not openapi_v3_schema:
        return Schema(type="object", preserve_unknown=True)
    digest = hashlib.sha256(msgspec.json.encode(openapi_v3_schema)).digest()
    known = _recent.get(digest) or from_part(openapi_v3_schema)
    with _lock:
        _recent.pop(digest, None)
        _recent[digest] = known
        if len(_recent) > _KEPT:
            del _recent[next(iter(_recent))]
    return known


def from_part(raw: Mapping[str, Any]) -> Schema:
    """Return a part of a schema, which is not kept."""
    return _schema(raw)


def _schema(raw: Mapping[str, Any]) -> Schema:
    extra = {key.removeprefix("x-kubernetes-"): value for key, value in raw.items() if key.startswith("x-kubernetes-")}
    items, additional = raw.get("items"), raw.get("additionalProperties")
    properties = {name: _schema(value) for name, value in (raw.get("properties") or {}).items()}
    return Schema(
        type=raw.get("type", ""),
        format=raw.get("format", ""),
        nullable=bool(raw.get("nullable")),
        required=tuple(raw.get("required") or ()),
        items=_schema(items) if isinstance(items, Mapping) else None,
        additional=_additional(additional),
        preserve_unknown=bool(extra.get("preserve-unknown-fields")),
        int_or_string=bool(extra.get("int-or-string")),
        embedded=bool(extra.get("embedded-resource")),
        list_type=extra.get("list-type", ""),
        list_keys=tuple(extra.get("list-map-keys") or ()),
        map_type=extra.get("map-type", ""),
        default=raw.get("default", MISSING),
        enum=tuple(raw.get("enum") or ()),
        rules=_rules(raw),
        cel=tuple(_rule(rule) for rule in extra.get("validations") or ()),
        load=lambda: properties,
    )


def _rule(raw: Mapping[str, Any]) -> Rule:
    return Rule(
        raw.get("rule") or "",
        raw.get("message") or "",
        raw.get("messageExpression") or "",
        raw.get("reason") or "",
        raw.get("fieldPath") or "",
        raw.get("optionalOldSelf"),
    )


def _additional(value: Any) -> Schema | None:
    if isinstance(value, Mapping):
        return _schema(value)
    return Schema(preserve_unknown=True) if value is True else None


def _rules(raw: Mapping[str, Any]) -> ValueRules | None:
    rules: dict[str, Any] = {name: raw[key] for key, name in _RULES.items() if raw.get(key) is not None}
    for key, name in (("allOf", "all_of"), ("anyOf", "any_of"), ("oneOf", "one_of")):
        if raw.get(key):
            rules[name] = _all(raw[key])
    if raw.get("not"):
        rules["negated"] = _schema(raw["not"])
    return ValueRules(**rules) if rules else None


def _all(schemas: Sequence[Mapping[str, Any]]) -> tuple[Schema, ...]:
    return tuple(_schema(schema) for schema in schemas)
