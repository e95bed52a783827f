"""The classes of ``presence.go``."""

from typing import Annotated, Literal

import msgspec

from plugin_operator import UNSET, ApiObject, Struct, UnsetType, resource, schema


class DefaultsSpec(Struct):
    count: int = 3
    zero: int = 0
    scheme: str = "http"
    empty: str = ""
    enabled: bool = True
    share: float = 0.5
    letter: Literal["A", "B"] = "A"


@resource("py.pairs.example.com/v1/Defaults", plural="defaults")
class Defaults(ApiObject):
    spec: DefaultsSpec


class Probe(Struct):
    path: str = "/healthz"
    port: Annotated[int, schema(ge=1, le=65535)] = 8080


class NestedDefaultsSpec(Struct):
    probe: Probe = msgspec.field(default_factory=Probe)
    ports: list[int] = msgspec.field(default_factory=lambda: [80, 443])
    labels: dict[str, str] = msgspec.field(default_factory=lambda: {"tier": "web"})
    probes: list[Probe] = []


@resource("py.pairs.example.com/v1/NestedDefaults", plural="nesteddefaults")
class NestedDefaults(ApiObject):
    spec: NestedDefaultsSpec


class Place(Struct):
    city: str
    street: str | UnsetType = UNSET


class PresenceSpec(Struct):
    name: str
    note: str | UnsetType = UNSET
    home: Place
    work: Place | UnsetType = UNSET
    visited: list[Place] = []
    known: dict[str, Place] = {}


@resource("py.pairs.example.com/v1/Presence")
class Presence(ApiObject):
    spec: PresenceSpec


class NullableSpec(Struct):
    text: str | None = None
    needed: int | None
    place: Place | None = None
    never: int | UnsetType = UNSET


@resource("py.pairs.example.com/v1/Nullable")
class Nullable(ApiObject):
    spec: NullableSpec
