"""The kinds of node/v1. Made by ``make kinds``: do not edit."""

from plugin_operator.kinds import core_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class Overhead(Struct):
    pod_fixed: dict[str, str] = {}


class Scheduling(Struct):
    node_selector: dict[str, str] = {}
    tolerations: list[core_v1.Toleration] = []


@builtin_kind("node.k8s.io/v1/RuntimeClass", "runtimeclasses", namespaced=False)
class RuntimeClass(BuiltinObject):
    handler: str = ""
    overhead: Overhead | None = None
    scheduling: Scheduling | None = None
