"""Facts about the built-in types, read from the generated file ``facts.bin``.

The file has one section per Go package, which is inflated on first use. ``tests/schemafacts`` generates it from the
k8s.io Go modules. It holds no descriptions. Other modules interpret the facts: validation, merging, wire decoding.
"""

import zlib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

OMIT_EMPTY = 1
REQUIRED = 2
OMIT_ZERO = 4


class FieldFacts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One JSON field of a Go struct.

    Attributes:
        name: JSON name.
        number: protobuf field number; "2.5" for field 5 of the embedded message that is field 2; "" if not on the wire.
        go: the Go type: ``*`` pointer, ``[]`` list, ``{}`` map of strings, then ``bytes``, ``any``, a scalar
            (``~v1.Protocol=string`` if named) or ``#definition``.
        flags: OMIT_EMPTY, REQUIRED (in OpenAPI), OMIT_ZERO.
        extras: ``default``, ``enum``, ``items-enum``, ``list-type``, ``list-map-keys``, ``map-type``,
            ``patch-strategy``, ``patch-merge-key``, ``format``, ``hidden`` (not in OpenAPI).
    """

    name: str
    number: str
    go: str
    flags: int
    extras: dict[str, Any]


class TypeFacts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One Go type: its name in Go's messages, its fields in Go's order, and the OpenAPI keywords of the type itself."""

    go: str
    fields: list[FieldFacts]
    extras: dict[str, Any]


class SubresourceFacts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A subresource as discovery lists it, with its kind."""

    name: str
    group: str
    version: str
    kind: str
    verbs: list[str]


class ResourceFacts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A built-in resource as discovery lists it."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    short_names: list[str]
    categories: list[str]
    verbs: list[str]
    subresources: list[SubresourceFacts]


@cache
def _file() -> tuple[bytes, dict[str, tuple[int, int]], int]:
    data = Path(__file__).with_name("facts.bin").read_bytes()
    body = 4 + int.from_bytes(data[:4], "big")
    return data, msgspec.json.decode(data[4:body], type=dict[str, tuple[int, int]]), body


def _section(name: str) -> bytes:
    data, index, body = _file()
    start, length = index[name]
    return zlib.decompress(data[body + start : body + start + length])


@cache
def _package(prefix: str) -> dict[str, TypeFacts]:
    if prefix not in _file()[1]:
        return {}
    return msgspec.json.decode(_section(prefix), type=dict[str, TypeFacts])


@cache
def kinds() -> dict[str, str]:
    """Return the definition names of all top-level kinds by ``group/version/kind``. The core group is ""."""
    return msgspec.json.decode(_section("kinds"), type=dict[str, str])


@cache
def resources() -> tuple[ResourceFacts, ...]:
    """Return the built-in resources in discovery order."""
    return tuple(msgspec.json.decode(_section("resources"), type=list[ResourceFacts]))


def type_facts(definition: str) -> TypeFacts | None:
    """Return the facts of a definition such as ``io.k8s.api.core.v1.Pod``, None if there is none."""
    prefix, _, name = definition.rpartition(".")
    return _package(prefix).get(name)


def definitions(prefix: str) -> dict[str, TypeFacts]:
    """Return all types of one package by their short names, empty for an unknown package."""
    return _package(prefix)
