"""What the status of a Pod may say: about its node, its addresses, its containers and its claims."""

from collections.abc import Iterable, Iterator
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, is_qualified_name, messages
from kube_apiserver.strategies import Draft, Object
from kube_apiserver.validation.addresses import address, address_causes
from kube_apiserver.validation.fixed_values import IMMUTABLE
from kube_apiserver.validation.forms.members import problem_causes

_SYSTEM_CONDITIONS = ("PodScheduled", "Ready", "Initialized")
_CONTAINERS = {"containerStatuses": "containers", "initContainerStatuses": "initContainers"}
_STATUSES = (*_CONTAINERS, "ephemeralContainerStatuses")
_HEALTH = ("Healthy", "Unhealthy", "Unknown")
_LONGEST_HEALTH = 1024
_MOST_USER, _MOST_GROUP = 2**32 - 1, 2**31 - 1
_NEGATIVE = "must be a non-negative integer"
_FAMILIES = "may specify no more than one IP for each IP family"
_REVIVED = "may not be transitioned to non-terminated state"
_CLAIMED = (
    "must match one of the container's resource claims as 'claim:<claimName>/<requestName>' when "
    "container.resources.claims[*].request is set or 'claim:<claimName>' when it is empty"
)
_REQUESTED = "must match one of the container's resource requests"
_UNKNOWN_CONTAINER = "must match the name of an entry in spec.initContainers.name or spec.containers.name"
_UNKNOWN_RESOURCE = (
    "must match the extended resource name of an entry in spec.initContainers.resources.requests or "
    "spec.containers.resources.requests"
)
_DISABLED = ("nodeAllocatableResourceClaimStatuses", "volumeHealth")


def default_status(status: Draft) -> None:
    """Set ``podIP`` and ``podIPs`` from each other; ``podIP`` counts if they differ."""
    one, several = status.get("podIP"), status.get("podIPs") or []
    if several and not one:
        status["podIP"] = several[0].get("ip") or ""
    elif one and (not several or several[0].get("ip") != one):
        status["podIPs"] = [{"ip": one}]


def prepare_status(stored: Object, status: Draft) -> None:
    """Restore what a changed status leaves out, and drop what is behind a feature gate that is off."""
    for name in ("qosClass", "resourceClaimStatuses", "extendedResourceClaimStatus", "observedGeneration"):
        if not status.get(name) and stored.get(name) and status.get(name) != []:
            status[name] = stored[name]
    for name in _DISABLED:
        status.pop(name, None)


