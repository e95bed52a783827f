"""Objects in plugin code: dicts, objects of classes with ``@resource``, or typed models of kubernetes-asyncio.

Owns reading the metadata of either. Leaves the conversion of whole models to ``client.models``.
"""

from typing import Any, TypeAlias

import msgspec

from plugin_operator.client.models import Model, is_model
from plugin_operator.kube import NamespacedName, Object
from plugin_operator.kube.objects import ApiObject
from plugin_operator.kube.objects.kinds import no_kind

#: A dict of an object, an instance of a class with ``@resource``, or of a model class such as V1ConfigMap.
AnyObject: TypeAlias = Object | ApiObject | Model


class Metadata(msgspec.Struct, frozen=True):
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
    found: Any = getattr(obj, "metadata", None) if is_model(obj) or isinstance(obj, ApiObject) else None
    if isinstance(obj, NamespacedName):
        raise TypeError(no_kind(obj))
    if found is None:
        raise TypeError(f"a {type(obj).__name__} is not an API object: pass a dict with metadata, or a typed object")
    return Metadata(
        found.name or "",
        found.namespace or None,
        found.uid or "",
        found.resource_version or None,
        tuple(found.finalizers or ()),
        bool(found.deletion_timestamp),
    )
