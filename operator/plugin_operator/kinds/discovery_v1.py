"""The kinds of discovery/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import core_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class EndpointConditions(Struct):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class ForZone(Struct):
    name: str = ""


class ForNode(Struct):
    name: str = ""


class EndpointHints(Struct):
    for_zones: list[ForZone] = []
    for_nodes: list[ForNode] = []


class Endpoint(Struct):
    addresses: list[str] = []
    conditions: EndpointConditions = field(default_factory=EndpointConditions)
    hostname: str | None = None
    target_ref: core_v1.ObjectReference | None = None
    deprecated_topology: dict[str, str] = {}
    node_name: str | None = None
    zone: str | None = None
    hints: EndpointHints | None = None


class EndpointPort(Struct):
    name: str | None = None
    protocol: str | None = None
    port: int | None = None
    app_protocol: str | None = None


@builtin_kind("discovery.k8s.io/v1/EndpointSlice", "endpointslices")
class EndpointSlice(BuiltinObject):
    address_type: str = ""
    endpoints: list[Endpoint] = []
    ports: list[EndpointPort] = []
