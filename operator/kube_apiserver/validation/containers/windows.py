"""Validation of what Pods of Windows can set, and of what only they can set."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.validation.forms.members import problem_causes

Object = Mapping[str, Any]
Containers = Iterable[tuple[str, Object]]
_LONGEST_DOMAIN, _LONGEST_USER, _LARGEST_CREDENTIAL_KIB = 256, 104, 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NETBIOS = re.compile(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}')
_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_FORBIDDEN = re.compile(r'["/\\:;|=,+*?<>@\[\]]')
_POD_OF_LINUX = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
)
_CONTAINER_OF_LINUX = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
)
_NO_WINDOWS, _NO_LINUX = "cannot be set for a windows pod", "windows options cannot be set for a linux pod"


def windows_option_causes(options: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``windowsOptions``."""
    if (name := options.get("gmsaCredentialSpecName")) is not None:
        yield from problem_causes(f"{path}.gmsaCredentialSpecName", name, is_dns1123_subdomain(name))
    if (spec := options.get("gmsaCredentialSpec")) is not None:
        where = f"{path}.gmsaCredentialSpec"
        if not spec:
            yield messages.invalid(where, spec, "gmsaCredentialSpec cannot be an empty string")
        elif len(spec.encode()) > _LARGEST_CREDENTIAL_KIB * 1024:
            detail = f"gmsaCredentialSpec size must be under {_LARGEST_CREDENTIAL_KIB} KiB"
            yield messages.invalid(where, spec, detail)
    if (name := options.get("runAsUserName")) is not None:
        yield from problem_causes(
            f"{path}.runAsUserName", name, (f"runAsUserName{why}" for why in _user_name_problems(name))
        )


def _user_name_problems(name: str) -> Iterator[str]:
    parts = name.split("\\")
    if not name:
        yield " cannot be an empty string"
    elif _CONTROL.search(name):
        yield " cannot contain control characters"
    elif len(parts) > 2:
        yield " cannot contain more than one backslash"
    else:
        yield from _account_problems(parts[0] if len(parts) > 1 else None, parts[-1])


def _account_problems(domain: str | None, user: str) -> Iterator[str]:
    if domain is not None:
        if len(domain.encode()) >= _LONGEST_DOMAIN:
            yield f"'s Domain length must be under {_LONGEST_DOMAIN} characters"
        if not _NETBIOS.fullmatch(domain) and not _DOMAIN.fullmatch(domain):
            yield "'s Domain doesn't match the NetBios nor the DNS format"
    if not user:
        yield "'s User cannot be empty"
    elif len(user.encode()) > _LONGEST_USER:
        yield f"'s User length must not be longer than {_LONGEST_USER} characters"
    if user and not user.strip(". "):
        yield "'s User cannot contain only periods or spaces"
    if _FORBIDDEN.search(user):
        yield "'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]"


def host_process_causes(spec: Object, containers: Containers, path: str) -> Iterator[Cause]:
    """Yield the field errors of a Pod whose containers are processes of the node, which all of them must be."""
    whole = _host_process(spec)
    found = []
    for where, container in containers:
        own = _host_process(container)
        if whole is not None and own is not None and whole != own:
            detail = f"pod hostProcess value must be identical if both are specified, was {str(whole).lower()}"
            yield messages.invalid(f"{where}.securityContext.windowsOptions.hostProcess", own, detail)
        found.append(bool(whole if own is None else own))
    if not any(found):
        return
    if not all(found):
        detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers"
        yield messages.invalid(path, "", detail)
    if not spec.get("hostNetwork"):
        detail = "hostNetwork must be true if pod contains any hostProcess containers"
        yield messages.invalid(f"{path}.hostNetwork", False, detail)


def _host_process(holder: Object) -> bool | None:
    options = (holder.get("securityContext") or {}).get("windowsOptions") or {}
    value: bool | None = options.get("hostProcess")
    return value


def system_causes(spec: Object, containers: Containers, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``os``, and of what Pods of the other system would have."""
    system = spec.get("os")
    if system is None:
        return
    name = system.get("name") or ""
    if not name:
        yield messages.required(f"{path}.os.name")
    elif name == "linux":
        yield from _linux(spec, containers, path)
    elif name == "windows":
        yield from _windows(spec, containers, path)
    else:
        yield messages.not_supported(f"{path}.os", name, ("linux", "windows"))


def _linux(spec: Object, containers: Containers, path: str) -> Iterator[Cause]:
    for where, holder in ((path, spec), *containers):
        if (holder.get("securityContext") or {}).get("windowsOptions") is not None:
            yield messages.forbidden(f"{where}.securityContext.windowsOptions", _NO_LINUX)


def _windows(spec: Object, containers: Containers, path: str) -> Iterator[Cause]:
    yield from _of_linux(spec.get("securityContext") or {}, _POD_OF_LINUX, f"{path}.securityContext")
    for name in ("hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"):
        value = spec.get(name)
        if value or (value is not None and name in ("hostUsers", "shareProcessNamespace")):
            yield messages.forbidden(f"{path}.{name}", _NO_WINDOWS)
    for where, container in containers:
        yield from _of_linux(container.get("securityContext") or {}, _CONTAINER_OF_LINUX, f"{where}.securityContext")


def _of_linux(context: Object, names: tuple[str, ...], path: str) -> Iterator[Cause]:
    for name in names:
        value = context.get(name)
        if value is not None and value != []:
            yield messages.forbidden(f"{path}.{name}", _NO_WINDOWS)
