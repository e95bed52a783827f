"""The functions that rules can call, with their overloads.

``functions.tsv`` holds them as kube-apiserver declares them; ``tests/gocel`` writes the file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from go_cel import types
from go_cel.types import Type

_SIMPLE = {
    each.kind: each
    for each in (
        *(types.BOOL, types.INT, types.UINT, types.DOUBLE, types.STRING, types.BYTES),
        *(types.NULL, types.DYN, types.TIMESTAMP, types.DURATION, types.TYPE, types.ANY),
    )
}
_PARTS = re.compile(r"[(),]|[^(), ]+")
_OPAQUE = ("net.IP", "net.CIDR")


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function.

    Attributes:
        identifier: its name in cel-go.
        is_member: the first parameter stands before the dot.
    """

    identifier: str
    is_member: bool
    result: Type
    parameters: tuple[Type, ...]


def signature(name: str, arguments: "list[Type]", *, is_member: bool) -> str:
    """Return a call as error messages show it."""
    texts = [each.text for each in arguments]
    if is_member:
        return f"found no matching overload for '{name}' applied to '{texts[0]}.({', '.join(texts[1:])})'"
    return f"found no matching overload for '{name}' applied to '({', '.join(texts)})'"


@cache
def functions() -> Mapping[str, tuple[Overload, ...]]:
    """Return the overloads by the names of their functions."""
    found: dict[str, list[Overload]] = {}
    text = resources.files("go_cel.checking").joinpath("functions.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        name, identifier, style, result, *parameters = line.split("\t")
        overload = Overload(identifier, style == "member", _read(result), tuple(map(_read, parameters)))
        found.setdefault(name, []).append(overload)
    return {name: tuple(overloads) for name, overloads in found.items()}


@cache
def type_names() -> Mapping[str, Type]:
    """Return the types that rules can name."""
    known = {name: found for name, found in _SIMPLE.items() if name not in ("dyn", "any", "null")}
    named = {"null_type": types.NULL, "google.protobuf.Timestamp": types.TIMESTAMP}
    named["google.protobuf.Duration"] = types.DURATION
    del known["timestamp"], known["duration"]
    lists = {"list": types.list_of(types.DYN), "map": types.map_of(types.DYN, types.DYN)}
    extra = {"optional_type": types.optional_of(types.DYN), **{name: Type("opaque", name) for name in _OPAQUE}}
    return {**known, **named, **lists, **extra}


def _read(text: str) -> Type:
    parts = _PARTS.findall(text)
    return _read_parts(parts)[0]


def _read_parts(parts: list[str]) -> tuple[Type, list[str]]:
    name, rest = parts[0], parts[1:]
    inside = []
    if rest[:1] == ["("]:
        while rest[0] != ")":
            each, rest = _read_parts(rest[1:])
            inside.append(each)
        rest = rest[1:]
    return _made(name, tuple(inside)), rest


def _made(name: str, inside: tuple[Type, ...]) -> Type:
    if name in ("list", "map", "type"):
        return Type(name, params=inside)
    if inside or name in _OPAQUE:
        return Type("opaque", name, inside)
    if len(name) == 1:
        return types.param(name)
    return _SIMPLE.get(name) or types.struct(name)
