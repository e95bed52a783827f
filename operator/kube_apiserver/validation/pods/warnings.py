"""Warnings about valid Pods and Pod templates: fields that do nothing any more, and values that hide others."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kube_apiserver.schema import is_dns1123_label, is_label_value, messages
from kube_apiserver.schema.quantity import is_whole
from kube_apiserver.validation.addresses import address
from kube_apiserver.validation.pods.virtual_paths import overlap_warnings

Object = Mapping[str, Any]
Containers = list[tuple[str, Object]]
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
    "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
}
_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": (
        'non-functional in v1.16+; use the "priorityClassName" field instead'
    ),
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
#: In the order in which kube-apiserver warns about the sources of one volume.
_VOLUMES = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_SHOWN = {"storageos": "storageOS"}
_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_NO_SELECTOR = "a null labelSelector results in matching no pod"


def name_warnings(obj: Object) -> list[str]:
    """Return the warning about a workload whose name is no label, so that the names of its Pods are none."""
    problems = is_dns1123_label(obj["metadata"].get("name") or "")
    what = "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior"
    return [f"{what}; a DNS label is recommended: [{' '.join(problems)}]"] if problems else []


def pod_warnings(pod: Object, path: str = "", *, is_template: bool = False) -> list[str]:
    """Return the warnings about a Pod, or about the Pod template at ``path``."""
    spec, annotations = pod.get("spec") or {}, (pod.get("metadata") or {}).get("annotations") or {}
    start = f"{path}." if path else ""
    where, notes = f"{start}spec", f"{start}metadata.annotations"
    containers = [
        (f"{where}.{kind}[{position}]", each)
        for kind in ("initContainers", "containers", "ephemeralContainers")
        for position, each in enumerate(spec.get(kind) or ())
    ]
    found = [*_scheduling(spec, where)]
    found += [f"{notes}[{key}]: {text}" for key, text in _ANNOTATIONS.items() if key in annotations]
    found += _volumes(spec.get("volumes") or (), f"{where}.volumes")
    found += overlap_warnings(spec.get("volumes") or ())
    found += _repeated(spec, where)
    overhead = spec.get("overhead") or {}
    found += _fractions(overhead, f"{where}.overhead")
    if (spec.get("securityContext") or {}).get("seccompProfile") is None and _SECCOMP_POD in annotations:
        found.append(f"{notes}[{_SECCOMP_POD}]: {_SECCOMP}")
    for place, container in containers:
        found += _profiles(container, spec, annotations, notes, is_template)
        resources = container.get("resources") or {}
        for name in ("memory", "ephemeral-storage"):
            for kind in ("limits", "requests"):
                found += _fraction(resources.get(kind) or {}, name, f"{place}.resources.{kind}")
        found += _variables(container.get("env") or (), f"{place}.env")
    found += _ports(containers)
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        detail = "must be >= 0; negative values are invalid and will be treated as 1"
        found.append(f"{where}.terminationGracePeriodSeconds: {detail}")
    return [*found, *_affinity(spec.get("affinity") or {}, f"{where}.affinity"), *_addresses(spec, where)]


def template_warnings(obj: Object, old: Object | None, path: str, template: Object | None) -> list[str]:
    """Return the warnings about the Pod template at ``path`` of an object that is new, or whose generation changed."""
    if old is not None and old["metadata"].get("generation") == obj["metadata"].get("generation"):
        return []
    return pod_warnings(template, path, is_template=True) if template else []


def _scheduling(spec: Object, path: str) -> Iterator[str]:
    for key in spec.get("nodeSelector") or ():
        if key in _LABELS:
            yield f"{path}.nodeSelector[{key}]: {_LABELS[key]}"
    nodes = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    where = f"{path}.affinity.nodeAffinity"
    for position, term in enumerate((nodes.get(_REQUIRED) or {}).get("nodeSelectorTerms") or ()):
        yield from node_term_warnings(term, f"{where}.{_REQUIRED}.nodeSelectorTerms[{position}]", is_required=True)
    for position, term in enumerate(nodes.get(_PREFERRED) or ()):
        preference = term.get("preference") or {}
        yield from node_term_warnings(preference, f"{where}.{_PREFERRED}[{position}].preference")
    for position, spread in enumerate(spec.get("topologySpreadConstraints") or ()):
        where, key = f"{path}.topologySpreadConstraints[{position}]", spread.get("topologyKey") or ""
        if key in _LABELS:
            yield f"{where}.topologyKey: {key} is {_LABELS[key]}"
        if spread.get("labelSelector") is None:
            yield f"{where}.labelSelector: {_NO_SELECTOR}"


def node_term_warnings(term: Object, path: str, *, is_required: bool = False) -> Iterator[str]:
    """Yield the warnings about a term that selects nodes: old labels, and values that no label has."""
    for position, each in enumerate(term.get("matchExpressions") or ()):
        where, key = f"{path}.matchExpressions[{position}]", each.get("key") or ""
        if key in _LABELS:
            yield f"{where}.key: {key} is {_LABELS[key]}"
        for place, value in enumerate(() if is_required else each.get("values") or ()):
            for why in is_label_value(value):
                yield f"{where}.values[{place}]: {value} is invalid, {why}"


def _volumes(volumes: Iterable[Object], path: str) -> Iterator[str]:
    for position, volume in enumerate(volumes):
        for name, text in _VOLUMES.items():
            if volume.get(name) is not None:
                yield f"{path}[{position}].{_SHOWN.get(name, name)}: {text}"
        template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate") or {}
        where = f"{path}[{position}].ephemeral.volumeClaimTemplate.spec"
        yield from claim_warnings(template.get("spec") or {}, where)


def claim_warnings(spec: Object, path: str) -> Iterator[str]:
    """Yield the warnings about a claim for a fraction of a byte."""
    for kind in ("requests", "limits"):
        quantities = (spec.get("resources") or {}).get(kind) or {}
        yield from _fraction(quantities, "storage", f"{path}.resources.{kind}")


def _fractions(quantities: Object, path: str) -> Iterator[str]:
    for name in ("memory", "ephemeral-storage"):
        yield from _fraction(quantities, name, path)


def _fraction(quantities: Object, name: str, path: str) -> Iterator[str]:
    value = quantities.get(name)
    if value is not None and not is_whole(value):
        yield f"{path}[{name}]: fractional byte value {messages.shown(value)} is invalid, must be an integer"


def _repeated(spec: Object, path: str) -> Iterator[str]:
    for kind, key, word in (("hostAliases", "ip", "ip"), ("imagePullSecrets", "name", "name")):
        seen: set[str] = set()
        items = spec.get(kind) or ()
        for position, item in enumerate(items):
            value = item.get(key) or ""
            if value in seen:
                yield f"{path}.{kind}[{position}].{key}: duplicate {word} {messages.shown(value)}"
            seen.add(value)
        for position, item in enumerate(items if kind == "imagePullSecrets" else ()):
            if not item.get("name"):
                yield f'{path}.{kind}[{position}].name: invalid empty name ""'


def _profiles(container: Object, spec: Object, annotations: Object, path: str, is_template: bool) -> Iterator[str]:
    context, name = container.get("securityContext") or {}, container.get("name") or ""
    key = f"{_SECCOMP_CONTAINER}{name}"
    if context.get("seccompProfile") is None and key in annotations:
        yield f"{path}[{key}]: {_SECCOMP}"
    key = f"{_APP_ARMOR}{name}"
    if is_template and context.get("appArmorProfile") is None and key in annotations:
        whole = (spec.get("securityContext") or {}).get("appArmorProfile")
        if whole is None or whole != _app_armor(annotations[key]):
            yield f'{path}[{key}]: deprecated since v1.30; use the "appArmorProfile" field instead'


def _app_armor(annotation: str) -> dict[str, str]:
    kind, _, file = annotation.partition("/")
    if kind == "localhost":
        return {"type": "Localhost", "localhostProfile": file}
    return {"type": "RuntimeDefault" if kind == "runtime" else "Unconfined"}


def _variables(variables: Iterable[Object], path: str) -> Iterator[str]:
    seen: set[str] = set()
    for position, variable in enumerate(variables):
        name, value = variable.get("name") or "", variable.get("value") or ""
        reference = f"$({name})"
        is_kept = variable.get("valueFrom") is None and value != reference and reference in value
        if name in seen and not is_kept:
            detail = f"hides previous definition of {messages.shown(name)}, which may be dropped when using apply"
            yield f"{path}[{position}]: {detail}"
        seen.add(name)


def _ports(containers: Containers) -> list[str]:
    found: list[str] = []
    used: dict[tuple[int, str], list[tuple[str, Object]]] = {}
    names: dict[str, str] = {}
    repeated: list[str] = []
    for path, container in containers:
        for position, port in enumerate(container.get("ports") or ()):
            where = f"{path}.ports[{position}]"
            others = used.setdefault((port.get("containerPort") or 0, port.get("protocol") or ""), [])
            if port.get("hostIP") and not port.get("hostPort"):
                found.append(f"{where}: hostIP set without hostPort: {_shown_port(port)}")
            found += [f"{where}: {text} with {place}" for place, other in others if (text := _clash(port, other))]
            others.append((where, port))
            if name := port.get("name"):
                if other_place := names.get(name):
                    detail = f"duplicate port name {messages.shown(name)} with {other_place}, services and probes that "
                    repeated.append(f"{where}: {detail}select ports by name will use {other_place}")
                names.setdefault(name, where)
    return found + repeated


def _shown_port(port: Object) -> str:
    fields = ("Name", "name", ""), ("HostPort", "hostPort", 0), ("ContainerPort", "containerPort", 0)
    rest = ("Protocol", "protocol", ""), ("HostIP", "hostIP", "")
    return f"{{{' '.join(f'{shown}:{port.get(name) or empty}' for shown, name, empty in (*fields, *rest))}}}"


def _clash(port: Object, other: Object) -> str:
    (address_one, number), (address_two, other_number) = (
        (each.get("hostIP") or "", each.get("hostPort") or 0) for each in (port, other)
    )
    if (address_one, number) == (address_two, other_number):
        return "duplicate port definition"
    if not number or not other_number:
        return "overlapping port definition"
    is_ambiguous = number == other_number and bool(address_one) != bool(address_two)
    return "dangerously ambiguous port definition" if is_ambiguous else ""


def _affinity(affinity: Object, path: str) -> Iterator[str]:
    for name in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(name) or {}
        for position, term in enumerate(terms.get(_REQUIRED) or ()):
            if term.get("labelSelector") is None:
                yield f"{path}.{name}.{_REQUIRED}[{position}].labelSelector: {_NO_SELECTOR}"
        for position, term in enumerate(terms.get(_PREFERRED) or ()):
            if (term.get("podAffinityTerm") or {}).get("labelSelector") is None:
                yield f"{path}.{name}.{_PREFERRED}[{position}].podAffinityTerm.labelSelector: {_NO_SELECTOR}"


def _addresses(spec: Object, path: str) -> Iterator[str]:
    for position, text in enumerate((spec.get("dnsConfig") or {}).get("nameservers") or ()):
        yield from address_warnings(text, f"{path}.dnsConfig.nameservers[{position}]")
    for position, alias in enumerate(spec.get("hostAliases") or ()):
        yield from address_warnings(alias.get("ip") or "", f"{path}.hostAliases[{position}].ip")


def address_warnings(text: str, path: str) -> Iterator[str]:
    """Yield the warning about an IPv6 address that is not in the canonical form."""
    found = address(text)
    if found is not None and found.version == 6 and str(found) != text:
        shown, better = messages.shown(text), messages.shown(str(found))
        yield f"{path}: IPv6 address {shown} should be in RFC 5952 canonical format ({better})"
