"""Validation of the containers of Pods: those that run, those that start them, and those that debug them."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_label, messages
from kube_apiserver.validation.containers.environment import source_causes, variable_causes
from kube_apiserver.validation.containers.mounts import mount_causes
from kube_apiserver.validation.containers.probes import lifecycle_causes, probe_causes
from kube_apiserver.validation.containers.resource_claims import claim_names
from kube_apiserver.validation.containers.resources import resource_causes
from kube_apiserver.validation.containers.security import container_security_causes
from kube_apiserver.validation.forms.members import problem_causes
from kube_apiserver.validation.ports import port_name_problems, port_number_problems

Object = Mapping[str, Any]
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_TERMINATION_POLICIES = ("File", "FallbackToLogsOnError")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_RESTART_POLICIES = ("Always", "Never", "OnFailure")
_RULE_ACTIONS = ("Restart", "RestartAllContainers")
_MOST_RULES, _MOST_EXIT_CODES = 20, 255
_RESIZED = {"resourceName": ("cpu", "memory"), "restartPolicy": ("NotRequired", "RestartContainer")}
_OF_SIDECARS = "may not be set for init containers without restartPolicy=Always"
_NEVER = "must be 'NotRequired' when pod `restartPolicy` is 'Never'"
_NO_POLICY = "must specify restartPolicy when restart rules are used"
_NO_RESTART = "must not be set to 'RestartContainer' for non-sidecar initContainers"
_EPHEMERAL = "cannot be set for an Ephemeral Container"
_NOT_EPHEMERAL = (
    *("ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules"),
    *("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"),
)


def container_causes(spec: Object, volumes: Mapping[str, Object], path: str) -> Iterator[Cause]:
    """Yield the field errors of ``containers`` of a Pod, which has ``volumes``."""
    containers = spec.get("containers") or ()
    if not containers:
        yield messages.required(path)
        return
    seen: set[str] = set()
    for position, container in enumerate(containers):
        where, name = f"{path}[{position}]", container.get("name") or ""
        yield from _common(container, spec, volumes, where)
        if name in seen:
            yield messages.duplicate(f"{where}.name", name)
        seen.add(name)
        yield from _hooks(container, spec, where)
        yield from _restarts(container, where)
    yield from _host_ports(containers, path)


def init_container_causes(spec: Object, volumes: Mapping[str, Object], path: str) -> Iterator[Cause]:
    """Yield the field errors of ``initContainers`` and ``ephemeralContainers`` of a Pod, which has ``volumes``."""
    seen = {each.get("name") or "" for each in spec.get("containers") or ()}
    for position, container in enumerate(spec.get("initContainers") or ()):
        where, name = f"{path}.initContainers[{position}]", container.get("name") or ""
        yield from _common(container, spec, volumes, where)
        if container.get("restartPolicy") is not None:
            yield from _restarts(container, where)
        elif container.get("restartPolicyRules"):
            yield messages.required(f"{where}.restartPolicy", _NO_POLICY)
        if name in seen:
            yield messages.duplicate(f"{where}.name", name)
        seen.update({name} - {""})
        yield from _host_ports([container], f"{path}.initContainers")
        if container.get("restartPolicy") == "Always":
            yield from _hooks(container, spec, where)
            continue
        for hook in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if container.get(hook) is not None:
                yield messages.forbidden(f"{where}.{hook}", _OF_SIDECARS)
        for place, policy in enumerate(container.get("resizePolicy") or ()):
            if policy.get("restartPolicy") == "RestartContainer":
                yield messages.invalid(f"{where}.resizePolicy[{place}].restartPolicy", "RestartContainer", _NO_RESTART)
    yield from _ephemeral(spec, volumes, seen, f"{path}.ephemeralContainers")


def _ephemeral(spec: Object, volumes: Mapping[str, Object], others: AbstractSet[str], path: str) -> Iterator[Cause]:
    seen = set(others)
    for position, container in enumerate(spec.get("ephemeralContainers") or ()):
        where, name = f"{path}[{position}]", container.get("name") or ""
        yield from _common(container, spec, volumes, where)
        yield from image_causes(container, where)
        if name in seen:
            yield messages.duplicate(f"{where}.name", name)
        seen.add(name)
        if (target := container.get("targetContainerName")) and target not in others:
            yield messages.not_found(f"{where}.targetContainerName", target)
        for member in _NOT_EPHEMERAL:
            if container.get(member) not in (None, {}, []):
                yield messages.forbidden(f"{where}.{member}", _EPHEMERAL)
        for place, mount in enumerate(container.get("volumeMounts") or ()):
            for member in ("subPath", "subPathExpr"):
                if mount.get(member):
                    yield messages.forbidden(f"{where}.volumeMounts[{place}].{member}", _EPHEMERAL)


def image_causes(container: Object, path: str) -> Iterator[Cause]:
    """Yield the field error of the image of a container of a Pod; a template may have any."""
    image = container.get("image") or ""
    if image.strip() != image:
        yield messages.invalid(f"{path}.image", image, "must not have leading or trailing whitespace")


def _common(container: Object, spec: Object, volumes: Mapping[str, Object], path: str) -> Iterator[Cause]:
    name = container.get("name") or ""
    if not name:
        yield messages.required(f"{path}.name")
    else:
        yield from problem_causes(f"{path}.name", name, is_dns1123_label(name))
    if not container.get("image"):
        yield messages.required(f"{path}.image")
    yield from _choice(container, "terminationMessagePolicy", _TERMINATION_POLICIES, path)
    yield from _ports(container.get("ports") or (), f"{path}.ports")
    yield from variable_causes(container.get("env") or (), f"{path}.env")
    yield from source_causes(container.get("envFrom") or (), f"{path}.envFrom")
    yield from mount_causes(container, volumes, path)
    yield from _choice(container, "imagePullPolicy", _PULL_POLICIES, path)
    yield from resource_causes(container.get("resources") or {}, claim_names(spec), f"{path}.resources")
    yield from _resizes(container.get("resizePolicy") or (), spec.get("restartPolicy") == "Never", path)
    shares_users = spec.get("hostUsers") is not False
    yield from container_security_causes(
        container.get("securityContext"), f"{path}.securityContext", shares_users=shares_users
    )


def _choice(container: Object, name: str, choices: tuple[str, ...], path: str) -> Iterator[Cause]:
    value = container.get(name) or ""
    if not value:
        yield messages.required(f"{path}.{name}")
    elif value not in choices:
        yield messages.not_supported(f"{path}.{name}", value, choices)


def _ports(ports: Any, path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, port in enumerate(ports):
        where, name, number = f"{path}[{position}]", port.get("name") or "", port.get("containerPort") or 0
        if name:
            problems = port_name_problems(name)
            yield from problem_causes(f"{where}.name", name, problems)
            if name in seen:
                yield messages.duplicate(f"{where}.name", name)
            if not problems:
                seen.add(name)
        if not number:
            yield messages.required(f"{where}.containerPort")
        else:
            yield from problem_causes(f"{where}.containerPort", number, port_number_problems(number))
        if on_host := port.get("hostPort"):
            yield from problem_causes(f"{where}.hostPort", on_host, port_number_problems(on_host))
        yield from _choice(port, "protocol", _PROTOCOLS, where)


def _host_ports(containers: Any, path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, container in enumerate(containers):
        for place, port in enumerate(container.get("ports") or ()):
            if number := port.get("hostPort"):
                used = f"{port.get('protocol') or ''}/{port.get('hostIP') or ''}/{number}"
                if used in seen:
                    yield messages.duplicate(f"{path}[{position}].ports[{place}].hostPort", used)
                seen.add(used)


def _resizes(policies: Any, ends: bool, path: str) -> Iterator[Cause]:
    where = f"{path}.resizePolicy"
    seen: set[str] = set()
    for position, policy in enumerate(policies):
        resource = policy.get("resourceName") or ""
        if resource in seen:
            yield messages.duplicate(f"{where}[{position}]", resource)
        seen.add(resource)
        for name, choices in _RESIZED.items():
            value = policy.get(name) or ""
            if not value:
                yield messages.required(where)
            elif value not in choices:
                yield messages.not_supported(where, value, choices)
        restart = policy.get("restartPolicy") or ""
        if ends and restart != "NotRequired":
            yield messages.invalid(where, restart, _NEVER)


def _hooks(container: Object, spec: Object, path: str) -> Iterator[Cause]:
    lifecycle = container.get("lifecycle") or {}
    yield from lifecycle_causes(lifecycle, spec.get("terminationGracePeriodSeconds"), f"{path}.lifecycle")
    yield from probe_causes(container, path)


def _restarts(container: Object, path: str) -> Iterator[Cause]:
    policy, rules = container.get("restartPolicy"), container.get("restartPolicyRules") or ()
    if policy is None:
        if rules:
            yield messages.required(f"{path}.restartPolicy", _NO_POLICY)
    elif policy not in _RESTART_POLICIES:
        yield messages.not_supported(f"{path}.restartPolicy", policy, _RESTART_POLICIES)
    if len(rules) > _MOST_RULES:
        yield messages.too_many(f"{path}.restartPolicyRules", len(rules), _MOST_RULES)
    for position, rule in enumerate(rules):
        where, action, codes = f"{path}.restartPolicyRules[{position}]", rule.get("action") or "", rule.get("exitCodes")
        if action not in _RULE_ACTIONS:
            yield messages.not_supported(f"{where}.action", action, _RULE_ACTIONS)
        if codes is None:
            yield messages.required(f"{where}.exitCodes", "must be specified")
            continue
        operator, values = codes.get("operator") or "", codes.get("values") or ()
        if operator not in ("In", "NotIn"):
            yield messages.not_supported(f"{where}.exitCodes.operator", operator, ("In", "NotIn"))
        if len(values) > _MOST_EXIT_CODES:
            yield messages.too_many(f"{where}.exitCodes.values", len(values), _MOST_EXIT_CODES)
