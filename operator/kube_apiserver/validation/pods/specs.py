"""Validation of Pod specs: containers, ports, environment, probes, and the policies of the Pod."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from go_regexp import compile_pattern
from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.pods.container_resources import resource_causes
from kube_apiserver.validation.pods.volumes import mount_causes, volume_causes
from kube_apiserver.validation.ports import port_name_problems, port_number_problems

Object = Mapping[str, Any]
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_TERMINATION_POLICIES = ("File", "FallbackToLogsOnError")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_OPERATORS = ("Equal", "Exists")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_ENV_NAME = "a valid environment variable name must consist only of printable ASCII characters other than '='"
_MOST = 2**31 - 1


def template_causes(
    template: Object, path: str, restart_policies: tuple[str, ...], claimed: AbstractSet[str] = frozenset()
) -> list[Cause]:
    """Return the field errors of a Pod template that allows only ``restart_policies``.

    Its containers may mount the ``claimed`` volumes too, which the template does not declare.
    """
    return pod_causes(template.get("spec") or {}, f"{path}.spec", restart_policies, claimed)


def pod_causes(
    spec: Object, path: str, restart_policies: tuple[str, ...], claimed: AbstractSet[str] = frozenset()
) -> list[Cause]:
    """Return the field errors of a Pod spec."""
    containers, volumes = spec.get("containers") or [], spec.get("volumes") or ()
    causes = volume_causes(volumes, f"{path}.volumes")
    if not containers:
        causes.append(messages.required(f"{path}.containers"))
    seen: set[str] = set()
    declared = claimed | {volume.get("name") or "" for volume in volumes}
    for kind in ("initContainers", "containers"):
        for position, container in enumerate(spec.get(kind) or ()):
            causes += _container(container, f"{path}.{kind}[{position}]", seen, declared)
    causes += _restart_policy(spec, path, restart_policies)
    return [*causes, *_pod(spec, path)]


def _restart_policy(spec: Object, path: str, allowed: tuple[str, ...]) -> Iterator[Cause]:
    policy = spec.get("restartPolicy") or "Always"
    if policy in allowed:
        return
    if allowed[0] == "OnFailure":
        # Jobs have their own message, and a missing value counts as the default.
        yield messages.required(f"{path}.restartPolicy", 'valid values: "OnFailure", "Never"')
    else:
        yield messages.not_supported(f"{path}.restartPolicy", policy, allowed)


def _pod(spec: Object, path: str) -> Iterator[Cause]:
    if (policy := spec.get("dnsPolicy")) and policy not in _DNS_POLICIES:
        yield messages.not_supported(f"{path}.dnsPolicy", policy, _DNS_POLICIES)
    yield from label_causes(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    for name in ("serviceAccountName", "nodeName"):
        if value := spec.get(name):
            yield from (messages.invalid(f"{path}.{name}", value, why) for why in is_dns1123_subdomain(value))
    limit = spec.get("activeDeadlineSeconds")
    if limit is not None and not 1 <= limit <= _MOST:
        yield messages.invalid(f"{path}.activeDeadlineSeconds", limit, f"must be between 1 and {_MOST}, inclusive")
    for name in ("hostname", "subdomain"):
        if value := spec.get(name):
            yield from (messages.invalid(f"{path}.{name}", value, why) for why in is_dns1123_label(value))
    for position, toleration in enumerate(spec.get("tolerations") or ()):
        operator = toleration.get("operator")
        if operator and operator not in _OPERATORS:
            yield messages.not_supported(f"{path}.tolerations[{position}].operator", operator, _OPERATORS)


def _container(container: Object, path: str, seen: set[str], volumes: AbstractSet[str]) -> list[Cause]:
    causes = _name(container.get("name") or "", f"{path}.name", seen)
    if not container.get("image"):
        causes.append(messages.required(f"{path}.image"))
    policy = container.get("terminationMessagePolicy")
    if policy and policy not in _TERMINATION_POLICIES:
        causes.append(messages.not_supported(f"{path}.terminationMessagePolicy", policy, _TERMINATION_POLICIES))
    for position, port in enumerate(container.get("ports") or ()):
        causes += _port(port, f"{path}.ports[{position}]")
    for position, variable in enumerate(container.get("env") or ()):
        causes += _variable(variable, f"{path}.env[{position}]")
    causes += mount_causes(container.get("volumeMounts") or (), volumes, f"{path}.volumeMounts")
    policy = container.get("imagePullPolicy")
    if policy and policy not in _PULL_POLICIES:
        causes.append(messages.not_supported(f"{path}.imagePullPolicy", policy, _PULL_POLICIES))
    causes += resource_causes(container.get("resources") or {}, f"{path}.resources")
    for name in _PROBES:
        causes += _probe(container.get(name), f"{path}.{name}")
    return causes


def _name(name: str, path: str, seen: set[str]) -> list[Cause]:
    causes = [messages.invalid(path, name, why) for why in is_dns1123_label(name)] if name else []
    if not name:
        causes.append(messages.required(path))
    if name in seen:
        causes.append(messages.duplicate(path, name))
    seen.add(name)
    return causes


def _port(port: Object, path: str) -> Iterator[Cause]:
    name, number, on_host = port.get("name"), port.get("containerPort", 0), port.get("hostPort")
    if name:
        yield from (messages.invalid(f"{path}.name", name, why) for why in port_name_problems(name))
    if number == 0:
        yield messages.required(f"{path}.containerPort")
    else:
        yield from (messages.invalid(f"{path}.containerPort", number, why) for why in port_number_problems(number))
    if on_host:
        yield from (messages.invalid(f"{path}.hostPort", on_host, why) for why in port_number_problems(on_host))
    if port.get("protocol") and port["protocol"] not in _PROTOCOLS:
        yield messages.not_supported(f"{path}.protocol", port["protocol"], _PROTOCOLS)


def _variable(variable: Object, path: str) -> Iterator[Cause]:
    name = variable.get("name") or ""
    if not name:
        yield messages.required(f"{path}.name")
    elif not compile_pattern("^[ -<>-~]+$").matches(name):
        yield messages.invalid(f"{path}.name", name, _ENV_NAME)
    if variable.get("value") and variable.get("valueFrom") is not None:
        yield messages.invalid(f"{path}.valueFrom", "", "may not be specified when `value` is not empty")


def _probe(probe: Object | None, path: str) -> Iterator[Cause]:
    if probe is None:
        return
    if not any(probe.get(name) is not None for name in _HANDLERS):
        yield messages.required(path, "must specify a handler type")
    for name in _COUNTS:
        if (value := probe.get(name)) is not None and value < 0:
            yield messages.invalid(f"{path}.{name}", value, "must be greater than or equal to 0")
