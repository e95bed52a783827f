"""Validation of what a kubelet runs on a container: probes, and the hooks of its lifecycle."""

from collections.abc import Iterator, Mapping
from typing import Any

from go_regexp import compile_pattern
from kube_apiserver.schema import Cause, messages
from kube_apiserver.validation.forms.members import choice_causes, negative_causes, problem_causes, required_causes
from kube_apiserver.validation.ports import port_name_problems, port_number_problems

Object = Mapping[str, Any]
_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_HEADER = (
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for "
    "validation is '[-A-Za-z0-9]+')"
)
_GRACE = "terminationGracePeriodSeconds"


def probe_causes(container: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of the three probes of a container."""
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if (probe := container.get(name)) is not None:
            yield from _probe(probe, name, f"{path}.{name}")


def lifecycle_causes(lifecycle: Object, grace_seconds: int | None, path: str) -> Iterator[Cause]:
    """Yield the field errors of the hooks of a container, whose Pod has ``grace_seconds`` to end."""
    for name in ("postStart", "preStop"):
        if (hook := lifecycle.get(name)) is not None:
            yield from _handler(hook, ("exec", "httpGet", "tcpSocket", "sleep"), f"{path}.{name}", grace_seconds)


def _probe(probe: Object, name: str, path: str) -> Iterator[Cause]:
    yield from _handler(probe, ("exec", "httpGet", "tcpSocket", "grpc"), path)
    yield from negative_causes(probe, path, *_COUNTS)
    grace = probe.get(_GRACE)
    if grace is not None and grace <= 0:
        yield messages.invalid(f"{path}.{_GRACE}", grace, "must be greater than 0")
    if name == "readinessProbe":
        if grace is not None:
            yield messages.invalid(f"{path}.{_GRACE}", grace, "must not be set for readinessProbes")
    elif (successes := probe.get("successThreshold")) not in (None, 1):
        yield messages.invalid(f"{path}.successThreshold", successes, "must be 1")


def _handler(holder: Object, kinds: tuple[str, ...], path: str, grace: int | None = None) -> Iterator[Cause]:
    present = [kind for kind in kinds if holder.get(kind) is not None]
    if not present:
        yield messages.required(path, "must specify a handler type")
        return
    first, *others = present
    action, where = holder[first], f"{path}.{first}"
    match first:
        case "exec":
            yield from required_causes(action, where, "command")
        case "httpGet":
            yield from _http_get(action, where)
        case "sleep":
            seconds = action.get("seconds", 0)
            if grace is not None and not 0 <= seconds <= grace:
                detail = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
                yield messages.invalid(where, seconds, detail)
        case _:
            yield from _port(action.get("port"), f"{where}.port")
    yield from (messages.forbidden(f"{path}.{kind}", "may not specify more than 1 handler type") for kind in others)


def _http_get(action: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(action, path, "path")
    yield from _port(action.get("port"), f"{path}.port")
    yield from choice_causes(action, path, "scheme", ("HTTP", "HTTPS"))
    for header in action.get("httpHeaders") or ():
        name = header.get("name") or ""
        if not compile_pattern("^[-A-Za-z0-9]+$").matches(name):
            yield messages.invalid(f"{path}.httpHeaders", name, _HEADER)


def _port(port: str | int | None, path: str) -> Iterator[Cause]:
    if isinstance(port, str):
        yield from problem_causes(path, port, port_name_problems(port))
    else:
        yield from problem_causes(path, port or 0, port_number_problems(port or 0))
