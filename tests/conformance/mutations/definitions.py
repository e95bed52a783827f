"""Twenty custom kinds that use every construct of a CustomResourceDefinition between them, each with a valid object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GROUP = "mutations.example.com"
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_LIST, _KEYS, _MAP = "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"
_RULES = "x-kubernetes-validations"
_EITHER = "x-kubernetes-int-or-string"
_EMBEDDED = "x-kubernetes-embedded-resource"


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom kind: the properties of its spec and status, what else its definition says, the sample's spec."""

    plural: str
    spec: Mapping[str, Any]
    sample: Mapping[str, Any]
    status: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[Mapping[str, Any], ...] = ()
    required: tuple[str, ...] = ()
    version: Mapping[str, Any] = field(default_factory=dict)
    more: tuple[Mapping[str, Any], ...] = ()
    namespaced: bool = True
    names: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return the name of the kind."""
        return self.plural.removesuffix("s").capitalize()

    @property
    def schema(self) -> dict[str, Any]:
        """Return the schema of the stored version."""
        spec = {**_object(self.spec), **({"required": list(self.required)} if self.required else {})}
        if self.rules:
            spec[_RULES] = [dict(rule) for rule in self.rules]
        made = _object({"spec": spec})
        if self.status:
            made["properties"]["status"] = _object(self.status)
        return made

    @property
    def definition(self) -> dict[str, Any]:
        """Return the CustomResourceDefinition."""
        first = {
            "name": "v1",
            "served": True,
            "storage": True,
            "schema": {"openAPIV3Schema": self.schema},
            **self.version,
        }
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{self.plural}.{GROUP}"},
            "spec": {
                "group": GROUP,
                "scope": "Namespaced" if self.namespaced else "Cluster",
                "names": {"plural": self.plural, "kind": self.kind, **self.names},
                "versions": [first, *({**first, "storage": False, **other} for other in self.more)],
            },
        }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties)}


def _list(items: Mapping[str, Any], **keywords: Any) -> dict[str, Any]:
    return {"type": "array", "items": dict(items), **keywords}


_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_STATUS: dict[str, Any] = {"status": {}}
_NAMED = {**_object({"name": _TEXT, "n": {**_NUMBER, "default": 1}}), "required": ["name"]}
_FORMATS = ("date-time", "date", "byte", "ipv4", "ipv6", "cidr", "uuid", "email", "uri", "hostname", "duration", "mac")

CUSTOM = (
    Custom(
        "scalars",
        {
            "s": _TEXT,
            "i": _NUMBER,
            "n": {"type": "number"},
            "b": {"type": "boolean"},
            "i32": {**_NUMBER, "format": "int32"},
        },
        {"s": "x", "i": 1, "n": 1.5, "b": True, "i32": 5},
        required=("s", "i"),
    ),
    Custom(
        "defaults",
        {
            "s": {**_TEXT, "default": "d"},
            "i": {**_NUMBER, "default": 3},
            "deep": {**_object({"a": {**_TEXT, "default": "x"}, "b": _TEXT}), "default": {}},
            "l": _list(_NAMED, default=[{"name": "a"}]),
            "m": {"type": "object", "additionalProperties": _NAMED},
        },
        {"i": 4, "deep": {"b": "y"}, "l": [{"name": "b"}], "m": {"k": {"name": "z"}}},
    ),
    Custom(
        "nullables",
        {
            "s": {**_TEXT, "nullable": True},
            "d": {**_TEXT, "nullable": True, "default": "x"},
            "o": {**_object({"a": {**_NUMBER, "nullable": True}}), "nullable": True},
            "l": _list({**_TEXT, "nullable": True}),
            "plain": {**_TEXT, "default": "y"},
        },
        {"s": None, "o": {"a": None}, "l": ["a", None], "plain": "z"},
    ),
    Custom(
        "enums",
        {
            "colour": {**_TEXT, "enum": ["red", "blue"], "default": "red"},
            "size": {**_NUMBER, "enum": [1, 2, 3]},
            "list": _list({**_TEXT, "enum": ["a", "b"]}),
            "maybe": {**_TEXT, "enum": ["x", None], "nullable": True},
        },
        {"colour": "blue", "size": 2, "list": ["a", "b"], "maybe": "x"},
    ),
    Custom(
        "bounds",
        {
            "word": {**_TEXT, "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 5},
            "n": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 10, "multipleOf": 0.5},
            "i": {**_NUMBER, "minimum": 1, "maximum": 10, "exclusiveMaximum": True},
            "l": _list(_NUMBER, minItems=1, maxItems=2),
            "m": {"type": "object", "additionalProperties": _NUMBER, "minProperties": 1, "maxProperties": 2},
        },
        {"word": "abc", "n": 1.5, "i": 3, "l": [1], "m": {"a": 1}},
        required=("word",),
    ),
    Custom(
        "formats",
        {name.replace("-", ""): {**_TEXT, "format": name} for name in _FORMATS},
        {
            "datetime": "2026-11-30T09:54:34Z",
            "date": "2026-11-30",
            "byte": "eA==",
            "ipv4": "10.1.2.3",
            "cidr": "10.0.0.0/8",
        },
    ),
    Custom(
        "eithers",
        {
            "port": {_EITHER: True},
            "default": {_EITHER: True, "default": "25%"},
            "matched": {_EITHER: True, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^[0-9]+%?$"},
            "l": _list({_EITHER: True}),
        },
        {"port": 80, "matched": "5%", "l": [1, "a"]},
    ),
    Custom(
        "opens",
        {
            "free": {"type": "object", _PRESERVE: True},
            "some": {**_object({"known": _NUMBER, "deep": _object({"a": _TEXT})}), _PRESERVE: True},
            "any": {_PRESERVE: True},
            "closed": _object({"a": _TEXT}),
        },
        {
            "free": {"a": [1, {"b": None}]},
            "some": {"known": 1, "other": 2, "deep": {"a": "x"}},
            "any": [1],
            "closed": {"a": "b"},
        },
    ),
    Custom(
        "embeddeds",
        {
            "template": {"type": "object", _EMBEDDED: True, _PRESERVE: True},
            "typed": {**_object({"spec": _object({"a": _TEXT})}), _EMBEDDED: True},
            "list": _list({"type": "object", _EMBEDDED: True, _PRESERVE: True}),
        },
        {
            "template": {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "p", "labels": {"a": "b"}},
                "spec": {"x": 1},
            },
            "typed": {"apiVersion": "example.com/v1", "kind": "T", "metadata": {"name": "t"}, "spec": {"a": "b"}},
        },
    ),
    Custom(
        "sets",
        {
            "words": _list(_TEXT, **{_LIST: "set"}),
            "numbers": _list(_NUMBER, **{_LIST: "set"}),
            "objects": _list({**_object({"a": _TEXT}), _MAP: "atomic"}, **{_LIST: "set"}),
        },
        {"words": ["a", "b"], "numbers": [1, 2], "objects": [{"a": "x"}, {"a": "y"}]},
    ),
    Custom(
        "keyeds",
        {
            "parts": _list(_NAMED, **{_LIST: "map", _KEYS: ["name"]}),
            "ports": _list(
                {
                    **_object({"port": _NUMBER, "protocol": {**_TEXT, "default": "TCP"}, "v": _TEXT}),
                    "required": ["port"],
                },
                **{_LIST: "map", _KEYS: ["port", "protocol"]},
            ),
        },
        {
            "parts": [{"name": "a", "n": 2}, {"name": "b"}],
            "ports": [{"port": 80}, {"port": 80, "protocol": "UDP", "v": "x"}],
        },
    ),
    Custom(
        "atomics",
        {
            "l": _list(_object({"a": _TEXT, "b": _NUMBER}), **{_LIST: "atomic"}),
            "o": {**_object({"a": _TEXT, "b": _TEXT}), _MAP: "atomic"},
            "g": {**_object({"a": _TEXT, "b": _TEXT}), _MAP: "granular"},
            "m": {"type": "object", "additionalProperties": _TEXT, _MAP: "atomic"},
        },
        {"l": [{"a": "x", "b": 1}], "o": {"a": "x", "b": "y"}, "g": {"a": "x"}, "m": {"k": "v"}},
    ),
    Custom(
        "logics",
        {
            "one": {**_object({"a": _TEXT, "b": _TEXT}), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            "any": {**_NUMBER, "anyOf": [{"minimum": 10}, {"maximum": 2}]},
            "all": {**_TEXT, "allOf": [{"minLength": 2}, {"pattern": "^a"}]},
            "no": {**_TEXT, "not": {"enum": ["bad"]}},
        },
        {"one": {"a": "x"}, "any": 1, "all": "ab", "no": "good"},
    ),
    Custom(
        "rules",
        {
            "min": _NUMBER,
            "max": _NUMBER,
            "name": {
                **_TEXT,
                "maxLength": 10,
                _RULES: [{"rule": "self.startsWith('a')", "message": "must start with a"}],
            },
            "list": _list({**_TEXT, "maxLength": 5}, maxItems=5, **{_RULES: [{"rule": "self.all(x, x != 'bad')"}]}),
            "when": {**_TEXT, "format": "date-time"},
        },
        {"min": 1, "max": 5, "name": "abc", "list": ["x"], "when": "2026-11-30T09:54:34Z"},
        rules=(
            {
                "rule": "!has(self.min) || !has(self.max) || self.min <= self.max",
                "messageExpression": "self.min > 5 ? 'min > 5' : 'min > max'",
            },
            {"rule": "has(self.name)", "reason": "FieldValueRequired", "fieldPath": ".name"},
        ),
    ),
    Custom(
        "transitions",
        {
            "fixed": {**_TEXT, "maxLength": 10, _RULES: [{"rule": "self == oldSelf", "message": "is immutable"}]},
            "grows": {**_NUMBER, _RULES: [{"rule": "self >= oldSelf", "reason": "FieldValueForbidden"}]},
            "once": {
                **_TEXT,
                _RULES: [{"rule": "!oldSelf.hasValue() || self == oldSelf.value()", "optionalOldSelf": True}],
                "maxLength": 10,
            },
            "free": {**_TEXT, "maxLength": 3},
        },
        {"fixed": "a", "grows": 2, "once": "x", "free": "y"},
        rules=({"rule": "has(self.fixed) || !has(oldSelf.fixed)", "message": "fixed is required once set"},),
    ),
    Custom(
        "versioneds",
        {"a": _TEXT, "b": {**_NUMBER, "default": 1}},
        {"a": "x"},
        status={"c": _TEXT},
        version={"subresources": _STATUS},
        more=(
            {
                "name": "v2",
                "schema": {"openAPIV3Schema": _object({"spec": _object({"a": _TEXT, "z": {**_TEXT, "default": "z"}})})},
            },
            {"name": "v1beta1", "deprecated": True, "deprecationWarning": "use v1"},
        ),
    ),
    Custom(
        "statuses",
        {"a": _TEXT},
        {"a": "x"},
        status={
            "phase": {**_TEXT, "enum": ["Ready", "Failed"]},
            "count": {**_NUMBER, "minimum": 0, "default": 0},
            "conditions": _list(
                {
                    **_object(
                        {"type": _TEXT, "status": {**_TEXT, "enum": ["True", "False", "Unknown"]}, "reason": _TEXT}
                    ),
                    "required": ["type", "status"],
                },
                **{_LIST: "map", _KEYS: ["type"]},
            ),
        },
        version={"subresources": _STATUS},
    ),
    Custom(
        "scaleds",
        {"replicas": {**_NUMBER, "minimum": 0, "maximum": 10, "default": 1}, "a": _TEXT},
        {"replicas": 2, "a": "x"},
        status={"replicas": _NUMBER, "selector": _TEXT},
        version={
            "subresources": {
                **_STATUS,
                "scale": {
                    "specReplicasPath": ".spec.replicas",
                    "statusReplicasPath": ".status.replicas",
                    "labelSelectorPath": ".status.selector",
                },
            }
        },
    ),
    Custom(
        "printeds",
        {"colour": _TEXT, "size": _NUMBER, "when": {**_TEXT, "format": "date-time"}},
        {"colour": "red", "size": 2, "when": "2026-11-30T09:54:34Z"},
        version={
            "additionalPrinterColumns": [
                {"name": "Colour", "type": "string", "jsonPath": ".spec.colour"},
                {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "priority": 1},
                {"name": "When", "type": "date", "jsonPath": ".spec.when"},
            ],
            "selectableFields": [{"jsonPath": ".spec.colour"}],
        },
        names={"shortNames": ["prt"], "categories": ["all"], "singular": "printed"},
    ),
    Custom(
        "clusters",
        {
            "tree": _object({"left": _object({"leaf": _TEXT}), "right": _list(_list(_NUMBER))}),
            "map": {"type": "object", "additionalProperties": _list(_TEXT)},
        },
        {"tree": {"left": {"leaf": "x"}, "right": [[1, 2], [3]]}, "map": {"a": ["b"]}},
        status={"ready": {"type": "boolean"}},
        version={"subresources": _STATUS},
        namespaced=False,
    ),
)