def pod_status_causes(obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of a changed status."""
    spec, status, stored = obj.get("spec") or {}, obj.get("status") or {}, old.get("status") or {}
    causes = [*_conditions(status), *_node(status, stored, spec)]
    if (generation := status.get("observedGeneration") or 0) < 0:
        causes.append(messages.invalid("status.observedGeneration", generation, _NEGATIVE))
    if (status.get("qosClass") or "") != (stored.get("qosClass") or ""):
        causes.append(messages.invalid("status.qosClass", status.get("qosClass") or "", IMMUTABLE))
    for name in _STATUSES:
        causes += _revived(status.get(name) or (), stored.get(name) or (), spec, name)
    causes += _claims(status.get("resourceClaimStatuses") or (), spec)
    causes += _extended(status.get("extendedResourceClaimStatus"), spec)
    causes += _addresses(status, stored, "podIPs")
    one, several = status.get("podIP") or "", status.get("podIPs") or []
    if bool(one) != bool(several):
        detail = "podIP and podIPs must either both be set or both be unset"
        causes.append(
            messages.invalid("status.podIPs", [{"IP": each.get("ip") or ""} for each in several] or None, detail)
        )
    causes += _host_addresses(status, stored)
    system = (spec.get("os") or {}).get("name") or "linux"
    for name in _STATUSES:
        causes += _users(status.get(name) or (), system, f"status.{name}")
    for name, kind in _CONTAINERS.items():
        containers = {each.get("name"): each for each in reversed(spec.get(kind) or ())}
        extended = status.get("extendedResourceClaimStatus")
        causes += _health(status.get(name) or (), containers, extended, f"status.{name}")
    for position, each in enumerate(status.get(_STATUSES[-1]) or ()):
        if each.get("allocatedResourcesStatus"):
            path = f"status.{_STATUSES[-1]}[{position}].allocatedResourcesStatus"
            causes.append(messages.forbidden(path, "must not be specified in container status"))
    return causes


def _conditions(status: Object) -> Iterator[Cause]:
    for position, condition in enumerate(status.get("conditions") or ()):
        path, kind = f"status.conditions[{position}]", condition.get("type") or ""
        if (generation := condition.get("observedGeneration") or 0) < 0:
            yield messages.invalid(f"{path}.observedGeneration", generation, _NEGATIVE)
        if kind not in _SYSTEM_CONDITIONS:
            yield from problem_causes(f"{path}.Type", kind, is_qualified_name(kind))


def _node(status: Object, stored: Object, spec: Object) -> Iterator[Cause]:
    name, path = status.get("nominatedNodeName") or "", "status.nominatedNodeName"
    if name and name != (stored.get("nominatedNodeName") or ""):
        yield from problem_causes(path, name, is_dns1123_subdomain(name))
        if spec.get("nodeName"):
            yield messages.forbidden(path, "may not be set on pods that are already bound to a node")


def _revived(statuses: Iterable[Object], stored: Iterable[Object], spec: Object, name: str) -> Iterator[Cause]:
    """Yield the field errors of containers that ended, and would run again against their policy."""
    containers = {each.get("name"): each for each in reversed(spec.get(_CONTAINERS.get(name, "")) or ())}
    rules = [rule for kind in _CONTAINERS.values() for each in spec.get(kind) or () for rule in _rules(each)]
    if name in _CONTAINERS and any(rule.get("action") == "RestartAllContainers" for rule in rules):
        return
    for position, each in enumerate(stored):
        ended = (each.get("state") or {}).get("terminated")
        if ended is None or _may_restart(containers.get(each.get("name")), spec, ended.get("exitCode") or 0):
            continue
        found = next((one for one in statuses if one.get("name") == each.get("name")), None)
        if found is not None and (found.get("state") or {}).get("terminated") is None:
            yield messages.forbidden(f"status.{name}[{position}].state", _REVIVED)


def _rules(container: Object) -> Any:
    return container.get("restartPolicyRules") or ()


def _may_restart(container: Object | None, spec: Object, code: int) -> bool:
    if container is None:
        return False
    for rule in _rules(container) if container.get("restartPolicy") is not None else ():
        codes = rule.get("exitCodes") or {}
        if (code in (codes.get("values") or ())) == (codes.get("operator") == "In"):
            return True
    policy = container.get("restartPolicy") or spec.get("restartPolicy") or "Always"
    return policy == "Always" or (policy == "OnFailure" and code != 0)


def _claims(statuses: Iterable[Object], spec: Object) -> Iterator[Cause]:
    declared = {claim.get("name") or "" for claim in spec.get("resourceClaims") or ()}
    seen: set[str] = set()
    for position, status in enumerate(statuses):
        path, name = f"status.resourceClaimStatuses[{position}]", status.get("name") or ""
        if name not in declared:
            detail = "must match the name of an entry in `spec.resourceClaims`"
            yield messages.invalid(f"{path}.name", name, detail)
        if name in seen:
            yield messages.duplicate(f"{path}.name", name)
        seen.add(name)
        if (claim := status.get("resourceClaimName")) is not None:
            yield from problem_causes(f"{path}.resourceClaimName", claim, is_dns1123_subdomain(claim))


def _extended(status: Object | None, spec: Object) -> Iterator[Cause]:
    if status is None:
        return
    path, mappings = "status.extendedResourceClaimStatus", status.get("requestMappings") or ()
    containers = {
        each.get("name") or "": each for kind in ("initContainers", "containers") for each in spec.get(kind) or ()
    }
    if not mappings:
        yield messages.required(f"{path}.requestMappings", "at least one request mapping is required")
    seen = set()
    for position, mapping in enumerate(mappings):
        where = f"{path}.requestMappings[{position}]"
        key = {name: mapping.get(name) or "" for name in ("containerName", "resourceName", "requestName")}
        container = containers.get(key["containerName"])
        if container is None:
            yield messages.invalid(f"{where}.containerName", key["containerName"], _UNKNOWN_CONTAINER)
        elif key["resourceName"] not in ((container.get("resources") or {}).get("requests") or {}):
            yield messages.invalid(f"{where}.resourceName", key["resourceName"], _UNKNOWN_RESOURCE)
        request = key["requestName"]
        yield from problem_causes(f"{path}.requestName", request, is_dns1123_label(request))
        if tuple(key.values()) in seen:
            yield from (messages.duplicate(f"{where}.{name}", value) for name, value in key.items())
        seen.add(tuple(key.values()))
    if not (name := status.get("resourceClaimName")):
        yield messages.required(f"{path}.resourceClaimName")
    else:
        yield from problem_causes(f"{path}.resourceClaimName", name, is_dns1123_subdomain(name))


def _host_addresses(status: Object, stored: Object) -> Iterator[Cause]:
    several = status.get("hostIPs") or ()
    if several and (status.get("hostIP") or "") != (first := several[0].get("ip") or ""):
        yield messages.invalid("status.hostIPs[0].ip", first, "must be equal to `hostIP`")
    yield from _addresses(status, stored, "hostIPs")


def _addresses(status: Object, stored: Object, name: str) -> Iterator[Cause]:
    known = {each.get("ip") or "" for each in stored.get(name) or ()}
    texts = [each.get("ip") or "" for each in status.get(name) or ()]
    for position, text in enumerate(texts):
        if text not in known:
            yield from address_causes(text, f"status.{name}[{position}]")
    if len(texts) > 1:
        found = [address(text) for text in texts]
        if None in found:
            at = found.index(None)
            why = f"failed to check for dual stack with error:invalid IP[{at}]: {texts[at]}"
            yield Cause(f"status.{name}", "InternalError", f"Internal error: {why}")
        if len(texts) > 2 or len({each.version for each in found if each is not None}) < 2:
            shown = [{"IP": text} for text in texts]
            yield messages.invalid(f"status.{name}", shown, _FAMILIES)


def _users(statuses: Iterable[Object], system: str, path: str) -> Iterator[Cause]:
    for position, status in enumerate(statuses):
        user, where = (status.get("user") or {}).get("linux"), f"{path}[{position}].user.linux"
        if user is None:
            continue
        if system == "windows":
            yield messages.forbidden(where, "cannot be set for a windows pod")
        elif system == "linux":
            ids = [("uid", user.get("uid") or 0, _MOST_USER), ("gid", user.get("gid") or 0, _MOST_GROUP)]
            groups = enumerate(user.get("supplementalGroups") or ())
            ids += [(f"supplementalGroups[{place}]", group, _MOST_GROUP) for place, group in groups]
            for name, value, most in ids:
                if not 0 <= value <= most:
                    yield messages.invalid(f"{where}.{name}", value, f"must be between 0 and {most}, inclusive")


def _health(
    statuses: Iterable[Object], containers: dict[Any, Object], extended: Object | None, path: str
) -> Iterator[Cause]:
    for position, status in enumerate(statuses):
        container = containers.get(status.get("name") or "")
        for place, allocated in enumerate(status.get("allocatedResourcesStatus") or ()):
            where, name = f"{path}[{position}].allocatedResourcesStatus[{place}]", allocated.get("name") or ""
            if container is not None and not _is_allocated(name, container, extended):
                detail = _CLAIMED if name.startswith("claim:") else _REQUESTED
                yield messages.invalid(f"{where}.name", name, detail)
            yield from _resources(allocated.get("resources") or (), f"{where}.resources")


def _is_allocated(name: str, container: Object, extended: Object | None) -> bool:
    resources = container.get("resources") or {}
    if not name.startswith("claim:"):
        return name in (resources.get("requests") or {})
    claim, slash, request = name.removeprefix("claim:").partition("/")
    if any(
        claim == each.get("name") and request == (each.get("request") or "") for each in resources.get("claims") or ()
    ):
        return True
    if extended is None or not slash or not request or claim != extended.get("resourceClaimName"):
        return False
    wanted = (container.get("name"), request)
    mapped = extended.get("requestMappings") or ()
    return any(wanted == (each.get("containerName"), each.get("requestName")) for each in mapped)


def _resources(resources: Iterable[Object], path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, resource in enumerate(resources):
        where, identity = f"{path}[{position}]", resource.get("resourceID") or ""
        health, message = resource.get("health") or "", resource.get("message")
        if health not in _HEALTH:
            yield messages.not_supported(f"{where}.health", health, _HEALTH)
        if message == "":
            yield messages.required(f"{where}.message", "must be non-empty if specified")
        elif message is not None and len(message.encode()) > _LONGEST_HEALTH:
            yield messages.too_long(f"{where}.message", _LONGEST_HEALTH)
        if identity in seen:
            yield messages.duplicate(f"{where}.resourceID", identity)
        seen.add(identity)
