"""Validation of the resources that a container requests and is limited to."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.schema.quantity import amount_of
from kube_apiserver.validation.quantities import not_negative_causes, whole_causes
from kube_apiserver.validation.resource_names import STANDARD

_OF_CONTAINERS = frozenset({"cpu", "memory", "ephemeral-storage"})
_HUGE_PAGES = "hugepages-"


def resource_causes(resources: Mapping[str, Any], path: str) -> list[Cause]:
    """Return the field errors of the resources of a container."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    causes: list[Cause] = []
    for name, quantity in limits.items():
        causes += _quantity(name, quantity, f"{path}.limits[{name}]")
    for name, quantity in requests.items():
        causes += _quantity(name, quantity, f"{path}.requests[{name}]")
        causes += _request(name, quantity, limits.get(name), path)
    return causes


def _quantity(name: str, quantity: str, path: str) -> Iterator[Cause]:
    problems = is_qualified_name(name)
    yield from (messages.invalid(path, name, why) for why in problems)
    if "/" not in name and name not in _OF_CONTAINERS and not name.startswith(_HUGE_PAGES):
        if not problems and name not in STANDARD and name != "storage":
            yield messages.invalid(path, name, "must be a standard resource type or fully qualified")
        yield messages.invalid(path, name, "must be a standard resource for containers")
    yield from not_negative_causes(quantity, path)
    if _is_extended(name):
        yield from whole_causes(quantity, path)


def _is_extended(name: str) -> bool:
    return "/" in name and "kubernetes.io/" not in name


def _request(name: str, quantity: str, limit: str | None, path: str) -> Iterator[Cause]:
    """Yield the error of a request beyond its limit. What cannot be overcommitted is requested as it is limited."""
    exact = _is_extended(name) or name.startswith(_HUGE_PAGES)
    if limit is None:
        if exact:
            yield messages.required(f"{path}.limits", "Limit must be set for non overcommitable resources")
        return
    asked, most = amount_of(quantity), amount_of(limit)
    if exact and asked != most:
        yield messages.invalid(f"{path}.requests", quantity, f"must be equal to {name} limit of {limit}")
    elif asked > most:
        yield messages.invalid(f"{path}.requests", quantity, f"must be less than or equal to {name} limit of {limit}")
