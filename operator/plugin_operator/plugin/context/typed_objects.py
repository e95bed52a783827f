"""Objects in plugin code: dicts, or typed models of kubernetes-asyncio.

Owns reading the metadata of either. Leaves the conversion of whole models to ``client.models``.
"""

from dataclasses import dataclass
from typing import TypeAlias

from plugin_operator.client.models import Model, is_model
from plugin_operator.kube import Object

#: A dict of an object, or an instance of a model class such as V1ConfigMap.
AnyObject: TypeAlias = Object | Model


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata that the helpers of a Context use."""

    name: str
    namespace: str | None
    uid: str
    resource_version: str | None
    finalizers: tuple[str, ...]
    is_deleted: bool


def metadata_of(obj: object) -> Metadata:
    """Return the metadata of an object.

    Raises:
        TypeError: ``obj`` is neither a dict nor a model, or has no metadata.
    """
    if isinstance(obj, dict) and isinstance(obj.get("metadata"), dict):
        metadata = obj["metadata"]
        return Metadata(
            metadata.get("name") or "",
            metadata.get("namespace"),
            metadata.get("uid") or "",
            metadata.get("resourceVersion"),
            tuple(metadata.get("finalizers") or ()),
            bool(metadata.get("deletionTimestamp")),
        )
    found = getattr(obj, "metadata", None) if is_model(obj) else None
    if found is None:
        raise TypeError(f"a {type(obj).__name__} is not an API object: pass a dict with metadata, or a typed model")
    return Metadata(
        found.name or "",
        found.namespace,
        found.uid or "",
        found.resource_version,
        tuple(found.finalizers or ()),
        bool(found.deletion_timestamp),
    )
