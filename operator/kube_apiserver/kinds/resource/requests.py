"""Validation of what a claim requests: devices, constraints between them, and configurations."""

from collections.abc import Iterator, Mapping, Sequence

from kube_apiserver.kinds.resource.names import declared_all, full_causes, label_causes
from kube_apiserver.kinds.resource.parameters import configuration_causes, toleration_causes
from kube_apiserver.kinds.resource.selections import device_selector_causes
from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Draft, Object

_MOST, _MOST_CHOICES = 32, 8
_MODES = ("All", "ExactCount")
_ONE = "exactly one of `exactly` or `firstAvailable` is required"
_ONE_ATTRIBUTE = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
_NO_REQUEST = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
_OFF = "derivedAttributes"
Names = Mapping[str, frozenset[str]]


def default_devices(devices: Draft) -> None:
    """Set allocation modes, counts and operators of requests. Drop what needs a feature that is off."""
    for request in devices.get("requests") or ():
        for each in (request.get("exactly"), *(request.get("firstAvailable") or ())):
            if isinstance(each, dict):
                each.pop(_OFF, None)
                each["allocationMode"] = each.get("allocationMode") or "ExactCount"
                if each["allocationMode"] == "ExactCount":
                    each["count"] = each.get("count") or 1
                default_tolerations(each)


def default_tolerations(holder: Draft) -> None:
    """Set the operators of tolerations."""
    for toleration in holder.get("tolerations") or ():
        toleration["operator"] = toleration.get("operator") or "Equal"


def device_causes(devices: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of the devices that a claim wants."""
    requests, names = devices.get("requests") or (), request_names(devices)
    yield from _sized(requests, f"{path}.requests")
    yield from _repeated(requests, f"{path}.requests")
    for position, request in enumerate(requests[:_MOST]):
        yield from _request(request, f"{path}.requests[{position}]")
    for position, each in enumerate(devices.get("constraints") or ()):
        yield from _constraint(each, f"{path}.constraints[{position}]", names)
    for position, each in enumerate(devices.get("config") or ()):
        where = f"{path}.config[{position}]"
        yield from reference_causes(each.get("requests") or (), f"{where}.requests", names)
        yield from configuration_causes(each, where)


def request_names(devices: Object) -> Names:
    """Return the names of requests with those of their alternatives."""
    return {
        request.get("name") or "": frozenset(each.get("name") or "" for each in request.get("firstAvailable") or ())
        for request in devices.get("requests") or ()
    }


def _sized(items: Sequence[Object], path: str, most: int = _MOST) -> Iterator[Cause]:
    if len(items) > most:
        yield messages.declared(messages.too_many(path, len(items), most))


def _repeated(items: Sequence[Object], path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, each in enumerate(items):
        name = each.get("name") or ""
        if name in seen:
            yield messages.declared(messages.duplicate(f"{path}[{position}]", each))
        seen.add(name)


def _request(request: Object, path: str) -> Iterator[Cause]:
    yield from label_causes(request.get("name") or "", f"{path}.name")
    exactly, choices = request.get("exactly"), request.get("firstAvailable") or ()
    if exactly is None and not choices:
        yield messages.required(path, _ONE)
    elif exactly is not None and choices:
        yield messages.invalid(path, None, f"{_ONE}, but multiple fields are set")
        # Only declared rules look at the rest.
        both = [*_wanted(exactly, f"{path}.exactly", is_choice=False), *_choices(choices, f"{path}.firstAvailable")]
        yield from (cause for cause in both if cause.is_declared)
    elif exactly is not None:
        yield from _wanted(exactly, f"{path}.exactly", is_choice=False)
    else:
        yield from _choices(choices, f"{path}.firstAvailable")


def _choices(choices: Sequence[Object], path: str) -> Iterator[Cause]:
    yield from _sized(choices, path, _MOST_CHOICES)
    yield from _repeated(choices, path)
    for position, each in enumerate(choices):
        yield from label_causes(each.get("name") or "", f"{path}[{position}].name")
        yield from _wanted(each, f"{path}[{position}]", is_choice=True)


def _wanted(wanted: Object, path: str, *, is_choice: bool) -> Iterator[Cause]:
    found = _class(wanted.get("deviceClassName") or "", f"{path}.deviceClassName")
    yield from declared_all(found) if is_choice else found
    yield from device_selector_causes(wanted.get("selectors") or (), f"{path}.selectors")
    mode, count = wanted.get("allocationMode") or "", wanted.get("count") or 0
    if mode == "All" and count:
        yield messages.invalid(f"{path}.count", count, "must not be specified when allocationMode is 'All'")
    elif mode == "ExactCount" and count <= 0:
        yield messages.invalid(f"{path}.count", count, "must be greater than zero")
    elif mode not in _MODES:
        yield messages.declared(messages.not_supported(f"{path}.allocationMode", mode, _MODES))
    yield from toleration_causes(wanted.get("tolerations") or (), f"{path}.tolerations")


def _class(name: str, path: str) -> Iterator[Cause]:
    if name:
        yield from (messages.invalid(path, name, why) for why in is_dns1123_subdomain(name))
    else:
        yield messages.required(path)


def _constraint(constraint: Object, path: str, names: Names) -> Iterator[Cause]:
    yield from reference_causes(constraint.get("requests") or (), f"{path}.requests", names)
    given = [name for name in ("matchAttribute", "distinctAttribute") if constraint.get(name) is not None]
    if not given:
        yield messages.required(path, _ONE_ATTRIBUTE)
    for name in given:
        yield from declared_all(full_causes(constraint[name], f"{path}.{name}"))


def reference_causes(references: Sequence[str], path: str, names: Names) -> Iterator[Cause]:
    """Yield the field errors of names of requests."""
    for position, each in enumerate(references):
        yield from one_reference_causes(each, f"{path}[{position}]", names)
    for position, each in enumerate(references):
        if each in references[:position]:
            yield messages.declared(messages.duplicate(f"{path}[{position}]", each))


def one_reference_causes(reference: str, path: str, names: Names) -> Iterator[Cause]:
    """Yield the field errors of the name of a request, which may name an alternative."""
    parts = reference.split("/")
    if len(parts) > 2:
        yield messages.invalid(path, reference, _NO_REQUEST)
        return
    for part in parts:
        yield from label_causes(part, path)
    if parts[0] not in names or (len(parts) == 2 and parts[1] not in names[parts[0]]):
        yield messages.invalid(path, reference, _NO_REQUEST)
