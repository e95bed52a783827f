"""The classes of ``strings.go``."""

from typing import Annotated, Literal

from plugin_operator import UNSET, ApiObject, Struct, UnsetType, resource, schema


class LengthsSpec(Struct):
    name: Annotated[str, schema(min_length=2, max_length=6)]
    words: list[Annotated[str, schema(min_length=1, max_length=3)]] = []


@resource("py.pairs.example.com/v1/Lengths", plural="lengths")
class Lengths(ApiObject):
    spec: LengthsSpec


class PatternSpec(Struct):
    lower: Annotated[str, schema(pattern=r"^[a-z]+$")]
    greek: Annotated[str, schema(pattern=r"\p{Greek}")]
    address: Annotated[str, schema(pattern=r"^(\d{1,3}\.){3}\d{1,3}$")] | UnsetType = UNSET


@resource("py.pairs.example.com/v1/Pattern")
class Pattern(ApiObject):
    spec: PatternSpec


Colour = Literal["Red", "Green", "Blue"]


class EnumSpec(Struct):
    colour: Colour
    power: Annotated[int, schema(enum=[1, 2, 4])]
    palette: list[Colour] = []


@resource("py.pairs.example.com/v1/Enum")
class Enum(ApiObject):
    spec: EnumSpec


class FormatSpec(Struct):
    day: Annotated[str, schema(format="date")] | UnsetType = UNSET
    id: Annotated[str, schema(format="uuid")] | UnsetType = UNSET
    address: Annotated[str, schema(format="ipv4")] | UnsetType = UNSET
    network: Annotated[str, schema(format="cidr")] | UnsetType = UNSET
    mail: Annotated[str, schema(format="email")] | UnsetType = UNSET
    host: Annotated[str, schema(format="hostname")] | UnsetType = UNSET
    link: Annotated[str, schema(format="uri")] | UnsetType = UNSET
    wait: Annotated[str, schema(format="duration")] | UnsetType = UNSET


@resource("py.pairs.example.com/v1/Format")
class Format(ApiObject):
    spec: FormatSpec
