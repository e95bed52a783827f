"""Validation of embedded resources (``x-kubernetes-embedded-resource``): their kind and metadata."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.decoding.decoder import value_error
from kube_apiserver.schema import messages
from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.model import Cause, Schema
from kube_apiserver.schema.names import is_dns1035_label, is_label_value, is_qualified_name

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_MIXED_CASE = "may have mixed case, but should otherwise match: "


def embedded_error(obj: Mapping[str, Any], schema: Schema) -> str | None:
    """Return the decode error of the first invalid metadata of an object embedded in ``obj``, None if all are valid."""
    meta = from_definition(_OBJECT_META)
    for path, inner in _embedded(obj, schema, ""):
        metadata = inner.get("metadata")
        if meta is not None and metadata is not None and (error := value_error(metadata, meta, "ObjectMeta")):
            return f"{path}.metadata: Invalid value: {messages.shown(metadata)}: {error}"
    return None


def embedded_causes(obj: Mapping[str, Any], schema: Schema) -> list[Cause]:
    """Return the field errors of the kinds of the objects embedded in ``obj``."""
    causes: list[Cause] = []
    for path, inner in _embedded(obj, schema, ""):
        version, kind = inner.get("apiVersion"), inner.get("kind")
        if isinstance(version, str) and version.count("/") > 1:
            causes.append(messages.invalid(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}"))
        if isinstance(kind, str) and kind and (problems := is_dns1035_label(kind.lower())):
            causes.append(messages.invalid(f"{path}.kind", kind, _MIXED_CASE + ",".join(problems)))
        causes += _label_causes(inner.get("metadata"), f"{path}.metadata.labels")
    return causes


def _label_causes(metadata: Any, path: str) -> Iterator[Cause]:
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    for key, value in labels.items() if isinstance(labels, dict) else ():
        yield from (messages.invalid(path, key, problem) for problem in is_qualified_name(key))
        if isinstance(value, str):
            yield from (messages.invalid(path, value, problem) for problem in is_label_value(value))


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
