"""Validation of Nodes: their taints and the networks of their Pods."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_label_value, is_qualified_name, messages
from kube_apiserver.validation.addresses import cidr_causes, network

Object = Mapping[str, Any]
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_TAINTS = "metadata.taints"  # kube-apiserver names this place


def node_causes(obj: Object) -> list[Cause]:
    """Return the field errors of a Node."""
    spec = obj.get("spec") or {}
    networks = spec.get("podCIDRs") or []
    causes = [*_taints(spec.get("taints") or ())]
    for position, text in enumerate(networks):
        causes += cidr_causes(text, f"spec.podCIDRs[{position}]")
    families = [found.version for text in networks if (found := network(text)) is not None]
    if len(families) == len(networks) > 1 and sorted(families) != [4, 6]:
        detail = "may specify no more than one CIDR for each IP family"
        causes.append(messages.invalid("spec.podCIDRs", networks, detail))
    return causes


def _taints(taints: Any) -> Iterator[Cause]:
    seen = set()
    for position, taint in enumerate(taints):
        path, key, effect = f"{_TAINTS}[{position}]", taint.get("key") or "", taint.get("effect") or ""
        yield from (messages.invalid(f"{path}.key", key, why) for why in is_qualified_name(key))
        if problems := is_label_value(value := taint.get("value") or ""):
            yield messages.invalid(f"{path}.value", value, ";".join(problems))
        if not effect:
            yield messages.required(f"{path}.effect")
        elif effect not in _EFFECTS:
            yield messages.not_supported(f"{path}.effect", effect, _EFFECTS)
        if (key, effect) in seen:
            shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": None}
            found = messages.duplicate(path, shown)
            detail = "taints must be unique by key and effect pair"
            yield Cause(found.field, found.reason, f"{found.message}: {detail}")
        seen.add((key, effect))
