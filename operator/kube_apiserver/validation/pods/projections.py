"""Validation of the files that volumes of Pods have: their paths and modes, and projected sources."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.validation.containers.environment import field_causes, resource_field_causes
from kube_apiserver.validation.domain_names import prefixed_key_causes
from kube_apiserver.validation.forms.members import problem_causes, required_causes
from kube_apiserver.validation.forms.paths import unreserved_causes
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.object_meta import annotation_size_causes
from kube_apiserver.validation.signers import signer_causes

Object = Mapping[str, Any]
_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
FILE_MODE: Final = (0o777, "must be a number between 0 and 0777 (octal), both inclusive")
_KEY_TYPES = ("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519")
_LEAST_SECONDS, _MOST_SECONDS = 600, 1 << 32
_LEAST_CERTIFICATE, _MOST_CERTIFICATE, _MOST_OF_KUBERNETES = 3600, 7862400, 86400
_CONFLICT = "conflicting duplicate paths"
_CERTIFICATE_PATHS = ("credentialBundlePath", "keyPath", "certificateChainPath")


def mode_causes(source: Object, path: str, name: str, allowed: tuple[int, str]) -> Iterator[Cause]:
    """Yield the field error of a file mode."""
    mode, (most, detail) = source.get(name), allowed
    if mode is not None and not 0 <= mode <= most:
        yield messages.invalid(f"{path}.{name}", mode, detail)


def items_causes(items: Iterable[Object], path: str) -> Iterator[Cause]:
    """Yield the field errors of the keys of a ConfigMap or Secret that become files."""
    for position, item in enumerate(items):
        yield from _item(item, f"{path}[{position}]")


def _item(item: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(item, path, "key", "path")
    yield from unreserved_causes(item.get("path") or "", f"{path}.path")
    yield from mode_causes(item, path, "mode", FILE_MODE)


def pod_file_causes(file: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of a file with a field of the Pod. They name the volume, and not the item."""
    yield from required_causes(file, path, "path")
    yield from unreserved_causes(file.get("path") or "", f"{path}.path")
    field, resource = file.get("fieldRef"), file.get("resourceFieldRef")
    if field is not None:
        yield from field_causes(field, f"{path}.fieldRef", _FIELDS)
        if resource is not None:
            detail = "fieldRef and resourceFieldRef can not be specified simultaneously"
            yield messages.invalid(path, "resource", detail)
    elif resource is not None:
        yield from resource_field_causes(resource, f"{path}.resourceFieldRef", needs_container=True)
    else:
        yield messages.required(path, "one of fieldRef and resourceFieldRef is required")
    yield from mode_causes(file, path, "mode", FILE_MODE)


