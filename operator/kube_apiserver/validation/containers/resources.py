"""Validation of the resources that a container, or a whole Pod, requests and is limited to."""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.schema.quantity import amount_of
from kube_apiserver.validation.containers.resource_claims import named_claim_causes
from kube_apiserver.validation.forms.members import problem_causes
from kube_apiserver.validation.quantities import not_negative_causes, whole_causes
from kube_apiserver.validation.resource_names import STANDARD

Object = Mapping[str, Any]
NameCheck = Callable[[str, str], Iterator[Cause]]
_OF_CONTAINERS = frozenset({"cpu", "memory", "ephemeral-storage"})
_COMPUTED = ("cpu", "memory")
_OF_PODS = ("cpu", "memory", "hugepages-")
HUGE_PAGES = "hugepages-"
_NATIVE = "kubernetes.io/"
_REQUESTS = "requests."
_COUNTED = frozenset(
    {"pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims"}
    | {"services.nodeports", "services.loadbalancers"}
)


def resource_name_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of a resource."""
    if problems := is_qualified_name(name):
        yield from problem_causes(path, name, problems)
    elif "/" not in name and name not in STANDARD and name != "storage" and not _is_huge(name):
        yield messages.invalid(path, name, "must be a standard resource type or fully qualified")


def _is_huge(name: str) -> bool:
    return name.startswith((HUGE_PAGES, f"{_REQUESTS}{HUGE_PAGES}"))


def container_resource_name_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of a resource of a container."""
    yield from resource_name_causes(name, path)
    if "/" not in name:
        if name not in _OF_CONTAINERS and not name.startswith(HUGE_PAGES):
            yield messages.invalid(path, name, "must be a standard resource for containers")
    elif _NATIVE not in name and not is_extended(name):
        yield messages.invalid(path, name, "doesn't follow extended resource name standard")


def pod_resource_name_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of a resource of a whole Pod."""
    causes = [*resource_name_causes(name, path)]
    if not causes and name not in _COMPUTED and not name.startswith(HUGE_PAGES):
        causes.append(messages.not_supported(path, name, sorted(_OF_PODS)))
    yield from causes


def is_extended(name: str) -> bool:
    """Report whether a resource is none of Kubernetes', so that it has whole amounts."""
    if "/" not in name or _NATIVE in name or name.startswith(_REQUESTS):
        return False
    return not is_qualified_name(f"{_REQUESTS}{name}")


def is_overcommitted(name: str) -> bool:
    """Report whether a node may promise more of a resource than it has."""
    return ("/" not in name or _NATIVE in name) and not name.startswith(HUGE_PAGES)


def quantity_causes(name: str, quantity: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the amount of a resource, which some resources have in whole numbers only."""
    yield from not_negative_causes(quantity, path)
    if name in _COUNTED or is_extended(name):
        yield from whole_causes(quantity, path)


def resource_causes(
    resources: Object,
    declared: AbstractSet[str],
    path: str,
    name_causes: NameCheck = container_resource_name_causes,
) -> Iterator[Cause]:
    """Yield the field errors of resources; those of a container may name the ``declared`` claims of its Pod."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name, quantity in limits.items():
        where = f"{path}.limits[{name}]"
        yield from name_causes(name, where)
        yield from quantity_causes(name, quantity, where)
        yield from _pages(name, quantity, where)
    for name, quantity in requests.items():
        where = f"{path}.requests[{name}]"
        yield from name_causes(name, where)
        yield from quantity_causes(name, quantity, where)
        yield from _request(name, quantity, limits.get(name), path)
        yield from _pages(name, quantity, where)
    names = {*limits, *requests}
    if any(name.startswith(HUGE_PAGES) for name in names) and names.isdisjoint(_COMPUTED):
        yield messages.forbidden(path, "HugePages require cpu or memory")
    yield from named_claim_causes(resources.get("claims") or (), declared, f"{path}.claims")


def _request(name: str, quantity: str, limit: str | None, path: str) -> Iterator[Cause]:
    """Yield the error of a request beyond its limit. What cannot be overcommitted is requested as it is limited."""
    exact = not is_overcommitted(name)
    if limit is None:
        if exact:
            yield messages.required(f"{path}.limits", "Limit must be set for non overcommitable resources")
        return
    asked, most = amount_of(quantity), amount_of(limit)
    if exact and asked != most:
        yield messages.invalid(f"{path}.requests", quantity, f"must be equal to {name} limit of {limit}")
    elif asked > most:
        yield messages.invalid(f"{path}.requests", quantity, f"must be less than or equal to {name} limit of {limit}")


def _pages(name: str, quantity: str, path: str) -> Iterator[Cause]:
    if not name.startswith(HUGE_PAGES):
        return
    try:
        size = amount_of(name.removeprefix(HUGE_PAGES))
        fits = size > 0 and size % 1 == 0 and amount_of(quantity) % size == 0
    except (ValueError, ArithmeticError):
        fits = False
    if not fits:
        yield messages.invalid(path, quantity, f"{quantity} is not positive integer multiple of {name}")
