"""Adding and removing finalizers without losing those of other controllers.

The rules are those of controller-runtime's ``controllerutil``. The write is a merge patch with the resource version. A
merge patch replaces a list, which must not drop a finalizer that another controller has added meanwhile.
"""

from collections.abc import Collection
from typing import Any, Protocol

from plugin_operator.errors import NotFoundError
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.objects import ApiObject
from plugin_operator.kube.objects.baselines import move_to
from plugin_operator.kube.objects.decoding import raw_of
from plugin_operator.plugin.context.typed_objects import metadata_of


class Patcher(Protocol):
    """The method of ``client.Client`` that finalizers use."""

    async def patch(self, kind: Any, name: str, patch: Any, namespace: str | None = None) -> Any:
        """Send a merge patch and return the updated object."""


def has_finalizer(obj: Any, finalizer: str) -> bool:
    """Report whether ``obj`` has ``finalizer``."""
    return finalizer in metadata_of(obj).finalizers


async def ensure_finalizer(client: Patcher, obj: Any, finalizer: str, former: Collection[str] = ()) -> bool:
    """Add ``finalizer``, unless the object has it or is being deleted; return whether it was added.

    It takes the place of ``former`` ones in the same write.

    The call updates the metadata of ``obj``, a dict or a typed model, from the response, so that the next write has the
    current resource version.

    Raises:
        ConflictError: the object has changed since it was read; let the reconcile fail and be retried.
        ApiError: the API server returned another error.
    """
    metadata = metadata_of(obj)
    if metadata.is_deleted:
        return False
    is_on = finalizer in metadata.finalizers
    kept = [each for each in metadata.finalizers if each not in former]
    if not is_on or len(kept) < len(metadata.finalizers):
        await _write(client, obj, kept if is_on else [*kept, finalizer])
    return not is_on


async def remove_finalizer(client: Patcher, obj: Any, finalizer: str, former: Collection[str] = ()) -> bool:
    """Remove ``finalizer`` and ``former`` ones; return whether the object had any. A deleted object is no error.

    Raises:
        ConflictError: the object has changed since it was read; let the reconcile fail and be retried.
        ApiError: the API server returned another error.
    """
    metadata = metadata_of(obj)
    kept = [each for each in metadata.finalizers if each != finalizer and each not in former]
    if len(kept) == len(metadata.finalizers):
        return False
    try:
        await _write(client, obj, kept)
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
        if isinstance(obj, ApiObject) and raw_of(obj) is not None:
            move_to(obj, raw_of(answer) or b"")  # the next write compares with what the server has now
