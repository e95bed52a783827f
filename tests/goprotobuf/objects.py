"""Objects of all built-in kinds with a value in every field, and others with a few of them, as JSON."""

import base64
import random
from collections.abc import Iterator
from typing import Any

from kube_apiserver.schema.facts import kinds, type_facts

#: A schema may have schemas, and so on without an end.
_DEEPEST = 7
_TEXTS = ("a", "", "b.example.com/ü", "\u65e5\u672c", 'q"uote\n', "x" * 200)
_NUMBERS = (0, 1, -1, 127, 128, 65_536, 2**31 - 1, -(2**31))
_OPAQUE: dict[str, tuple[Any, ...]] = {
    "Time": ("2026-11-30T09:54:34Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"),
    "MicroTime": ("2026-11-30T09:54:34.000001Z", "2026-11-30T09:54:34.500000Z", "1969-12-31T23:59:59.999999Z"),
    "Quantity": ("0", "1", "100m", "1Gi", "-5"),
    "IntOrString": (0, 80, -1, "http", "25%"),
    "RawExtension": ({"apiVersion": "v1", "kind": "X", "a": [1, None, "b"]}, {}),
    "FieldsV1": ({"f:metadata": {"f:labels": {".": {}, "f:a": {}}}}, {}),
    "JSON": (1, "text", None, [1, {"a": True}], {"b": 1.5}, False),
    "Duration": ("0s", "1h2m3.5s", "15m0s", "-1.5s", "1.5ms"),
    "Verbs": (["get", "list"], []),
    "ExtraValue": (["a", "b"], []),
}


def objects() -> Iterator[dict[str, Any]]:
    """Yield for each kind an object with all fields, then two with some; each run yields the same."""
    for place, definition in sorted(kinds().items()):
        group, version, kind = place.split("/")
        head = {"kind": kind, "apiVersion": f"{group}/{version}" if group else version}
        facts = type_facts(definition)
        if facts is None or kind == "WatchEvent" or not any(field.number for field in facts.fields):
            continue
        for share in (1.0, 0.5, 0.1):
            made = _Maker(random.Random(f"{place} {share}"), share).message(definition, 0)
            yield {**made, **head}


class _Maker:
    def __init__(self, chance: random.Random, share: float) -> None:
        self._random = chance
        self._share = share

    def message(self, definition: str, depth: int) -> dict[str, Any]:
        facts = type_facts(definition)
        made = {}
        for field in facts.fields if facts else ():
            is_deep = depth > _DEEPEST and "#" in field.go
            if not field.number or is_deep or self._random.random() > self._share:
                continue
            value = self._value(field.go.removeprefix("*"), depth)
            # Go decodes null as the absence of a value.
            if value is not None:
                made[field.name] = value
        return made

    def _value(self, go: str, depth: int) -> Any:
        if go.startswith("[]"):
            return [self._value(go[2:], depth + 1) for _ in range(self._random.choice((0, 1, 2)))]
        if go.startswith("{}"):
            return {key: self._value(go[2:], depth + 1) for key in self._random.sample(("b", "a", "", "ü", "B"), 3)}
        if go.startswith("#"):
            return self._struct(go[1:], depth + 1)
        if go == "bytes":
            return base64.b64encode(self._random.randbytes(self._random.choice((1, 200)))).decode()
        scalar = go.rpartition("=")[2]
        if scalar == "bool":
            return self._random.choice((True, False))
        if scalar.startswith("float"):
            return self._random.choice((0.0, 1.5, -2.0, 1e30))
        if scalar.startswith("int"):
            return self._random.choice((*_NUMBERS, *((2**63 - 1, -(2**63)) if scalar == "int64" else ())))
        return self._random.choice(_TEXTS)

    def _struct(self, definition: str, depth: int) -> Any:
        name = definition.rpartition(".")[2]
        if name in _OPAQUE:
            return self._random.choice(_OPAQUE[name])
        if name.startswith("JSONSchemaPropsOr"):
            schema = self.message(f"{definition.rpartition('.')[0]}.JSONSchemaProps", depth)
            others: dict[str, Any] = {"Bool": True, "Array": [schema, schema], "StringArray": ["a", "b"]}
            return self._random.choice((schema, others[name.removeprefix("JSONSchemaPropsOr")]))
        return self.message(definition, depth)
