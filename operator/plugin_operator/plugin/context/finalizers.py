"""Adding and removing finalizers without losing those of other controllers.

The rules are those of controller-runtime's ``controllerutil``. The write is a merge patch with the resource version. A
merge patch replaces a list, which must not drop a finalizer that another controller has added meanwhile.
"""

from typing import Any, Protocol

from plugin_operator.errors import NotFoundError
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin.context.typed_objects import metadata_of


class Patcher(Protocol):
    """The method of ``client.Client`` that finalizers use."""

    async def patch(self, kind: Any, name: str, patch: Any, namespace: str | None = None) -> Any:
        """Send a merge patch and return the updated object."""


def has_finalizer(obj: Any, finalizer: str) -> bool:
    """Report whether ``obj`` has ``finalizer``."""
    return finalizer in metadata_of(obj).finalizers


async def ensure_finalizer(client: Patcher, obj: Any, finalizer: str) -> bool:
    """Add ``finalizer``, unless the object has it or is being deleted; return whether it was added.

    The call updates the metadata of ``obj``, a dict or a typed model, from the response, so that the next write has the
    current resource version.

    Raises:
        ConflictError: the object has changed since it was read; let the reconcile fail and be retried.
        ApiError: the API server returned another error.
    """
    metadata = metadata_of(obj)
    if finalizer in metadata.finalizers or metadata.is_deleted:
        return False
    await _write(client, obj, [*metadata.finalizers, finalizer])
    return True


async def remove_finalizer(client: Patcher, obj: Any, finalizer: str) -> bool:
    """Remove ``finalizer`` if the object has it; return whether it was removed. A deleted object is no error.

    Raises:
        ConflictError: the object has changed since it was read; let the reconcile fail and be retried.
        ApiError: the API server returned another error.
    """
    metadata = metadata_of(obj)
    if finalizer not in metadata.finalizers:
        return False
    try:
        await _write(client, obj, [each for each in metadata.finalizers if each != finalizer])
    except NotFoundError:
        return False
    return True


async def _write(client: Patcher, obj: Any, finalizers: list[str]) -> None:
    metadata = metadata_of(obj)
    patch = {"metadata": {"finalizers": finalizers, "resourceVersion": metadata.resource_version}}
    if isinstance(obj, dict):
        answer = await client.patch(GroupVersionKind.of(obj), metadata.name, patch, metadata.namespace)
        obj["metadata"] = answer["metadata"]
    else:
        answer = await client.patch(type(obj), metadata.name, patch, metadata.namespace)
        obj.metadata = answer.metadata
