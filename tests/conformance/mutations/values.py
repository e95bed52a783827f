"""Values that a mutation writes: by the shape of the field, and by what its name says about it."""

import random
import re
from typing import Any

from tests.conformance.mutations.shapes import Shape

_TEXTS = ("x", "", "Foo", "a/b", "a b", "-a", "a.b", "A_b", "\u00e9", "a" * 64, "a" * 300, "1", "example.com/a", " x")
_NUMBERS = (0, 1, 2, -1, 65535, 65536, 100, 101, 2**31 - 1, 2**31, -(2**31), 2**63)
_SCALARS: dict[str, tuple[Any, ...]] = {
    "integer": _NUMBERS,
    "number": (0, 1, -1.5, 0.5, 1e30),
    "boolean": (True, False),
    "Time": ("2026-11-30T09:54:34Z", "1969-12-31T23:59:59Z", "yesterday", "", "2026-11-30T09:54:34+02:00"),
    "MicroTime": ("2026-11-30T09:54:34.000001Z", "2026-11-30", "", "2026-11-30T09:54:34Z"),
    "Quantity": ("1", "0", "-1", "100m", "1.5Gi", "abc", "", "1e3", 5, "0.5", "1000", "1024Ki"),
    "IntOrString": (0, 80, -1, 65536, "http", "25%", "101%", "-1%", "", "Foo_", "a" * 20, 2**31),
    "RawExtension": ({}, {"a": 1}, {"apiVersion": "v1", "kind": "X"}, {"a": {"b": [1, None]}}),
    "FieldsV1": ({}, {"f:data": {}}),
    "JSON": (1, "text", {"a": True}, [1]),
    "Duration": ("1s", "1h2m3.5s", "-1s", "abc", "", "0s"),
}
#: What fields are called, and texts that are about right for them.
_NAMED: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (
        re.compile(r"(?i)cidrs?$|blocks?$|except$"),
        ("10.0.0.0/8", "10.0.0.0/33", "10.0.0.1/8", "2001:db8::/64", "x", ""),
    ),
    (
        re.compile(r"(?i)ips?$|address(es)?$"),
        ("10.1.2.3", "010.1.2.3", "::1", "127.0.0.1", "256.1.1.1", "x", "", "::ffff:1.2.3.4"),
    ),
    (re.compile(r"(?i)protocol$"), ("TCP", "UDP", "SCTP", "tcp", "HTTP", "")),
    (re.compile(r"(?i)operator$"), ("In", "NotIn", "Exists", "DoesNotExist", "Equal", "Gt", "in", "")),
    (re.compile(r"(?i)path(s|Prefix)?$"), ("/a", "a", "../a", "/a/../b", "", "/", "a:b", "/a//b")),
    (re.compile(r"(?i)(group|version)s?$"), ("v1", "apps", "example.com", "v1/b", "Foo", "", "*")),
    (re.compile(r"(?i)schedule$"), ("* * * * *", "@daily", "61 * * * *", "x", "", "TZ=UTC * * * * *")),
    (re.compile(r"(?i)timeZone$"), ("Etc/UTC", "Europe/Berlin", "nowhere", "", "Local", "/etc/utc")),
    (
        re.compile(r"(?i)(url|externalName|host(s|name)?)$"),
        ("https://a.example.com", "http://a", "a.example.com", "*.example.com", "A_", ""),
    ),
    (re.compile(r"(?i)expression|condition"), ("true", "1", "object.x", "object.spec.x == 1", ")", "")),
    (re.compile(r"(?i)status$"), ("True", "False", "Unknown", "true", "", "Foo")),
)
_OTHERS: tuple[Any, ...] = (True, 7, "text", 1.5, [], {}, ["a"], {"a": "b"})
_DEEPEST = 4


def draw(chance: random.Random, shape: Shape, name: str, depth: int = 0) -> Any:
    """Draw a value of the shape; deep objects and every field of one are left to chance."""
    if shape.choices and chance.random() < 0.7:
        return chance.choice(shape.choices)
    if shape.type == "object":
        share = 0.5 if depth < _DEEPEST else 0.0
        return {
            key: draw(chance, inside, key, depth + 1) for key, inside in shape.fields.items() if chance.random() < share
        }
    if shape.type == "array":
        return [draw(chance, shape.items, name, depth + 1) for _ in range(chance.choice((0, 1, 1, 2)))]
    if shape.type == "map":
        keys = chance.sample(("a", "example.com/b", "cpu", "memory", "Foo", "a b", ""), chance.choice((0, 1, 1, 2)))
        return {key: draw(chance, shape.items, name, depth + 1) for key in keys}
    if shape.type in _SCALARS:
        return chance.choice(_SCALARS[shape.type])
    for pattern, texts in _NAMED:
        if pattern.search(name) and chance.random() < 0.8:
            return chance.choice(texts)
    return chance.choice(_TEXTS)


def of_another_type(chance: random.Random, value: Any) -> Any:
    """Draw a value whose JSON type is not that of ``value``."""
    return chance.choice([other for other in _OTHERS if type(other) is not type(value)])


def emptied(value: Any) -> Any:
    """Return the empty value of the same type."""
    return type(value)() if value is not None else {}


def near(chance: random.Random, value: Any) -> Any:
    """Return a value that is a slip away from this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return chance.choice((value + 1, -value, value * 1_000_000, value - 1))
    if isinstance(value, str) and value:
        return chance.choice((value.swapcase(), value + "x", value * 40, value + " ", value[:-1], "." + value))
    return value
