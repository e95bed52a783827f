"""The kinds of scheduling/v1. Made by ``make kinds``: do not edit."""

from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject


@builtin_kind("scheduling.k8s.io/v1/PriorityClass", "priorityclasses", namespaced=False, short_names=("pc",))
class PriorityClass(BuiltinObject):
    value: int = 0
    global_default: bool = False
    description: str = ""
    preemption_policy: str | None = None
