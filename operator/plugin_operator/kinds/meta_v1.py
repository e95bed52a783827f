"""The kinds of meta/v1. Made by ``make kinds``: do not edit."""

from plugin_operator.kube.objects import Struct


class LabelSelectorRequirement(Struct):
    key: str = ""
    operator: str = ""
    values: list[str] = []


class LabelSelector(Struct):
    match_labels: dict[str, str] = {}
    match_expressions: list[LabelSelectorRequirement] = []


class Condition(Struct):
    type: str = ""
    status: str = ""
    observed_generation: int = 0
    last_transition_time: str | None = None
    reason: str = ""
    message: str = ""


class FieldSelectorRequirement(Struct):
    key: str = ""
    operator: str = ""
    values: list[str] = []


class GroupResource(Struct):
    group: str = ""
    resource: str = ""
