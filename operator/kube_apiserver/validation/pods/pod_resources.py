"""Validation of the resources of a whole Pod, which those of its containers must fit in."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from kube_apiserver.schema import Cause, messages
from kube_apiserver.schema.quantity import amount_of, canonical_quantity
from kube_apiserver.validation.containers.resource_claims import claim_names
from kube_apiserver.validation.containers.resources import HUGE_PAGES, pod_resource_name_causes, resource_causes

Object = Mapping[str, Any]
_MOST_DIGITS = 40


def pod_resource_causes(spec: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``resources`` of a Pod."""
    resources, where = spec.get("resources"), f"{path}.resources"
    if resources is None:
        return
    if (spec.get("os") or {}).get("name") == "windows":
        yield messages.forbidden(where, "may not be set for a windows pod")
        return
    if resources.get("claims") is not None:
        yield messages.forbidden(f"{where}.claims", "claims may not be set for Resources at pod-level")
    yield from resource_causes(resources, claim_names(spec), where, pod_resource_name_causes)
    yield from _sums(spec, resources, where)


def _sums(spec: Object, resources: Object, path: str) -> Iterator[Cause]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name, least in _total(spec, "requests").items():
        if name in requests and least > amount_of(requests[name]):
            detail = f"must be greater than or equal to aggregate container requests of {_text(least)}"
            yield messages.invalid(f"{path}.requests[{name}]", requests[name], detail)
    for name, least in _total(spec, "limits").items():
        if name.startswith(HUGE_PAGES) and name in limits and least > amount_of(limits[name]):
            detail = f"must be greater than or equal to aggregate container limits of {_text(least)}"
            yield messages.invalid(f"{path}.limits[{name}]", limits[name], detail)
    for position, container in enumerate(spec.get("containers") or ()):
        for name, limit in ((container.get("resources") or {}).get("limits") or {}).items():
            if name in limits and amount_of(limit) > amount_of(limits[name]):
                detail = f"must be less than or equal to pod limits of {limits[name]}"
                yield messages.invalid(f"{path}.containers[{position}][{name}].limits", limit, detail)


def _text(amount: Decimal) -> str:
    # An absurd amount is not written out.
    return canonical_quantity(f"{amount:f}" if amount.adjusted() < _MOST_DIGITS else str(amount))


def _total(spec: Object, kind: str) -> dict[str, Decimal]:
    """Return what all containers need at once: the sum of those that run together, or more if one starts them."""
    running: dict[str, Decimal] = {}
    starting: dict[str, Decimal] = {}
    for container in spec.get("containers") or ():
        _add(running, container, kind)
    sidecars: dict[str, Decimal] = {}
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            _add(running, container, kind)
            _add(sidecars, container, kind)
            needed = dict(sidecars)
        else:
            needed = dict(sidecars)
            _add(needed, container, kind)
        for name, amount in needed.items():
            starting[name] = max(starting.get(name, amount), amount)
    return {name: max(running.get(name, Decimal()), starting.get(name, Decimal())) for name in {**running, **starting}}


def _add(total: dict[str, Decimal], container: Object, kind: str) -> None:
    for name, quantity in ((container.get("resources") or {}).get(kind) or {}).items():
        total[name] = total.get(name, Decimal()) + amount_of(quantity)
