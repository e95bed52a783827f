"""Validation of the environment of containers: variables, and the fields and keys that they read."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kube_apiserver.schema import (
    Cause,
    is_config_key,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_qualified_name,
    messages,
)
from kube_apiserver.schema.quantity import amount_of, canonical_quantity
from kube_apiserver.validation.forms.members import problem_causes
from kube_apiserver.validation.forms.paths import no_backsteps_causes

Object = Mapping[str, Any]
_NAME = "a valid environment variable name must consist only of printable ASCII characters other than '='"
_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
#: The fields of a Pod that have a name in selectors, whether a variable or a file may read them or not.
_LABELLED = frozenset(
    (*_FIELDS, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "status.phase")
)
_SUBSCRIPTED = ("metadata.annotations", "metadata.labels")
_MEASURED = ("cpu", "ephemeral-storage", "memory")
_RESOURCES = tuple(f"{kind}.{name}" for kind in ("limits", "requests") for name in _MEASURED)
_HUGE_PAGES = ("limits.hugepages-", "requests.hugepages-")
_SIZES = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_SOURCES = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
_ONE = "may not have more than one field specified at a time"


def variable_causes(variables: Iterable[Object], path: str) -> Iterator[Cause]:
    """Yield the field errors of ``env``."""
    for position, variable in enumerate(variables):
        where, name = f"{path}[{position}]", variable.get("name") or ""
        if not name:
            yield messages.required(f"{where}.name")
        yield from problem_causes(f"{where}.name", name, _name_problems(name))
        yield from _value_from(variable, f"{where}.valueFrom")


def source_causes(sources: Iterable[Object], path: str) -> Iterator[Cause]:
    """Yield the field errors of ``envFrom``."""
    for position, source in enumerate(sources):
        where, prefix = f"{path}[{position}]", source.get("prefix") or ""
        yield from problem_causes(f"{where}.prefix", prefix, _name_problems(prefix))
        present = [name for name in ("configMapRef", "secretRef") if source.get(name) is not None]
        for kind in present:
            name = source[kind].get("name") or ""
            if not name:
                yield messages.required(f"{where}.{kind}.name")
            else:
                yield from problem_causes(f"{where}.{kind}.name", name, is_dns1123_subdomain(name))
        if not present:
            yield messages.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(present) > 1:
            yield messages.invalid(path, "", _ONE)


def _name_problems(name: str) -> list[str]:
    return [] if all(" " <= mark <= "~" and mark != "=" for mark in name) else [_NAME]


def _value_from(variable: Object, path: str) -> Iterator[Cause]:
    found = variable.get("valueFrom")
    if found is None:
        return
    present = 0
    for name, check in _READERS.items():
        if (reference := found.get(name)) is not None:
            present += 1
            yield from check(reference, f"{path}.{name}")
    if not present:
        yield messages.invalid(path, "", _SOURCES)
    elif variable.get("value"):
        yield messages.invalid(path, "", "may not be specified when `value` is not empty")
    elif present > 1:
        yield messages.invalid(path, "", _ONE)


def field_causes(reference: Object, path: str, fields: tuple[str, ...]) -> Iterator[Cause]:
    """Yield the field errors of a reference to a field of the Pod."""
    version, label = reference.get("apiVersion") or "", reference.get("fieldPath") or ""
    if not version or not label:
        yield messages.required(f"{path}.{'fieldPath' if version else 'apiVersion'}")
        return
    name, subscript = _subscripted(label)
    if problem := _label_problem(version, label, name, subscript):
        yield messages.invalid(f"{path}.fieldPath", label, f"error converting fieldPath: {problem}")
    elif subscript is not None:
        shown = subscript.lower() if name == "metadata.annotations" else subscript
        yield from problem_causes(path, shown, is_qualified_name(shown))
    else:
        name = "spec.nodeName" if name == "spec.host" else name
        if name not in fields:
            yield messages.not_supported(f"{path}.fieldPath", name, fields)


def _label_problem(version: str, label: str, name: str, subscript: str | None) -> str:
    if version != "v1":
        return f"unsupported pod version: {version}"
    if subscript is not None:
        return "" if name in _SUBSCRIPTED else f"field label does not support subscript: {label}"
    return "" if name in _LABELLED or name == "spec.host" else f"field label not supported: {label}"


def _subscripted(label: str) -> tuple[str, str | None]:
    name, found, subscript = label.removesuffix("']").partition("['")
    return (name, subscript) if label.endswith("']") and found and name else (label, None)


def resource_field_causes(reference: Object, path: str, *, needs_container: bool) -> Iterator[Cause]:
    """Yield the field errors of a reference to a resource of a container."""
    resource = reference.get("resource") or ""
    if needs_container and not reference.get("containerName"):
        yield messages.required(f"{path}.containerName")
    elif not resource:
        yield messages.required(f"{path}.resource")
    elif resource not in _RESOURCES and not resource.startswith(_HUGE_PAGES):
        yield messages.not_supported(f"{path}.resource", resource, _RESOURCES)
    yield from _divisor(resource, reference.get("divisor") or "0", f"{path}.divisor")


def _divisor(resource: str, divisor: str, path: str) -> Iterator[Cause]:
    if not amount_of(divisor):
        return
    text = canonical_quantity(divisor)
    if resource in ("limits.cpu", "requests.cpu"):
        if text not in ("1m", "1"):
            yield messages.invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")
    elif (kind := _sized(resource)) and text not in _SIZES:
        detail = f"only divisor's values {', '.join(_SIZES)} are supported with the {kind} resource"
        yield messages.invalid(path, resource, detail)


def _sized(resource: str) -> str:
    if resource.startswith(_HUGE_PAGES):
        return "hugepages"
    kind, _, name = resource.partition(".")
    known = {"memory": "memory", "ephemeral-storage": "local ephemeral storage"}
    return known.get(name, "") if kind in ("limits", "requests") else ""


def _key(reference: Object, path: str) -> Iterator[Cause]:
    name, key = reference.get("name") or "", reference.get("key") or ""
    yield from problem_causes(f"{path}.name", name, is_dns1123_subdomain(name))
    if not key:
        yield messages.required(f"{path}.key")
    else:
        yield from problem_causes(f"{path}.key", key, is_config_key(key))


def _file_key(reference: Object, path: str) -> Iterator[Cause]:
    key, volume, file = (reference.get(name) or "" for name in ("key", "volumeName", "path"))
    if not key:
        yield messages.required(f"{path}.key")
    yield from problem_causes(f"{path}.key", key, _name_problems(key))
    if not volume:
        yield messages.required(f"{path}.volumeName")
    else:
        yield from problem_causes(f"{path}.volumeName", volume, is_dns1123_label(volume))
    if not file:
        yield messages.required(f"{path}.path")
    yield from no_backsteps_causes(file, f"{path}.path")


_READERS = {
    "fieldRef": lambda reference, path: field_causes(reference, path, _FIELDS),
    "resourceFieldRef": lambda reference, path: resource_field_causes(reference, path, needs_container=False),
    "configMapKeyRef": _key,
    "secretKeyRef": _key,
    "fileKeyRef": _file_key,
}


def file_volume_causes(containers: Iterable[tuple[str, Object]], volumes: Iterable[Object]) -> Iterator[Cause]:
    """Yield the field errors of variables that read a file of a volume that is none of the Pod, or no emptyDir."""
    declared = {volume.get("name") or "": volume for volume in volumes}
    for path, container in containers:
        for position, variable in enumerate(container.get("env") or ()):
            reference = (variable.get("valueFrom") or {}).get("fileKeyRef")
            if reference is None:
                continue
            name, where = reference.get("volumeName") or "", f"{path}.env[{position}].valueFrom.fileKeyRef.volumeName"
            if name not in declared:
                yield messages.not_found(where, name)
            elif declared[name].get("emptyDir") is None:
                yield messages.invalid(where, name, "referenced volume must be of type emptyDir")
