"""The classes of ``numbers.go``."""

from typing import Annotated

from plugin_operator import ApiObject, Struct, resource, schema


class BoundsSpec(Struct):
    small: Annotated[int, schema(ge=1, le=10, format="int32")]
    large: Annotated[int, schema(ge=-5_000_000_000, le=5_000_000_000)]
    share: Annotated[float, schema(ge=0, le=1)]


@resource("py.pairs.example.com/v1/Bounds", plural="bounds")
class Bounds(ApiObject):
    spec: BoundsSpec


class ExclusiveSpec(Struct):
    whole: Annotated[int, schema(gt=0, lt=8)]
    share: Annotated[float, schema(gt=0, le=1)]


@resource("py.pairs.example.com/v1/Exclusive")
class Exclusive(ApiObject):
    spec: ExclusiveSpec


class MultipleSpec(Struct):
    fives: Annotated[int, schema(multiple_of=5)]
    quarters: Annotated[float, schema(multiple_of=0.25)]


@resource("py.pairs.example.com/v1/Multiple")
class Multiple(ApiObject):
    spec: MultipleSpec
