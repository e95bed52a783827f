"""Validation of the specs of PersistentVolumeClaims, which StatefulSets and ephemeral volumes have as templates."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.validation.forms.members import choice_causes, problem_causes, required_causes
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.quantities import positive_causes

Object = Mapping[str, Any]
_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")
_CLAIM = "PersistentVolumeClaim"


def claim_spec_causes(spec: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of the spec of a claim."""
    if not spec.get("accessModes"):
        yield messages.required(f"{path}.accessModes", "at least 1 access mode is required")
    yield from selector_causes(spec.get("selector"), f"{path}.selector")
    yield from access_mode_causes(spec, path)
    requests = (spec.get("resources") or {}).get("requests") or {}
    if "storage" not in requests:
        yield messages.required(f"{path}.resources[storage]")
    else:
        yield from positive_causes(requests["storage"], f"{path}.resources[storage]")
    yield from class_name_causes(spec, path, "storageClassName")
    yield from choice_causes(spec, path, "volumeMode", VOLUME_MODES)
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None:
        yield from _source(source, f"{path}.dataSource")
    if reference is not None:
        yield from _source(reference, f"{path}.dataSourceRef")
        if namespace := reference.get("namespace"):
            yield from problem_causes(f"{path}.dataSourceRef.namespace", namespace, is_dns1123_label(namespace))
    if source is not None and reference is not None:
        if reference.get("namespace"):
            yield messages.invalid(path, {}, "may not be specified when dataSourceRef.namespace is specified")
        elif any((source.get(name) or None) != (reference.get(name) or None) for name in ("apiGroup", "kind", "name")):
            yield messages.invalid(path, {}, "must match dataSourceRef")
    yield from class_name_causes(spec, path, "volumeAttributesClassName")


def access_mode_causes(spec: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of the access modes of a claim or a volume."""
    modes = spec.get("accessModes") or ()
    for mode in modes:
        if mode not in _ACCESS_MODES:
            yield messages.not_supported(f"{path}.accessModes", mode, _ACCESS_MODES)
    known = {mode for mode in modes if mode in _ACCESS_MODES}
    if "ReadWriteOncePod" in known and len(known) > 1:
        yield messages.forbidden(f"{path}.accessModes", "may not use ReadWriteOncePod with other access modes")


def class_name_causes(spec: Object, path: str, name: str) -> Iterator[Cause]:
    """Yield the field errors of the name of a class."""
    if value := spec.get(name):
        yield from problem_causes(f"{path}.{name}", value, is_dns1123_subdomain(value))


def _source(source: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(source, path, "name", "kind")
    group, kind = source.get("apiGroup") or "", source.get("kind") or ""
    if not group and kind != _CLAIM:
        yield messages.invalid(path, kind, f"must be '{_CLAIM}' when referencing the default apiGroup")
    if group:
        yield from problem_causes(f"{path}.apiGroup", group, is_dns1123_subdomain(group))
