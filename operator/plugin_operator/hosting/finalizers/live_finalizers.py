"""Finalizers on the objects of the API server: finding them, and taking them off."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Any, Protocol

import msgspec

from plugin_operator.errors import ConflictError, NoMatchError, NotFoundError
from plugin_operator.kube import GroupVersionKind, NamespacedName, decode_metadata

_FINALIZERS = b'"finalizers"'


class FinalizerClient(Protocol):
    """What is needed of ``client.ApiClient``."""

    def pages(self, kind: GroupVersionKind, namespace: str | None = None) -> AsyncIterator[Sequence[bytes]]:
        """Yield the JSON of all objects of a kind, page by page."""

    async def patch(self, kind: Any, name: Any, patch: Any, namespace: str | None = None) -> Any:
        """Send a merge patch."""


class FinalizedObject(msgspec.Struct, frozen=True):
    """An object with finalizers.

    Attributes:
        kind: kind of the object.
        key: namespace and name.
        uid, resource_version: which version of it has them.
        finalizers: all its finalizers.
        is_deleted: whether its deletion has begun, and waits for them.
    """

    kind: GroupVersionKind
    key: NamespacedName
    uid: str
    resource_version: str
    finalizers: tuple[str, ...]
    is_deleted: bool


class LiveFinalizers:
    """Reads and writes finalizers.

    Args:
        client: sends the requests.
    """

    def __init__(self, client: FinalizerClient) -> None:
        self._client = client

    async def find(
        self, kind: GroupVersionKind, matches: Callable[[str], bool], namespaces: Collection[str] = ()
    ) -> list[FinalizedObject]:
        """Return the objects with a finalizer that matches, by live lists; none of a kind that is not served.

        Args:
            kind: kind of the objects.
            matches: chooses finalizers.
            namespaces: where to look; empty for everywhere.

        Raises:
            ApiError: the API server returned another error.
        """
        found: list[FinalizedObject] = []
        places: list[str | None] = [*sorted(namespaces)] or [None]
        for namespace in places:
            try:
                async for page in self._client.pages(kind, namespace):
                    found += (each for raw in page if (each := _finalized(kind, raw, matches)) is not None)
            except (NoMatchError, NotFoundError):
                continue
        return found

    async def take_off(self, obj: FinalizedObject, matches: Callable[[str], bool]) -> bool:
        """Take the finalizers that match off an object; False if it has changed meanwhile. Gone is a success.

        Raises:
            ApiError: the API server returned another error.
        """
        others = [each for each in obj.finalizers if not matches(each)]
        change = {"finalizers": others, "resourceVersion": obj.resource_version, "uid": obj.uid}
        try:
            await self._client.patch(str(obj.kind), obj.key.name, {"metadata": change}, obj.key.namespace or None)
        except NotFoundError:
            return True
        except ConflictError:
            return False
        return True


def _finalized(kind: GroupVersionKind, raw: bytes, matches: Callable[[str], bool]) -> FinalizedObject | None:
    if _FINALIZERS not in raw:
        return None
    metadata = decode_metadata(raw)
    finalizers = tuple(metadata.finalizers or ())
    if not any(map(matches, finalizers)):
        return None
    key = NamespacedName(metadata.namespace, metadata.name)
    is_deleted = metadata.deletion_timestamp is not None
    return FinalizedObject(kind, key, metadata.uid, metadata.resource_version, finalizers, is_deleted)
