"""What a value may contain: one form for the Go types of built-in kinds and for the schemas of custom ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kube_apiserver.schema.facts import FieldFacts, type_facts

#: Structs that are no objects in JSON, and the word by which values are drawn for them.
OPAQUE = ("Time", "MicroTime", "Quantity", "IntOrString", "RawExtension", "FieldsV1", "JSON", "Duration")


@dataclass(frozen=True)
class Shape:
    """The shape of one value.

    ``type`` is ``object``, ``array``, ``map``, ``string``, ``integer``, ``number``, ``boolean``, one of ``OPAQUE``, or
    ``any``. Subclasses find what is inside.
    """

    type: str = "any"

    @property
    def fields(self) -> Mapping[str, "Shape"]:
        """Return the shapes of an object's fields."""
        return {}

    @property
    def items(self) -> "Shape":
        """Return the shape of a list's items or a map's values."""
        return Shape()

    @property
    def choices(self) -> tuple[Any, ...]:
        """Return the values that the schema lists."""
        return ()


@dataclass(frozen=True)
class GoShape(Shape):
    """A Go type, as the table of facts writes it: ``[]`` and ``{}`` before the type of their items, ``#`` a struct."""

    go: str = ""

    @cached_property
    def _fields(self) -> dict[str, Shape]:
        facts = type_facts(self.go[1:]) if self.go.startswith("#") else None
        found: tuple[FieldFacts, ...] | list[FieldFacts] = facts.fields if facts else ()
        return {each.name: go_shape(each.go) for each in found if each.name}

    @property
    def fields(self) -> Mapping[str, Shape]:
        return self._fields

    @property
    def items(self) -> Shape:
        return go_shape(self.go[2:])


def go_shape(go: str) -> Shape:
    """Return the shape of a Go type."""
    go = go.removeprefix("*")
    if go.startswith("[]"):
        return GoShape("array", go)
    if go.startswith("{}"):
        return GoShape("map", go)
    if go.startswith("#"):
        name = go.rpartition(".")[2]
        return Shape(name) if name in OPAQUE else GoShape("object", go)
    scalar = go.rpartition("=")[2]
    if scalar == "bool":
        return Shape("boolean")
    if scalar.startswith("int"):
        return Shape("integer")
    return Shape("number" if scalar.startswith("float") else "string")


@dataclass(frozen=True)
class CustomShape(Shape):
    """A schema of a CustomResourceDefinition."""

    schema: Any = None

    @property
    def fields(self) -> Mapping[str, Shape]:
        return {name: custom_shape(schema) for name, schema in self.schema.get("properties", {}).items()}

    @property
    def items(self) -> Shape:
        inside = self.schema.get("items") or self.schema.get("additionalProperties")
        return custom_shape(inside) if isinstance(inside, dict) else Shape()

    @property
    def choices(self) -> tuple[Any, ...]:
        return tuple(self.schema.get("enum", ()))


@dataclass(frozen=True)
class ObjectShape(Shape):
    """An object whose fields have shapes of different sources."""

    inside: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, Shape]:
        return self.inside


def custom_shape(schema: Mapping[str, Any]) -> Shape:
    """Return the shape of a custom schema."""
    if schema.get("x-kubernetes-int-or-string"):
        return Shape("IntOrString")
    kind = schema.get("type", "any")
    if kind == "object" and "properties" not in schema:
        kind = "map" if isinstance(schema.get("additionalProperties"), dict) else "RawExtension"
    return CustomShape(kind, dict(schema))
