"""The classes of ``resources.go`` and of ``v2``."""

from typing import Annotated

import msgspec

from plugin_operator import UNSET, ApiObject, Struct, UnsetType, column, resource, scale, schema


class ColumnedSpec(Struct):
    size: int
    owner: str | UnsetType = UNSET


@resource(
    "py.pairs.example.com/v1/Columned",
    short_names=["clm", "clmd"],
    categories=["all", "pairs"],
    columns=[
        column("Size", ".spec.size", format="int64", description="How large"),
        column("Owner", ".spec.owner", priority=1),
        column("Age", ".metadata.creationTimestamp", type="date"),
    ],
)
class Columned(ApiObject):
    spec: ColumnedSpec


class ScaledSpec(Struct):
    replicas: Annotated[int, schema(format="int32")] = 1


class ScaledStatus(Struct):
    replicas: Annotated[int, schema(format="int32")] = 0
    selector: str = ""


@resource(
    "py.pairs.example.com/v1/Scaled",
    scale=scale(spec_replicas=".spec.replicas", status_replicas=".status.replicas", label_selector=".status.selector"),
)
class Scaled(ApiObject):
    spec: ScaledSpec
    status: ScaledStatus = msgspec.field(default_factory=ScaledStatus)


class SelectedSpec(Struct):
    colour: str
    size: int | UnsetType = UNSET


@resource("py.pairs.example.com/v1/Selected", selectable_fields=[".spec.colour", ".spec.size"])
class Selected(ApiObject):
    spec: SelectedSpec


class GlobalSpec(Struct):
    name: str | UnsetType = UNSET


@resource("py.pairs.example.com/v1/Global", plural="globes", singular="globe", scope="Cluster")
class Global(ApiObject):
    spec: GlobalSpec


class VersionedSpec(Struct):
    size: Annotated[int, schema(ge=1)]


@resource("py.pairs.example.com/v1/Versioned", deprecated="v1 is old")
class VersionedV1(ApiObject):
    spec: VersionedSpec


@resource("py.pairs.example.com/v2/Versioned", storage=True)
class Versioned(ApiObject):
    spec: VersionedSpec
