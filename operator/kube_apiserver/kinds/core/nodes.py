"""Nodes: their taints and the networks of their Pods."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.formats import NONE, UNKNOWN, age
from kube_apiserver.schema import Cause, is_label_value, is_qualified_name, messages
from kube_apiserver.schema.go_format import quoted
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Draft, Object, SelectableField, Strategy
from kube_apiserver.validation.addresses import cidr_causes, cidr_warnings, network
from kube_apiserver.validation.resource_names import amount_causes

_NOT_READY = "node.kubernetes.io/not-ready"
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_TAINTS = "metadata.taints"  # kube-apiserver names this place
_NETWORKS = 'node updates may not change podCIDR except from "" to valid'
_NO_FAMILIES = "invalid PodCIDRs. failed to check with dual stack with error:"
_UNUSED = (("spec", "configSource"), ("spec", "podPreemptionPolicy"), ("status", "config"))
_FEATURE = re.compile(r"[A-Z][a-zA-Z0-9]*(/[a-zA-Z][a-zA-Z0-9]*)*")
_FEATURE_FORM = (
    "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or "
    "MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"
)
_LONGEST_FEATURE = 253
_ROLE = "node-role.kubernetes.io/"
_COLUMNS = "Name/name|Status|Roles|Age|Version|Internal-IP*1|External-IP*1|OS-Image*1|Kernel-Version*1"


def _default(obj: Draft) -> None:
    """Set podCIDR from podCIDRs, or podCIDRs from podCIDR, and status.allocatable from status.capacity."""
    spec = obj.get("spec") or {}
    network, networks = spec.get("podCIDR"), spec.get("podCIDRs") or []
    if network and networks[:1] != [network]:
        spec["podCIDRs"] = [network]
    elif networks and not network:
        spec["podCIDR"] = networks[0]
    status = obj.get("status") or {}
    if status.get("capacity") is not None and status.get("allocatable") is None:
        status["allocatable"] = dict(status["capacity"])


def _prepare_create(obj: Draft, store: Store) -> None:
    """Set the taint not-ready, like the admission plugin TaintNodesByCondition."""
    del store
    spec = obj.setdefault("spec", {})
    taints = spec.get("taints") or []
    if not any((taint.get("key"), taint.get("effect")) == (_NOT_READY, "NoSchedule") for taint in taints):
        spec["taints"] = [*taints, {"key": _NOT_READY, "effect": "NoSchedule"}]


def _as_kept(obj: Object, old: Object | None) -> Draft:
    """Drop what no node uses any more, or not yet: podPreemptionPolicy, and the configuration of the kubelet."""
    kept = {**obj}
    for place, name in _UNUSED:
        inside = kept.get(place) or {}
        if name in inside and (((old or {}).get(place) or {}).get(name)) is None:
            kept[place] = {key: value for key, value in inside.items() if key != name}
    return kept


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of taints, podCIDRs, and resources, swap and features of the status."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    networks = spec.get("podCIDRs") or []
    causes = [*_taints(spec.get("taints") or ()), *_resources(status)]
    swap = ((status.get("nodeInfo") or {}).get("swap") or {}).get("capacity")
    if swap is not None and swap <= 0:
        causes.append(messages.invalid("metadata.nodeSwapStatus.capacity", swap, "must be greater than 0"))
    causes += _features(status)
    for position, text in enumerate(networks):
        causes += cidr_causes(text, f"spec.podCIDRs[{position}]")
    return [*causes, *_families(networks)]


def _families(networks: list[str]) -> Iterator[Cause]:
    if len(networks) < 2:
        return
    families = [None if (found := network(text)) is None else found.version for text in networks]
    if None in families:
        at = families.index(None)
        wrong = f"invalid CIDR[{at}]: <nil> (invalid CIDR address: {networks[at]})"
        yield messages.internal("spec.podCIDRs", f"{_NO_FAMILIES}{wrong}")
    if sorted(filter(None, families)) != [4, 6] or len(networks) > 2:
        detail = "may specify no more than one CIDR for each IP family"
        yield messages.invalid("spec.podCIDRs", networks, detail)


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


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of podCIDRs or providerID that are set."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    causes = []
    networks, changed = before.get("podCIDRs") or [], after.get("podCIDRs") or []
    if networks and len(networks) != len(changed):
        causes.append(messages.forbidden("spec.podCIDRs", _NETWORKS))
    elif networks:
        differing = sum(one != other for one, other in zip(networks, changed, strict=True))
        causes += [messages.forbidden("spec.podCIDRs", _NETWORKS)] * differing
    if before.get("providerID") and before["providerID"] != after.get("providerID"):
        what = "modified" if after.get("providerID") else "cleared"
        causes.append(messages.invalid("spec.providerID", None, f"field cannot be {what} once set"))
    if (before.get("externalID") or "") != (after.get("externalID") or ""):
        causes.append(messages.forbidden("spec.externalID", "may not be updated"))
    return causes


def _validate_status(new: Object, old: Object) -> list[Cause]:
    """Return the field errors of resources, features and addresses that are there twice."""
    del old
    status = new.get("status") or {}
    causes, seen = [*_resources(status), *_features(status)], []
    for position, address in enumerate(status.get("addresses") or ()):
        shown = {"Type": address.get("type") or "", "Address": address.get("address") or ""}
        if shown in seen:
            causes.append(messages.duplicate(f"status.addresses[{position}]", shown))
        seen.append(shown)
    return causes


def _resources(status: Object) -> Iterator[Cause]:
    for field in ("capacity", "allocatable"):
        for name, quantity in (status.get(field) or {}).items():
            yield from amount_causes(name, quantity, f"status.{field}.{name}")


def _features(status: Object) -> Iterator[Cause]:
    names, before = status.get("declaredFeatures") or (), None
    for position, name in enumerate(names):
        path = f"status.declaredFeatures[{position}]"
        if before is not None and name == before:
            yield messages.duplicate(path, name)
        elif before is not None and name.encode() < before.encode():
            yield messages.invalid(path, name, "list must be sorted alphabetically")
        if len(name.encode()) > _LONGEST_FEATURE:
            detail = f"must be no more than {_LONGEST_FEATURE} characters"
            yield messages.invalid(path, name, f"invalid feature name {quoted(name)}: {detail}")
        elif not _FEATURE.fullmatch(name):
            yield messages.invalid(path, name, f"invalid feature name {quoted(name)}: {_FEATURE_FORM}")
        before = name


def _warn(obj: Object, old: Object | None) -> list[str]:
    """Return the warnings about fields that nothing reads, and networks in an unusual form."""
    spec = obj.get("spec") or {}
    if old is not None and obj.get("status") != old.get("status"):
        return []
    found = ["spec.configSource: the feature is removed"] if spec.get("configSource") is not None else []
    if spec.get("externalID"):
        found.append("spec.externalID: this field is deprecated, and is unused by Kubernetes")
    for position, text in enumerate(spec.get("podCIDRs") or ()):
        found += cidr_warnings(text, f"spec.podCIDRs[{position}]")
    return found


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Node."""
    status, metadata = obj.get("status") or {}, obj["metadata"]
    info = status.get("nodeInfo") or {}
    found = metadata.get("labels") or {}
    roles = sorted(key.removeprefix(_ROLE) for key in found if key.startswith(_ROLE))
    addresses = {item.get("type"): item.get("address") for item in status.get("addresses") or ()}
    return [
        metadata["name"],
        _status(obj),
        ",".join(roles) or NONE,
        age(metadata.get("creationTimestamp"), now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP") or NONE,
        addresses.get("ExternalIP") or NONE,
        info.get("osImage") or UNKNOWN,
        info.get("kernelVersion") or UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _status(obj: Object) -> str:
    conditions = {item.get("type"): item.get("status") for item in (obj.get("status") or {}).get("conditions") or ()}
    words = ["Unknown"]
    if "Ready" in conditions:
        words = ["Ready" if conditions["Ready"] == "True" else "NotReady"]
    if (obj.get("spec") or {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


STRATEGIES = (
    Strategy(
        kind="Node",
        default=_default,
        prepare_create=_prepare_create,
        validate=_validate,
        validate_update=_validate_update,
        validate_status=_validate_status,
        as_kept=_as_kept,
        warn=_warn,
        keeps_new_status=True,
        has_generation=False,
        columns=columns(f"{_COLUMNS}|Container-Runtime*1", _cells),
        selectable_fields={"spec.unschedulable": SelectableField("false")},
    ),
)
