"""Validation of Pod specs: containers, ports, restart policy."""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.schema import messages, names
from kube_apiserver.schema.model import Cause

Object = Mapping[str, Any]
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_PROTOCOLS = ("SCTP", "TCP", "UDP")


def template_causes(template: Object, path: str, restart_policies: tuple[str, ...]) -> list[Cause]:
    """Return the field errors of a Pod template that allows only ``restart_policies``."""
    return pod_causes(template.get("spec") or {}, f"{path}.spec", restart_policies)


def pod_causes(spec: Object, path: str, restart_policies: tuple[str, ...]) -> list[Cause]:
    """Return the field errors of a Pod spec."""
    containers = spec.get("containers") or []
    causes = [] if containers else [messages.required(f"{path}.containers")]
    seen: set[str] = set()
    for kind in ("initContainers", "containers"):
        for position, container in enumerate(spec.get(kind) or ()):
            causes += _container(container, f"{path}.{kind}[{position}]", seen)
    policy = spec.get("restartPolicy") or "Always"
    if policy in restart_policies:
        return causes
    if restart_policies[0] == "OnFailure":
        # Jobs have their own message, and a missing value counts as the default.
        detail = 'valid values: "OnFailure", "Never"'
        return [*causes, messages.required(f"{path}.restartPolicy", detail)]
    return [*causes, messages.not_supported(f"{path}.restartPolicy", policy, restart_policies)]


def _container(container: Object, path: str, seen: set[str]) -> list[Cause]:
    name = container.get("name") or ""
    causes = []
    if not name:
        causes.append(messages.required(f"{path}.name"))
    else:
        causes += [messages.invalid(f"{path}.name", name, problem) for problem in names.is_dns1123_label(name)]
    if name in seen:
        causes.append(messages.duplicate(f"{path}.name", name))
    seen.add(name)
    if not container.get("image"):
        causes.append(messages.required(f"{path}.image"))
    for position, port in enumerate(container.get("ports") or ()):
        causes += _port(port, f"{path}.ports[{position}]")
    policy = container.get("imagePullPolicy")
    if policy and policy not in _PULL_POLICIES:
        causes.append(messages.not_supported(f"{path}.imagePullPolicy", policy, _PULL_POLICIES))
    return causes


def _port(port: Object, path: str) -> list[Cause]:
    causes = []
    number = port.get("containerPort", 0)
    if number == 0:
        causes.append(messages.required(f"{path}.containerPort"))
    elif not 0 < number < 65536:
        causes.append(messages.invalid(f"{path}.containerPort", number, "must be between 1 and 65535, inclusive"))
    if port.get("protocol") and port["protocol"] not in _PROTOCOLS:
        causes.append(messages.not_supported(f"{path}.protocol", port["protocol"], _PROTOCOLS))
    return causes
