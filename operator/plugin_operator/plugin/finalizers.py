"""Adding and removing finalizers without losing somebody else's.

The rules are those of controller-runtime's ``controllerutil``; the write is a merge patch that carries the resource
version, because a list cannot be merged and must not overwrite what another controller added meanwhile.
"""

from typing import Any, Protocol

from plugin_operator.errors import NotFoundError
from plugin_operator.kube import GroupVersionKind, Object


class Patcher(Protocol):
    """The part of ``client.Client`` that finalizers need."""

    async def patch(self, kind: Any, name: str, patch: Any, namespace: str | None = None) -> Any:
        """Send a merge patch and return the object as it is then."""


def has_finalizer(obj: Object, finalizer: str) -> bool:
    """Tell whether ``obj`` carries ``finalizer``."""
    return finalizer in (obj["metadata"].get("finalizers") or ())


async def ensure_finalizer(client: Patcher, obj: Object, finalizer: str) -> bool:
    """Add ``finalizer`` unless it is there or the object is being deleted; return whether it was added.

    ``obj`` takes on the metadata that the server answers, so its resource version stays good for the next write.

    Raises:
        ConflictError: the object has changed since it was read; let the reconcile be retried.
        ApiError: any other answer of the API server.
    """
    metadata = obj["metadata"]
    if has_finalizer(obj, finalizer) or metadata.get("deletionTimestamp"):
        return False
    await _write(client, obj, [*(metadata.get("finalizers") or ()), finalizer])
    return True


async def remove_finalizer(client: Patcher, obj: Object, finalizer: str) -> bool:
    """Remove ``finalizer`` if it is there; return whether it was removed. An object that is gone counts as done.

    Raises:
        ConflictError: the object has changed since it was read; let the reconcile be retried.
        ApiError: any other answer of the API server.
    """
    if not has_finalizer(obj, finalizer):
        return False
    try:
        await _write(client, obj, [each for each in obj["metadata"]["finalizers"] if each != finalizer])
    except NotFoundError:
        return False
    return True


async def _write(client: Patcher, obj: Object, finalizers: list[str]) -> None:
    metadata = obj["metadata"]
    patch = {"metadata": {"finalizers": finalizers, "resourceVersion": metadata.get("resourceVersion")}}
    answer = await client.patch(GroupVersionKind.of(obj), metadata["name"], patch, metadata.get("namespace"))
    obj["metadata"] = answer["metadata"]
