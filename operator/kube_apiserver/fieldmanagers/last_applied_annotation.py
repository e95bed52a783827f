"""The last-applied annotation of kubectl's client-side apply. kubectl's server-side apply migrates and updates it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from kube_apiserver import codec
from kube_apiserver.fieldmanagers.comparing import compare
from kube_apiserver.fieldmanagers.entries import without_entries
from kube_apiserver.fieldmanagers.fieldset import FieldSet
from kube_apiserver.fieldmanagers.typed_values import field_set
from kube_apiserver.schema import Schema

KUBECTL = "kubectl"
"""The only manager that these rules apply to."""

_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


def _text(obj: Mapping[str, Any]) -> str:
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(_ANNOTATION) or "")


def set_by_client_side_apply(live: Mapping[str, Any], schema: Schema) -> FieldSet:
    """Return the paths whose live value equals the last-applied one."""
    try:
        last = msgspec.json.decode(_text(live) or "{}", type=dict[str, Any])
    except msgspec.DecodeError:
        return FieldSet()
    changes = compare(without_entries(live), last, schema)
    return field_set(last, schema) - changes.modified - changes.added


def synchronised(result: dict[str, Any], applied: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``result`` with its last-applied annotation, if it has one, set to ``applied``."""
    if not _text(result):
        return result
    metadata = dict(applied.get("metadata") or {})
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != _ANNOTATION}
    if "annotations" in metadata:
        metadata["annotations"] = annotations
    text = codec.encode_sorted({**applied, "metadata": metadata}).decode() + "\n"
    kept = {**result["metadata"]["annotations"], _ANNOTATION: text}
    return {**result, "metadata": {**result["metadata"], "annotations": kept}}
