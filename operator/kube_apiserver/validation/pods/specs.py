"""Validation of Pod specs and Pod templates. The modules beside this one have the rules of their parts."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.validation.containers.containers import container_causes, init_container_causes
from kube_apiserver.validation.containers.environment import file_volume_causes
from kube_apiserver.validation.containers.resource_claims import resource_claim_causes
from kube_apiserver.validation.containers.resources import resource_causes
from kube_apiserver.validation.containers.security import pod_security_causes
from kube_apiserver.validation.containers.windows import host_process_causes, system_causes
from kube_apiserver.validation.forms.members import problem_causes, range_causes
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.object_meta import annotation_causes
from kube_apiserver.validation.pods.annotations import pod_annotation_causes, profile_match_causes
from kube_apiserver.validation.pods.network import alias_causes, dns_causes
from kube_apiserver.validation.pods.pod_resources import pod_resource_causes
from kube_apiserver.validation.pods.scheduling import affinity_causes, gate_causes, spread_causes, toleration_causes
from kube_apiserver.validation.pods.volumes import volume_causes

Object = Mapping[str, Any]
_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PREEMPTION_POLICIES = ("PreemptLowerPriority", "Never")
_KINDS = ("initContainers", "containers", "ephemeralContainers")
_MOST = 2**31 - 1


def template_causes(template: Object, path: str) -> list[Cause]:
    """Return the field errors of a Pod template."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    annotations = metadata.get("annotations") or {}
    causes = label_causes(metadata.get("labels") or {}, f"{path}.labels")
    causes += annotation_causes(annotations, path)
    causes += pod_annotation_causes(annotations, spec, f"{path}.annotations")
    causes += pod_causes(spec, f"{path}.spec")
    causes += profile_match_causes(annotations, spec, f"{path}.spec")
    if spec.get("ephemeralContainers"):
        detail = "ephemeral containers not allowed in pod template"
        causes.append(messages.forbidden(f"{path}.spec.ephemeralContainers", detail))
    return causes


def always_restarted_causes(template: Object, path: str, kind: str) -> Iterator[Cause]:
    """Yield the field errors of a Pod template of a kind whose Pods do not end."""
    spec = template.get("spec") or {}
    policy = spec.get("restartPolicy") or ""
    if policy != "Always":
        yield messages.not_supported(f"{path}.spec.restartPolicy", policy, ("Always",))
    if spec.get("activeDeadlineSeconds") is not None:
        detail = f"activeDeadlineSeconds in {kind} is not Supported"
        yield messages.forbidden(f"{path}.spec.activeDeadlineSeconds", detail)


def pod_causes(spec: Object, path: str, metadata: Object | None = None) -> list[Cause]:
    """Return the field errors of a Pod spec; that of a Pod has ``metadata``, one of a template has none."""
    pod_name = (metadata or {}).get("name") or ""
    volumes, causes = volume_causes(spec.get("volumes") or (), f"{path}.volumes", pod_name)
    causes += resource_claim_causes(spec.get("resourceClaims") or (), metadata or {}, f"{path}.resourceClaims")
    causes += container_causes(spec, volumes, f"{path}.containers")
    causes += init_container_causes(spec, volumes, path)
    containers = [
        (f"{path}.{kind}[{position}]", container)
        for kind in _KINDS
        for position, container in enumerate(spec.get(kind) or ())
    ]
    causes += pod_resource_causes(spec, path)
    causes += _policies(spec, path, is_pod=metadata is not None)
    causes += label_causes(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    causes += pod_security_causes(spec, path)
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        causes.append(messages.invalid(f"{path}.shareProcessNamespace", True, detail))
    causes += affinity_causes(spec.get("affinity") or {}, f"{path}.affinity")
    causes += dns_causes(spec, path)
    causes += gate_causes(spec, path)
    causes += spread_causes(spec.get("topologySpreadConstraints") or (), f"{path}.topologySpreadConstraints")
    causes += host_process_causes(spec, containers, path)
    causes += _host_users(spec, containers, path)
    causes += _names(spec, path)
    causes += system_causes(spec, containers, path)
    return [*causes, *file_volume_causes(containers, spec.get("volumes") or ())]


def _policies(spec: Object, path: str, *, is_pod: bool) -> Iterator[Cause]:
    if spec.get("hostNetwork"):
        yield from _host_ports(spec, path, is_pod)
    for name, choices in (("restartPolicy", _RESTART_POLICIES), ("dnsPolicy", _DNS_POLICIES)):
        value = spec.get(name) or ""
        if not value:
            yield messages.required(f"{path}.{name}")
        elif value not in choices:
            yield messages.not_supported(f"{path}.{name}", value, choices)


def _host_ports(spec: Object, path: str, is_pod: bool) -> Iterator[Cause]:
    for position, container in enumerate(spec.get("containers") or ()):
        for place, port in enumerate(container.get("ports") or ()):
            outside, inside = port.get("hostPort") or 0, port.get("containerPort") or 0
            if (is_pod or outside) and outside != inside:
                where = f"{path}.containers[{position}].ports[{place}].hostPort"
                yield messages.invalid(where, outside, "must match `containerPort` when `hostNetwork` is true")


def _host_users(spec: Object, containers: list[tuple[str, Object]], path: str) -> Iterator[Cause]:
    if spec.get("hostUsers") is not False:
        return
    detail = "when `hostUsers` is false"
    for name, shown in (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
        if spec.get(name):
            yield messages.forbidden(f"{path}.{shown}", detail)
    for where, container in containers:
        if container.get("volumeDevices"):
            yield messages.forbidden(f"{where}.volumeDevices", detail)


def _names(spec: Object, path: str) -> Iterator[Cause]:
    yield from _hostname_override(spec, path)
    for name in ("serviceAccountName", "nodeName"):
        if value := spec.get(name):
            yield from problem_causes(f"{path}.{name}", value, is_dns1123_subdomain(value))
    yield from range_causes(spec, path, "activeDeadlineSeconds", 1, _MOST)
    for name in ("hostname", "subdomain"):
        if value := spec.get(name):
            yield from problem_causes(f"{path}.{name}", value, is_dns1123_label(value))
    yield from toleration_causes(spec.get("tolerations") or (), f"{path}.tolerations")
    yield from alias_causes(spec.get("hostAliases") or (), f"{path}.hostAliases")
    for name in ("priorityClassName", "runtimeClassName"):
        value = spec.get(name)
        if value or (value is not None and name == "runtimeClassName"):
            yield from problem_causes(f"{path}.{name}", value, is_dns1123_subdomain(value))
    policy = spec.get("preemptionPolicy")
    if policy == "":
        yield messages.required(f"{path}.preemptionPolicy")
    elif policy is not None and policy not in _PREEMPTION_POLICIES:
        yield messages.not_supported(f"{path}.preemptionPolicy", policy, _PREEMPTION_POLICIES)
    yield from resource_causes({"limits": spec.get("overhead") or {}}, frozenset(), f"{path}.overhead")


def _hostname_override(spec: Object, path: str) -> Iterator[Cause]:
    name, where = spec.get("hostnameOverride"), f"{path}.hostnameOverride"
    if name is None:
        return
    for other in ("setHostnameAsFQDN", "hostNetwork"):
        if spec.get(other):
            yield messages.forbidden(where, f"may not be specified when {other} is true")
    if len(name.encode()) > 64:
        yield messages.too_long(where, 64)
    yield from problem_causes(where, name, is_dns1123_subdomain(name))
