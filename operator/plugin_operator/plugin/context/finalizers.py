"""Adding and removing finalizers without losing somebody else's.

The rules are those of controller-runtime's ``controllerutil``; the write is a merge patch that carries the resource
version, because a list cannot be merged and must not overwrite what another controller added meanwhile.
"""

from typing import Any, Protocol

from plugin_operator.errors import NotFoundError
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin.context.typed_objects import AnyObject, metadata_of


class Patcher(Protocol):
    """The part of ``client.Client`` that finalizers need."""

    async def patch(self, kind: Any, name: str, patch: Any, namespace: str | None = None) -> Any:
        """Send a merge patch and return the object as it is then."""


def has_finalizer(obj: AnyObject, finalizer: str) -> bool:
    """Tell whether ``obj`` carries ``finalizer``."""
    return finalizer in metadata_of(obj).finalizers


async def ensure_finalizer(client: Patcher, obj: AnyObject, finalizer: str) -> bool:
    """Add ``finalizer`` unless it is there or the object is being deleted; return whether it was added.

    ``obj``, a dict or a typed model, takes on the metadata that the server answers, so its resource version stays good
    for the next write.

    Raises:
        ConflictError: the object has changed since it was read; let the reconcile be retried.
        ApiError: any other answer of the API server.
    """
    metadata = metadata_of(obj)
    if finalizer in metadata.finalizers or metadata.is_deleted:
        return False
    await _write(client, obj, [*metadata.finalizers, finalizer])
    return True


async def remove_finalizer(client: Patcher, obj: AnyObject, finalizer: str) -> bool:
    """Remove ``finalizer`` if it is there; return whether it was removed. An object that is gone counts as done.

    Raises:
        ConflictError: the object has changed since it was read; let the reconcile be retried.
        ApiError: any other answer of the API server.
    """
    metadata = metadata_of(obj)
    if finalizer not in metadata.finalizers:
        return False
    try:
        await _write(client, obj, [each for each in metadata.finalizers if each != finalizer])
    except NotFoundError:
        return False
    return True


async def _write(client: Patcher, obj: AnyObject, finalizers: list[str]) -> None:
    metadata = metadata_of(obj)
    patch = {"metadata": {"finalizers": finalizers, "resourceVersion": metadata.resource_version}}
    if isinstance(obj, dict):
        answer = await client.patch(GroupVersionKind.of(obj), metadata.name, patch, metadata.namespace)
        obj["metadata"] = answer["metadata"]
    else:
        answer = await client.patch(type(obj), metadata.name, patch, metadata.namespace)
        obj.metadata = answer.metadata
