"""Validation of embedded resources (``x-kubernetes-embedded-resource``): their kind and metadata."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.decoding.canonical_form import canonical
from kube_apiserver.decoding.decoder import value_error
from kube_apiserver.schema import messages
from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.model import Cause, Schema
from kube_apiserver.schema.names import is_dns1035_label, is_dns1123_label, is_path_segment, is_qualified_name
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.object_meta import annotation_causes, owner_causes

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_MIXED_CASE = "may have mixed case, but should otherwise match: "


def embedded_error(obj: Mapping[str, Any], schema: Schema) -> str | None:
    """Return the decode error of the first object embedded in ``obj`` whose kind or metadata has a wrong type."""
    if not schema.has_embedded:
        return None
    meta = from_definition(_OBJECT_META)
    for path, inner in _embedded(obj, schema, ""):
        for name in ("apiVersion", "kind"):
            if not isinstance(value := inner.get(name, ""), str):
                return f"{path}.{name}: Invalid value: {messages.shown(value)}: must be a string"
        metadata = inner.get("metadata")
        if meta is not None and metadata is not None and (error := value_error(metadata, meta, "ObjectMeta")):
            return f"{path}.metadata: Invalid value: {messages.shown(metadata)}: {error}"
    return None


def embedded_causes(obj: Mapping[str, Any], schema: Schema) -> list[Cause]:
    """Return the field errors of the kinds and the metadata of the objects embedded in ``obj``."""
    return [cause for path, inner in _embedded(obj, schema, "") for cause in _causes(inner, path)]


def _causes(inner: Mapping[str, Any], path: str) -> Iterator[Cause]:
    for name in ("apiVersion", "kind"):
        where, value = f"{path}.{name}", inner.get(name)
        if name not in inner:
            yield messages.required(where)
        elif not isinstance(value, str):
            yield messages.invalid(where, value, "must be a string")
        elif not value:
            yield messages.invalid(where, value, "must not be empty")
        elif name == "apiVersion" and value.count("/") > 1:
            yield messages.invalid(where, value, f"unexpected GroupVersion string: {value}")
        elif name == "kind" and (problems := is_dns1035_label(value.lower())):
            yield messages.invalid(where, value, _MIXED_CASE + ",".join(problems))
    if isinstance(metadata := inner.get("metadata"), dict):
        yield from _metadata_causes(metadata, f"{path}.metadata")


def _metadata_causes(metadata: Mapping[str, Any], path: str) -> Iterator[Cause]:
    for name in ("generateName", "name"):
        if value := metadata.get(name):
            yield from (messages.invalid(f"{path}.{name}", value, problem) for problem in is_path_segment(value))
    if (namespace := metadata.get("namespace")) and (problems := is_dns1123_label(namespace)):
        yield from (messages.invalid(f"{path}.namespace", namespace, problem) for problem in problems)
    labels, annotations = (_texts(metadata.get(name)) for name in ("labels", "annotations"))
    yield from label_causes(labels, f"{path}.labels")
    yield from annotation_causes(annotations, path)
    yield from owner_causes(metadata.get("ownerReferences") or (), path)
    for finalizer in metadata.get("finalizers") or ():
        yield from (messages.invalid(f"{path}.finalizers", finalizer, why) for why in is_qualified_name(finalizer))


def _texts(value: Any) -> dict[str, str]:
    """Return a map of texts as Go reads it: a null is an empty one."""
    return {key: text or "" for key, text in (value or {}).items()}


def with_canonical_metadata(value: Any, schema: Schema) -> Any:
    """Return a value whose embedded objects have their metadata as Go writes it, without empty fields."""
    if not schema.has_embedded or not isinstance(value, dict | list):
        return value
    if isinstance(value, list):
        return [with_canonical_metadata(item, schema.items) for item in value] if schema.items else value
    result = {
        name: with_canonical_metadata(member, known) if (known := schema.child(name)) is not None else member
        for name, member in value.items()
    }
    meta = from_definition(_OBJECT_META)
    if schema.embedded and "metadata" in result and meta is not None:
        written = canonical(result["metadata"] or {}, meta)
        result["metadata"] = {name: member for name, member in written.items() if member is not None}
    return result


def _embedded(value: Any, schema: Schema, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each embedded object with its path. Subtrees whose schema has none are skipped."""
    if not schema.has_embedded:
        return
    if schema.embedded and isinstance(value, dict):
        yield path, value
    if isinstance(value, dict):
        for name, member in value.items():
            known = schema.child(name)
            if known is not None:
                yield from _embedded(member, known, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and schema.items:
        for position, item in enumerate(value):
            yield from _embedded(item, schema.items, f"{path}[{position}]")
