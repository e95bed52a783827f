"""The classes of ``special.go``."""

from datetime import datetime
from typing import Annotated, Any

from plugin_operator import UNSET, ApiObject, EmbeddedObject, Quantity, Struct, UnsetType, resource, schema
from tests.pairs.python.lists import Part


class WholeSpec(Struct):
    port: int | str
    limits: list[int | str] = []


@resource("py.pairs.example.com/v1/Whole")
class Whole(ApiObject):
    spec: WholeSpec


class AmountSpec(Struct):
    memory: Quantity
    limits: dict[str, Quantity] = {}


@resource("py.pairs.example.com/v1/Amount")
class Amount(ApiObject):
    spec: AmountSpec


class EmbeddedSpec(Struct):
    template: EmbeddedObject


@resource("py.pairs.example.com/v1/Embedded")
class Embedded(ApiObject):
    spec: EmbeddedSpec


class PreservingSpec(Struct):
    options: dict[str, Any] = {}
    anything: Any = UNSET
    part: Annotated[Part, schema(preserve_unknown_fields=True)] | UnsetType = UNSET


@resource("py.pairs.example.com/v1/Preserving")
class Preserving(ApiObject):
    spec: PreservingSpec


class TimesSpec(Struct):
    start: datetime
    end: datetime | UnsetType = UNSET
    every: str | UnsetType = UNSET


@resource("py.pairs.example.com/v1/Times", plural="times")
class Times(ApiObject):
    spec: TimesSpec


class BytesSpec(Struct):
    key: bytes
    files: dict[str, bytes] = {}


@resource("py.pairs.example.com/v1/Bytes", plural="bytes")
class Bytes(ApiObject):
    spec: BytesSpec
