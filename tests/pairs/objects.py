"""Objects for a schema: some fit it, the others break it in one or two places.

The objects depend on the schema and the name of the kind alone: each run sends the same ones. ``SAMPLES`` has values
that a schema does not show: those that fit a pattern, a format or a rule, and those that nearly do.
"""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from tests.pairs.samples import SAMPLES

NUMBER = 50
# So many are left as they are, the others are changed.
FITTING = 15
WRONG: tuple[Any, ...] = ("text", "", 7, -1, 1.5, True, None, [], {}, ["text"], {"key": "value"}, 2**40)
REMOVED = object()

Path = tuple[str | int, ...]


def objects(kind: str, schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return ``NUMBER`` different objects without metadata for the schema of a version."""
    return _Maker(kind, schema).objects()


class _Maker:
    def __init__(self, kind: str, schema: dict[str, Any]) -> None:
        self._random = random.Random(kind)
        self._samples = SAMPLES.get(kind, {})
        self._schema = {**schema, "properties": {name: schema["properties"][name] for name in _own(schema)}}

    def objects(self) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for made in self._candidates():
            found.setdefault(json.dumps(made, sort_keys=True), made)
            if len(found) == NUMBER:
                return list(found.values())
        raise AssertionError("unreachable: there is always another text")

    def _candidates(self) -> Iterator[dict[str, Any]]:
        for _ in range(FITTING):
            yield self._fitting(self._schema, ())
        # First every sample once: those of rules and patterns are what a kind is about.
        changes = [(path, value) for path, values in self._samples.items() for value in values]
        self._random.shuffle(changes)
        for dotted, value in changes[: NUMBER - FITTING - 10]:
            yield self._changed(self._full(), (*dotted.split("."),), value)
        while True:
            made = self._full()
            for _ in range(self._random.choice((1, 1, 1, 2))):
                path, schema = self._random.choice(list(_places(self._schema, made, ())))
                made = self._changed(made, path, self._odd(schema, path))
            yield made

    def _full(self) -> dict[str, Any]:
        made: dict[str, Any] = self._fitting(self._schema, (), optional=0.9)
        return made

    def _changed(self, of: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
        made = copy.deepcopy(of)
        inner: Any = made
        for step in path[:-1]:
            inner = (
                inner[step] if _has(inner, step) else inner.setdefault(step, {}) if isinstance(inner, dict) else None
            )
        if isinstance(inner, dict) or _has(inner, path[-1]):
            inner[path[-1]] = value
            if value is REMOVED:
                del inner[path[-1]]
        return made

    def _fitting(self, schema: dict[str, Any], path: Path, optional: float = 0.6) -> Any:
        """Return a value that fits the schema, but for its rules; optional fields are there now and then."""
        sampled = self._samples.get(".".join(str(step) for step in path if not isinstance(step, int)))
        if sampled:
            return self._random.choice(sampled[: max(1, len(sampled) // 3)])
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                return self._object(schema, path, optional)
            case "array":
                length = self._random.randint(schema.get("minItems", 0), schema.get("maxItems", 3))
                return [self._fitting(schema["items"], (*path, index), optional) for index in range(length)]
            case "integer" | "number":
                return self._number(schema)
            case "boolean":
                return self._random.choice((True, False))
            case "string":
                return self._text(schema)
            case _:
                return (
                    self._random.choice((1, "10", "500m", 80)) if schema.get("x-kubernetes-int-or-string") else [1, {}]
                )

    def _object(self, schema: dict[str, Any], path: Path, optional: float) -> dict[str, Any]:
        if values := schema.get("additionalProperties"):
            size = self._random.randint(schema.get("minProperties", 0), schema.get("maxProperties", 2))
            return {key: self._fitting(values, (*path, key), optional) for key in ("one", "two", "three")[:size]}
        required = schema.get("required", ())
        made = {
            name: self._fitting(inner, (*path, name), optional)
            for name, inner in schema.get("properties", {}).items()
            if name in required or self._random.random() < optional
        }
        if schema.get("x-kubernetes-preserve-unknown-fields"):
            made |= {"more": self._random.choice((1, "two", {"three": None}))}
        return made

    def _number(self, schema: dict[str, Any]) -> float:
        step = schema.get("multipleOf", 1 if schema["type"] == "integer" else 0.25)
        least, most = schema.get("minimum", -4 * step), schema.get("maximum", 40 * step)
        number = self._random.randint(int(least // step) + 1, max(int(most // step) - 1, int(least // step) + 1)) * step
        return int(number) if schema["type"] == "integer" else number

    def _text(self, schema: dict[str, Any]) -> str:
        match schema.get("format"):
            case "date-time":
                return self._random.choice(("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678901+02:00"))
            case "byte":
                return self._random.choice(("aGVsbG8=", "", "AAEC"))
        length = self._random.randint(schema.get("minLength", 1), schema.get("maxLength", 5))
        return "".join(self._random.choice("abcdefé") for _ in range(length))

    def _odd(self, schema: dict[str, Any], path: Path) -> Any:
        """Return a value at an edge of the schema, or beyond it."""
        edges: list[Any] = [REMOVED, *self._random.sample(WRONG, 4)]
        for bound in ("minimum", "maximum"):
            if bound in schema:
                edges += [schema[bound] - 1, schema[bound], schema[bound] + 1, schema[bound] + 0.5] * 2
        if step := schema.get("multipleOf"):
            edges += [3 * step, 3 * step + 1, step / 2, 0, -step, 1e17 * step] * 2
        for bound in ("minLength", "maxLength"):
            if bound in schema:
                edges += [char * max(0, schema[bound] + more) for more in (-1, 0, 1) for char in ("x", "é", "🙂")]
        if items := schema.get("items"):
            one = self._fitting(items, (*path, 0), 1)
            edges += [[one] * number for number in (0, 1, 2, 3, 4)]
        if values := schema.get("additionalProperties"):
            one = self._fitting(values, (*path, "key"), 1)
            edges += [{f"key{index}": one for index in range(number)} for number in (0, 1, 2, 3)]
        if "properties" in schema:
            edges += [{**self._object(schema, path, 1), "unknownField": 1}] * 3
        edges += [f"{value}x" for value in schema.get("enum", ())]
        return self._random.choice(edges)


def _own(schema: dict[str, Any]) -> list[str]:
    return [name for name in schema["properties"] if name not in ("apiVersion", "kind", "metadata")]


def _has(value: Any, step: str | int) -> bool:
    return (isinstance(value, dict) and step in value) or (
        isinstance(value, list) and isinstance(step, int) and step < len(value)
    )


def _places(schema: dict[str, Any], value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield where the object may be changed, and the schema that holds there."""
    if path:
        yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _places(inner, value.get(name) if isinstance(value, dict) else None, (*path, name))
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _places(schema["items"], item, (*path, index))
    if isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
        for key, item in value.items():
            yield from _places(schema["additionalProperties"], item, (*path, key))
