"""The classes of ``lists.go``."""

from typing import Annotated

from plugin_operator import UNSET, ApiObject, Struct, UnsetType, resource, schema


class SizesSpec(Struct):
    numbers: Annotated[list[int], schema(min_length=1, max_length=3)]
    labels: Annotated[dict[str, str], schema(min_length=1, max_length=2)] | UnsetType = UNSET


@resource("py.pairs.example.com/v1/Sizes", plural="sizes")
class Sizes(ApiObject):
    spec: SizesSpec


class SetListSpec(Struct):
    names: Annotated[list[str], schema(list_type="set")] = []
    numbers: Annotated[list[int], schema(list_type="set")] = []


@resource("py.pairs.example.com/v1/SetList")
class SetList(ApiObject):
    spec: SetListSpec


class Part(Struct):
    name: str
    count: int | UnsetType = UNSET


class Port(Struct):
    port: int
    protocol: str = "TCP"


class MapListSpec(Struct):
    parts: Annotated[list[Part], schema(list_type="map", keys=["name"])] = []
    ports: Annotated[list[Port], schema(list_type="map", keys=["port", "protocol"])] = []


@resource("py.pairs.example.com/v1/MapList")
class MapList(ApiObject):
    spec: MapListSpec


class Reference(Struct):
    name: str
    kind: str | UnsetType = UNSET


class AtomicSpec(Struct):
    words: Annotated[list[str], schema(list_type="atomic")] = []
    selector: Annotated[dict[str, str], schema(map_type="atomic")] = {}
    labels: Annotated[dict[str, str], schema(map_type="granular")] = {}
    reference: Annotated[Reference, schema(struct_type="atomic")] | UnsetType = UNSET


@resource("py.pairs.example.com/v1/Atomic")
class Atomic(ApiObject):
    spec: AtomicSpec
