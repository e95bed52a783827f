"""Validation of the devices of a ResourceSlice: attributes, capacities, taints, counters."""

import re
from collections.abc import Iterator, Sequence

from kube_apiserver.kinds.resource.names import declared_all, label_causes, qualified_causes
from kube_apiserver.kinds.resource.parameters import binding_causes, taint_causes
from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.forms.node_selectors import node_selector_causes

_MOST, _MOST_TAINTS, _LONGEST_VALUE = 32, 16, 64
_NUMBER, _PART = r"(0|[1-9]\d*)", r"(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_PART}(\.{_PART})*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?", re.ASCII
)
_VALUES = ("int", "bool", "string", "version", "ints", "bools", "strings", "versions")
_ANY = ", ".join(f"`{name}`" for name in _VALUES)
_OF_NODES = ("nodeName", "nodeSelector", "allNodes")
_ONE_OF_NODES = (
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true "
    "in the ResourceSlice spec"
)
_ELSEWHERE = (
    "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the "
    "ResourceSlice spec"
)


def device_causes(device: Object, path: str, *, per_device: bool) -> Iterator[Cause]:
    """Yield the field errors of a device; ``per_device`` if each says on which nodes it is."""
    yield from label_causes(device.get("name") or "", f"{path}.name")
    attributes, capacity = device.get("attributes") or {}, device.get("capacity") or {}
    if (count := len(attributes) + len(capacity)) > _MOST:
        why = f"the total number of attributes and capacities must not exceed {_MOST}"
        yield messages.invalid(path, count, why)
    for name, attribute in attributes.items():
        yield from qualified_causes(name, f"{path}.attributes")
        yield from _attribute(attribute or {}, f"{path}.attributes[{name}]")
    for name, each in capacity.items():
        yield from qualified_causes(name, f"{path}.capacity")
        if (each or {}).get("requestPolicy") is not None and not device.get("allowMultipleAllocations"):
            where = f"{path}.capacity[{name}].requestPolicy"
            yield messages.forbidden(where, "allowMultipleAllocations must be true")
    taints = device.get("taints") or ()
    if len(taints) > _MOST_TAINTS:
        yield messages.too_many(f"{path}.taints", len(taints), _MOST_TAINTS)
    for position, taint in enumerate(taints[:_MOST_TAINTS]):
        yield from taint_causes(taint, f"{path}.taints[{position}]")
    yield from _consumed(device.get("consumesCounters") or (), f"{path}.consumesCounters")
    if per_device:
        yield from _nodes(device, path)
    elif any(device.get(name) is not None for name in _OF_NODES):
        yield messages.invalid(path, None, _ELSEWHERE)
    yield from binding_causes(device, path)


def _consumed(consumed: Sequence[Object], path: str) -> Iterator[Cause]:
    sets = [each.get("counterSet") or "" for each in consumed]
    for position, name in enumerate(sets):
        if name in sets[:position]:
            yield messages.declared(messages.duplicate(f"{path}[{position}]", consumed[position]))
    for position, each in enumerate(consumed):
        yield from counter_set_causes(each, f"{path}[{position}]", "counterSet")


def _nodes(device: Object, path: str) -> Iterator[Cause]:
    given = []
    if (node := device.get("nodeName")) is not None:
        if node:
            given.append("nodeName")
            yield from (messages.invalid(f"{path}.nodeName", node, why) for why in is_dns1123_subdomain(node))
        else:
            yield messages.invalid(f"{path}.nodeName", node, "must not be empty")
    if (selector := device.get("nodeSelector")) is not None:
        given.append("nodeSelector")
        yield from node_selector_causes(selector, f"{path}.nodeSelector")
    if (value := device.get("allNodes")) is not None:
        given += ["allNodes"] if value else []
        if not value:
            yield messages.invalid(f"{path}.allNodes", value, "must be either unset or set to true")
    if not given:
        yield messages.required(path, _ONE_OF_NODES)
    elif len(given) > 1:
        listed = ", ".join(f"`{name}`" for name in given)
        yield messages.invalid(path, f"{{{listed}}}", _ONE_OF_NODES)


def _attribute(attribute: Object, path: str) -> Iterator[Cause]:
    given = [name for name in _VALUES if attribute.get(name) is not None]
    if (text := attribute.get("string")) is not None and len(text.encode()) > _LONGEST_VALUE:
        yield messages.too_long(f"{path}.string", _LONGEST_VALUE)
    if (version := attribute.get("version")) is not None:
        yield from _version(version, f"{path}.version")
    for at, each in enumerate(attribute.get("versions") or ()):
        yield from _version(each, f"{path}.versions[{at}]")
    if not given:
        yield messages.declared(messages.invalid(path, "", f"must specify one of: {_ANY}"))
    elif len(given) > 1:
        shown = f"{{{', '.join(given)}}}"
        yield messages.declared(messages.invalid(path, shown, f"must specify exactly one of: {_ANY}"))


def _version(text: str, path: str) -> Iterator[Cause]:
    if not _VERSION.fullmatch(text):
        yield messages.invalid(path, text, "must be a string compatible with semver.org spec 2.0.0")
    if len(text.encode()) > _LONGEST_VALUE:
        yield messages.too_long(path, _LONGEST_VALUE)


def counter_set_causes(counters: Object, path: str, name: str) -> Iterator[Cause]:
    """Yield the field errors of a set of counters, whose name is in the field ``name``."""
    text, given = counters.get(name) or "", counters.get("counters") or {}
    where = f"{path}.{name}"
    yield from declared_all(label_causes(text, where) if text else [messages.required(where)])
    if not given:
        yield messages.declared(messages.required(f"{path}.counters"))
    if len(given) > _MOST:
        yield messages.too_many(f"{path}.counters", len(given), _MOST)
        return
    for key in given:
        yield from declared_all(label_causes(key, f"{path}.counters"))
