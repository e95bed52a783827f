"""Validation of security contexts of Pods and of containers. ``windows`` has what Windows asks for."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, messages
from kube_apiserver.validation.containers.windows import windows_option_causes
from kube_apiserver.validation.forms.members import choice_causes, id_causes
from kube_apiserver.validation.forms.paths import relative_causes

Object = Mapping[str, Any]
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_LONGEST_PROFILE = 4095
_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL = rf"({_SEGMENT}[\./])*{_SEGMENT}"
_LONGEST_SYSCTL = 253
_MOST_ID = 2**31 - 1
#: The sysctls that belong to a namespace that a Pod may share with its node: their starts and names.
_NAMESPACED = {
    "net": ("net.",),
    "ipc": ("kernel.shm", "kernel.msg", "fs.mqueue."),
}
_EXACT_IPC = ("kernel.sem",)


def pod_security_causes(spec: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of the security context of a Pod."""
    context, where = spec.get("securityContext") or {}, f"{path}.securityContext"
    yield from id_causes(context, where, "fsGroup", "runAsUser", "runAsGroup")
    for position, group in enumerate(context.get("supplementalGroups") or ()):
        if not 0 <= group <= _MOST_ID:
            detail = f"must be between 0 and {_MOST_ID}, inclusive"
            yield messages.invalid(f"{where}.supplementalGroups[{position}]", group, detail)
    yield from _sysctls(context.get("sysctls") or (), spec, f"{where}.sysctls")
    yield from choice_causes(context, where, "fsGroupChangePolicy", ("Always", "OnRootMismatch"))
    yield from _seccomp(context.get("seccompProfile"), f"{where}.seccompProfile")
    yield from windows_option_causes(context.get("windowsOptions") or {}, f"{where}.windowsOptions")
    yield from _app_armor(context.get("appArmorProfile"), f"{where}.appArmorProfile")
    yield from choice_causes(context, where, "supplementalGroupsPolicy", ("Merge", "Strict"))
    yield from choice_causes(context, where, "seLinuxChangePolicy", ("MountOption", "Recursive"))


def container_security_causes(context: Object | None, path: str, *, shares_users: bool) -> Iterator[Cause]:
    """Yield the field errors of the security context of a container, whose Pod may share the users of its node."""
    if context is None:
        return
    yield from id_causes(context, path, "runAsUser", "runAsGroup")
    yield from choice_causes(context, path, "procMount", ("Default", "Unmasked"))
    if shares_users and context.get("procMount") == "Unmasked":
        yield messages.invalid(f"{path}.procMount", "Unmasked", "`hostUsers` must be false to use `Unmasked`")
    yield from _seccomp(context.get("seccompProfile"), f"{path}.seccompProfile")
    if context.get("allowPrivilegeEscalation") is False:
        detail = "cannot set `allowPrivilegeEscalation` to false and "
        if context.get("privileged"):
            yield messages.invalid(path, _as_struct(context), f"{detail}`privileged` to true")
        for added in (context.get("capabilities") or {}).get("add") or ():
            if added == "CAP_SYS_ADMIN":
                yield messages.invalid(path, _as_struct(context), f"{detail}`capabilities.Add` CAP_SYS_ADMIN")
    yield from windows_option_causes(context.get("windowsOptions") or {}, f"{path}.windowsOptions")
    yield from _app_armor(context.get("appArmorProfile"), f"{path}.appArmorProfile")


def _as_struct(context: Object) -> dict[str, Any]:
    """Return the members in the order of Go's internal struct."""
    names = (
        *("capabilities", "privileged", "seLinuxOptions", "windowsOptions", "runAsUser", "runAsGroup", "runAsNonRoot"),
        *("readOnlyRootFilesystem", "allowPrivilegeEscalation", "procMount", "seccompProfile", "appArmorProfile"),
    )
    known = {"seLinuxOptions": "SELinuxOptions"}
    return {known.get(name, f"{name[0].upper()}{name[1:]}"): context.get(name) for name in names}


def _seccomp(profile: Object | None, path: str) -> Iterator[Cause]:
    if profile is None:
        return
    kind, file = profile.get("type") or "", profile.get("localhostProfile")
    if not kind:
        yield messages.required(f"{path}.type", "type is required when seccompProfile is set")
    elif kind not in _PROFILES:
        yield messages.not_supported(f"{path}.type", kind, _PROFILES)
    if kind != "Localhost":
        if file is not None:
            shown = {"Type": kind, "LocalhostProfile": file}
            yield messages.invalid(f"{path}.localhostProfile", shown, "can only be set when seccomp type is Localhost")
    elif file is None:
        yield messages.required(f"{path}.localhostProfile", "must be set when seccomp type is Localhost")
    else:
        yield from relative_causes(file, f"{path}.localhostProfile")


def _app_armor(profile: Object | None, path: str) -> Iterator[Cause]:
    if profile is None:
        return
    kind, file = profile.get("type") or "", profile.get("localhostProfile")
    where = f"{path}.localhostProfile"
    if not kind:
        yield messages.required(f"{path}.type", "type is required when appArmorProfile is set")
    elif kind not in _PROFILES:
        yield messages.not_supported(f"{path}.type", kind, _PROFILES)
    elif kind != "Localhost":
        if file is not None:
            yield messages.invalid(where, file, "can only be set when AppArmor type is Localhost")
    elif not file:
        yield messages.required(where, "must be set when AppArmor type is Localhost")
    else:
        if file.strip() != file:
            yield messages.invalid(where, file, "must not be padded with whitespace")
        if len(file.encode()) > _LONGEST_PROFILE:
            yield messages.too_long(where, _LONGEST_PROFILE)


def _sysctls(sysctls: Iterable[Object], spec: Object, path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, sysctl in enumerate(sysctls):
        where, name = f"{path}[{position}].name", sysctl.get("name") or ""
        if not name:
            yield messages.required(where)
        elif len(name.encode()) > _LONGEST_SYSCTL or not re.fullmatch(_SYSCTL, name):
            detail = f"must have at most {_LONGEST_SYSCTL} characters and match regex ^{_SYSCTL}$"
            yield messages.invalid(where, name, detail)
        elif name in seen:
            yield messages.duplicate(where, name)
        seen.add(name)
        dotted = name.replace("/", ".") if "/" in name.partition(".")[0] else name
        if spec.get("hostNetwork") and dotted.startswith(_NAMESPACED["net"]):
            yield messages.invalid(where, name, "may not be specified when 'hostNetwork' is true")
        elif spec.get("hostIPC") and (dotted in _EXACT_IPC or dotted.startswith(_NAMESPACED["ipc"])):
            yield messages.invalid(where, name, "may not be specified when 'hostIPC' is true")
