"""APIServices, which the server makes itself for the groups that it serves."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import UNKNOWN
from kube_apiserver.schema import Cause, is_dns1035_label, is_dns1123_subdomain, is_path_segment, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.ports import port_number_problems

_STATUSES = ("True", "False", "Unknown")
_INSECURE = "spec.insecureSkipTLSVerify"


def _default(obj: Draft) -> None:
    """Set the port of the service."""
    service = (obj.get("spec") or {}).get("service")
    if service is not None:
        fill(service, port=443)


def _default_new(obj: Draft) -> None:
    """Set the condition Available of one that this server answers itself."""
    if (obj.get("spec") or {}).get("service") is None:
        now = obj["metadata"].get("creationTimestamp")
        about = {"reason": "Local", "message": "Local APIServices are always available"}
        obj["status"] = {"conditions": [{"type": "Available", "status": "True", "lastTransitionTime": now, **about}]}


def _any_name(_name: str) -> list[str]:
    return []


def _name_problems(obj: Object) -> list[str]:
    """Return why an APIService cannot have its name, which is its version and group."""
    name, spec = obj["metadata"]["name"], obj.get("spec") or {}
    wanted = f"{spec.get('version') or ''}.{spec.get('group') or ''}"
    unlike = [] if name == wanted else [f'must be `spec.version+"."+spec.group`: {json.dumps(wanted)}']
    return is_path_segment(name) or unlike


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of group, version, the priorities, and how the server is reached."""
    spec = obj.get("spec") or {}
    group, version = spec.get("group") or "", spec.get("version") or ""
    causes = []
    if not group and version != "v1":
        causes.append(messages.required("spec.group", "only v1 may have an empty group and it better be legacy kube"))
    if group:
        causes += [messages.invalid("spec.group", group, why) for why in is_dns1123_subdomain(group)]
    causes += [messages.invalid("spec.version", version, why) for why in is_dns1035_label(version)]
    for name, most in (("groupPriorityMinimum", 20000), ("versionPriority", 1000)):
        if not 0 < (number := spec.get(name) or 0) <= most:
            causes.append(messages.invalid(f"spec.{name}", number, f"must be positive and less than {most}"))
    service = spec.get("service")
    return [*causes, *(_local(spec) if service is None else _remote(spec, service))]


def _local(spec: Object) -> Iterator[Cause]:
    if bundle := spec.get("caBundle"):
        size = f"{len(base64.b64decode(bundle))} bytes"
        yield messages.invalid("spec.caBundle", size, "local APIServices may not have a caBundle")
    if spec.get("insecureSkipTLSVerify"):
        yield messages.invalid(_INSECURE, True, "local APIServices may not have insecureSkipTLSVerify")


def _remote(spec: Object, service: Object) -> Iterator[Cause]:
    for name in ("namespace", "name"):
        if not service.get(name):
            yield messages.required(f"spec.service.{name}")
    port = service.get("port") or 0
    if problems := port_number_problems(port):
        yield messages.invalid("spec.service.port", port, f"port is not valid: {', '.join(problems)}")
    if spec.get("insecureSkipTLSVerify") and spec.get("caBundle"):
        yield messages.invalid(_INSECURE, True, "may not be true if caBundle is present")


def _validate_status(obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of the statuses of conditions."""
    del old
    return [
        messages.not_supported(f"status.conditions[{position}].status", each.get("status") or "", _STATUSES)
        for position, each in enumerate((obj.get("status") or {}).get("conditions") or ())
        if each.get("status") not in _STATUSES
    ]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an APIService."""
    behind = (obj.get("spec") or {}).get("service")
    shown = f"{behind.get('namespace', '')}/{behind.get('name', '')}" if behind else "Local"
    ready = next(
        (one for one in (obj.get("status") or {}).get("conditions") or () if one.get("type") == "Available"), None
    )
    state = UNKNOWN if ready is None else ready.get("status", "")
    if ready and state != "True":
        state = f"{state} ({ready.get('reason', '')})"
    return [name_cell(obj), shown, state, age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="apiregistration.k8s.io",
        kind="APIService",
        default=_default,
        default_new=_default_new,
        name_problems=_any_name,
        name_of_content=_name_problems,
        validate=_validate,
        validate_status=_validate_status,
        reset_fields={"status": ("spec", "metadata")},
        has_generation=False,
        unconditional_update=False,
        columns=columns("Name/name|Service|Available|Age", _cells),
    ),
)
