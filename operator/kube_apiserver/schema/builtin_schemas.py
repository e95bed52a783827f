"""Schemas of the built-in kinds, made from the facts table on first use."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from kube_apiserver.schema import facts
from kube_apiserver.schema.model import MISSING, Schema

_SCALARS = {
    "string": ("string", ""),
    "bool": ("boolean", ""),
    "int": ("integer", "int32"),
    "int32": ("integer", "int32"),
    "int64": ("integer", "int64"),
    "uint8": ("integer", "int32"),
    "uint16": ("integer", "int32"),
    "uint32": ("integer", "int64"),
    "uint64": ("integer", "int64"),
    "float32": ("number", "float"),
    "float64": ("number", "double"),
}
#: The format of the quantities of a ``ResourceList``, which has no fraction of a thousandth.
MILLI = "milli-quantity"
# Every map of quantities is a ResourceList, but those of the group resource.k8s.io.
_RESOURCE_LIST, _RESOURCES = "{}#io.k8s.apimachinery.pkg.api.resource.Quantity", "io.k8s.api.resource."
_OPAQUE: dict[str, dict[str, Any]] = {
    "Time": {"type": "string", "format": "date-time"},
    "MicroTime": {"type": "string", "format": "date-time"},
    "Duration": {"type": "string"},
    "Quantity": {"format": "quantity"},
    "IntOrString": {"int_or_string": True},
    "RawExtension": {"type": "object", "preserve_unknown": True, "map_type": "atomic"},
    "FieldsV1": {"type": "object", "preserve_unknown": True},
    "JSON": {"preserve_unknown": True},
    "JSONSchemaPropsOrBool": {"preserve_unknown": True},
    "JSONSchemaPropsOrArray": {"preserve_unknown": True},
    "JSONSchemaPropsOrStringArray": {"preserve_unknown": True},
}


def from_definition(definition: str) -> Schema | None:
    """Return the shared schema of a type such as ``io.k8s.api.core.v1.Pod``, None if there is no such type."""
    return _definition(definition) if facts.type_facts(definition) else None


@cache
def _definition(definition: str) -> Schema:
    known = facts.type_facts(definition)
    if known is None:
        return Schema(preserve_unknown=True)
    name = definition.rpartition(".")[2]
    if name in ("Verbs", "ExtraValue"):
        return Schema(type="array", items=Schema(type="string", builtin=True, go="string"), builtin=True, go=known.go)
    if name in _OPAQUE:
        return Schema(definition=definition, go=known.go, builtin=True, **_OPAQUE[name])
    return Schema(
        type="object",
        go=known.go,
        definition=definition,
        builtin=True,
        required=tuple(field.name for field in known.fields if field.flags & facts.REQUIRED),
        map_type=known.extras.get("x-kubernetes-map-type", ""),
        load=lambda: _fields(known, _RESOURCES not in definition),
    )


def _fields(known: facts.TypeFacts, in_milli: bool) -> Mapping[str, Schema]:
    return {field.name: _field(field, in_milli) for field in known.fields}


def _field(field: facts.FieldFacts, in_milli: bool) -> Schema:
    extras = field.extras
    base = _expression(field.go)
    if in_milli and field.go == _RESOURCE_LIST and base.additional:
        base = replace(base, additional=replace(base.additional, format=MILLI))
    if "items-enum" in extras and base.items:
        base = replace(base, items=replace(base.items, enum=tuple(extras["items-enum"])))
    strategy = extras.get("patch-strategy", "")
    return replace(
        base,
        omit_empty=bool(field.flags & facts.OMIT_EMPTY),
        omit_zero=bool(field.flags & facts.OMIT_ZERO),
        format=extras.get("format", base.format),
        list_type=extras.get("list-type", base.list_type),
        list_keys=tuple(extras.get("list-map-keys", base.list_keys)),
        map_type=extras.get("map-type", base.map_type),
        patch_strategies=frozenset(strategy.split(",")) if strategy else frozenset(),
        patch_key=extras.get("patch-merge-key", ""),
        default=_default(extras),
        has_zero_default="default" in extras and _default(extras) is MISSING,
        enum=tuple(extras.get("enum", ())),
    )


def _default(extras: Mapping[str, Any]) -> Any:
    # The published defaults of value fields are Go's zero values; the server does not choose them.
    value = extras.get("default", MISSING)
    return MISSING if value in ("", 0, False, None) or value == {} else value


def _expression(go: str) -> Schema:
    if go.startswith("*"):
        return replace(_expression(go[1:]), pointer=True)
    if go.startswith("[]"):
        items = _expression(go[2:])
        return Schema(type="array", items=items, builtin=True, go=f"[]{items.go}")
    if go.startswith("{}"):
        values = _expression(go[2:])
        return Schema(type="object", additional=values, builtin=True, go=f"map[string]{values.go}")
    if go.startswith("#"):
        return _definition(go[1:])
    if go == "bytes":
        return Schema(type="string", format="byte", builtin=True, go="[]uint8")
    if go == "any":
        return Schema(preserve_unknown=True, builtin=True, go="interface {}")
    named, _, kind = go.removeprefix("~").partition("=")
    json_type, json_format = _SCALARS[kind or named]
    return Schema(type=json_type, format=json_format, builtin=True, go=named)


class Schemas:
    """Looks up the schemas of built-in kinds.

    Each schema is made from the facts table on first use, so creating the lookup is free.
    """

    __slots__ = ()

    @classmethod
    def builtin(cls) -> "Schemas":
        """Return the ``Schemas`` of the built-in kinds."""
        return cls()

    def get(self, kind: tuple[str, str, str]) -> Schema | None:
        """Return the schema of ``(group, version, kind)``, None if the kind is not built in."""
        definition = facts.kinds().get("/".join(kind))
        return _definition(definition) if definition else None
