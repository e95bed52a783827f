"""Validation of the annotations of Pods that were fields once, or will be: seccomp, AppArmor, the cost of deletion."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, messages
from kube_apiserver.validation.forms.paths import relative_causes
from kube_apiserver.validation.pods.scheduling import toleration_causes

Object = Mapping[str, Any]
Annotations = Mapping[str, str]
_MIRROR = "kubernetes.io/config.mirror"
_COST = "controller.kubernetes.io/pod-deletion-cost"
_TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_DEFAULTS = ("runtime/default", "docker/default")
_LOCAL = "localhost/"
_KINDS = ("initContainers", "containers", "ephemeralContainers")


def pod_annotation_causes(annotations: Annotations, spec: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of annotations that a Pod or its template has."""
    if _MIRROR in annotations and not spec.get("nodeName"):
        detail = "must set spec.nodeName if mirror pod annotation is set"
        yield messages.invalid(f"{path}[{_MIRROR}]", annotations[_MIRROR], detail)
    if annotations.get(_TOLERATIONS):
        yield from _tolerations(annotations[_TOLERATIONS], path)
    cost = annotations.get(_COST)
    if cost is not None and not _is_cost(cost):
        yield messages.invalid(f"{path}[{_COST}]", cost, "must be a 32bit integer")
    for key, value in annotations.items():
        if key == _SECCOMP_POD or key.startswith(_SECCOMP_CONTAINER):
            yield from _seccomp(value, f"{path}.{key}")
    names = {each.get("name") for kind in _KINDS for each in spec.get(kind) or ()}
    for key, value in annotations.items():
        if key.startswith(_APP_ARMOR):
            where = f"{path}[{key}]"
            if (name := key.removeprefix(_APP_ARMOR)) not in names:
                yield messages.invalid(where, name, "container not found")
            if value not in ("", "runtime/default", "unconfined") and not value.startswith(_LOCAL):
                yield messages.invalid(where, value, f"invalid AppArmor profile name: {messages.shown(value)}")


def _is_cost(text: str) -> bool:
    # Go would read "+1" and "01" back as another text.
    return bool(re.fullmatch("0|-?[1-9][0-9]*", text)) and -(2**31) <= int(text) < 2**31


def _tolerations(text: str, path: str) -> Iterator[Cause]:
    try:
        found = json.loads(text)
    except ValueError as error:
        yield messages.invalid(path, _TOLERATIONS, str(error))
    else:
        yield from toleration_causes(found if isinstance(found, list) else (), f"{path}.{_TOLERATIONS}")


def _seccomp(value: str, path: str) -> Iterator[Cause]:
    if value in (*_DEFAULTS, "unconfined"):
        return
    if value.startswith(_LOCAL):
        yield from relative_causes(value.removeprefix(_LOCAL), path)
    else:
        yield messages.invalid(path, value, "must be a valid seccomp profile")


def profile_match_causes(annotations: Annotations, spec: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of seccomp and AppArmor profiles that annotations and fields set differently."""
    whole = spec.get("securityContext") or {}
    if (profile := whole.get("seccompProfile")) is not None:
        where = f"{path}.securityContext.seccompProfile"
        yield from _match(annotations.get(_SECCOMP_POD), profile, where, "seccomp", _DEFAULTS)
    containers = [
        (f"{path}.{kind}[{position}].securityContext", each)
        for kind in _KINDS
        for position, each in enumerate(spec.get(kind) or ())
    ]
    for where, container in containers:
        profile = (container.get("securityContext") or {}).get("seccompProfile")
        annotation = annotations.get(f"{_SECCOMP_CONTAINER}{container.get('name')}")
        yield from _match(annotation, profile, f"{where}.seccompProfile", "seccomp", _DEFAULTS)
    if (spec.get("os") or {}).get("name") == "windows":
        return
    for where, container in containers:
        own = (container.get("securityContext") or {}).get("appArmorProfile")
        profile = whole.get("appArmorProfile") if own is None else own
        annotation = annotations.get(f"{_APP_ARMOR}{container.get('name')}")
        yield from _match(annotation, profile, f"{where}.appArmorProfile", "apparmor", _DEFAULTS[:1])


def _match(
    annotation: str | None, profile: Object | None, path: str, what: str, defaults: tuple[str, ...]
) -> Iterator[Cause]:
    if annotation is None or profile is None:
        return
    kind, file = profile.get("type"), profile.get("localhostProfile")
    fits = {"Unconfined": ("unconfined",), "RuntimeDefault": defaults}
    is_other = annotation not in fits[kind] if kind in fits else not annotation.startswith(_LOCAL)
    if kind not in (*fits, "Localhost"):
        return
    if is_other:
        yield messages.forbidden(f"{path}.type", f"{what} type in annotation and field must match")
    elif kind == "Localhost" and annotation.removeprefix(_LOCAL) != file:
        yield messages.forbidden(f"{path}.localhostProfile", f"{what} profile in annotation and field must match")