def projected(source: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``projected``."""
    yield from mode_causes(source, path, "defaultMode", FILE_MODE)
    seen: set[str] = set()
    for position, each in enumerate(source.get("sources") or ()):
        where = f"{path}.sources[{position}]"
        present = [name for name in _SOURCES if each.get(name) is not None]
        for name in present:
            yield from _SOURCES[name](each[name], f"{where}.{name}", path, seen)
        if len(present) > 1:
            yield messages.forbidden(where, "may not specify more than 1 volume type per source")


def _conflict(file: str, shown: str, path: str, seen: set[str]) -> Iterator[Cause]:
    if file in seen:
        yield messages.invalid(path, shown, _CONFLICT)
    seen.add(file)


def _files(source: Object, path: str, whole: str, seen: set[str]) -> Iterator[Cause]:
    name = source.get("name") or ""
    if not name:
        yield messages.required(f"{path}.name")
    for position, item in enumerate(source.get("items") or ()):
        yield from _item(item, f"{path}.items[{position}]")
        if file := item.get("path"):
            yield from _conflict(file, name, whole, seen)


def _downward(source: Object, path: str, whole: str, seen: set[str]) -> Iterator[Cause]:
    for item in source.get("items") or ():
        yield from pod_file_causes(item, path)
        if file := item.get("path"):
            yield from _conflict(file, file, whole, seen)


def _token(source: Object, path: str, whole: str, seen: set[str]) -> Iterator[Cause]:
    del seen
    seconds, file = source.get("expirationSeconds"), source.get("path") or ""
    if seconds is None:
        yield messages.required(f"{path}.expirationSeconds")
    elif seconds < _LEAST_SECONDS:
        detail = "may not specify a duration less than 10 minutes"
        yield messages.invalid(f"{path}.expirationSeconds", seconds, detail)
    elif seconds > _MOST_SECONDS:
        detail = "may not specify a duration larger than 2^32 seconds"
        yield messages.invalid(f"{path}.expirationSeconds", seconds, detail)
    if not file:
        yield messages.required(f"{whole}.path")
    yield from unreserved_causes(file, f"{whole}.path")


def _bundle(source: Object, path: str, whole: str, seen: set[str]) -> Iterator[Cause]:
    name, signer, selector = (source.get(each) for each in ("name", "signerName", "labelSelector"))
    if name is not None and signer is not None:
        order = {"Name": name, "SignerName": signer, "LabelSelector": selector}
        shown = {**order, "Optional": source.get("optional"), "Path": source.get("path") or "", "User": None}
        yield messages.invalid(path, shown, "only one of name and signerName may be used")
    elif name is not None:
        if not name:
            yield messages.required(f"{path}.name", "must be a valid object name")
        problems = (f"not a valid clustertrustbundlename: {why}" for why in _bundle_name_problems(name))
        yield from problem_causes(f"{path}.name", name, problems)
        if selector is not None:
            detail = "labelSelector must be unset if name is specified"
            yield messages.invalid(f"{path}.labelSelector", selector, detail)
    elif signer is not None:
        if not signer:
            yield messages.required(f"{path}.signerName", "must be a valid signer name")
        yield from signer_causes(signer, f"{path}.signerName")
        yield from selector_causes(selector, f"{path}.labelSelector")
    else:
        yield messages.required(path, "either name or signerName must be specified")
    file = source.get("path") or ""
    if not file:
        yield messages.required(f"{path}.path")
    yield from unreserved_causes(file, f"{path}.path")
    yield from _conflict(file, file, whole, seen)


def _bundle_name_problems(name: str) -> list[str]:
    """Return why a text is no name of a ClusterTrustBundle, whose signer is the part before the last colon."""
    return is_dns1123_subdomain(name.rpartition(":")[2])


def _certificate(source: Object, path: str, whole: str, seen: set[str]) -> Iterator[Cause]:
    signer, kind = source.get("signerName") or "", source.get("keyType") or ""
    yield from signer_causes(signer, f"{path}.signerName")
    if (annotations := source.get("userAnnotations")) is not None:
        for key in annotations:
            yield from prefixed_key_causes(key.lower(), f"{path}.userAnnotations")
        yield from annotation_size_causes(annotations, f"{path}.userAnnotations")
    if kind not in _KEY_TYPES:
        yield messages.not_supported(f"{path}.keyType", kind, _KEY_TYPES)
    if (seconds := source.get("maxExpirationSeconds")) is not None:
        where = f"{path}.maxExpirationSeconds"
        domain = signer.partition("/")[0]
        most = _MOST_OF_KUBERNETES if f".{domain}".endswith(".kubernetes.io") else _MOST_CERTIFICATE
        if seconds < _LEAST_CERTIFICATE:
            detail = f"if provided, maxExpirationSeconds must be >= {_LEAST_CERTIFICATE}"
            yield messages.invalid(where, seconds, detail)
        if seconds > most:
            yield messages.invalid(where, seconds, f"if provided, maxExpirationSeconds must be <= {most}")
    files = [(name, source.get(name) or "") for name in _CERTIFICATE_PATHS]
    for name, file in files:
        if file:
            yield from unreserved_causes(file, f"{path}.{name}")
            yield from _conflict(file, file, whole, seen)
    if not any(file for _, file in files):
        detail = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"
        yield messages.required(path, detail)


_SOURCES = {
    "secret": _files,
    "configMap": _files,
    "downwardAPI": _downward,
    "serviceAccountToken": _token,
    "clusterTrustBundle": _bundle,
    "podCertificate": _certificate,
}
