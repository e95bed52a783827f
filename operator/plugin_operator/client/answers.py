"""Decode responses of the API server, and reject those of a proxy in its place.

Owns the decoded form of objects. Leaves requests to ``object_requests`` and pages to ``list_pages``.
"""

from typing import Any, TypeAlias, TypeVar

import msgspec

from plugin_operator.client.models import to_model
from plugin_operator.errors import ApiConnectionError
from plugin_operator.kube import GroupVersionKind, Object, Resource

Kind: TypeAlias = str | GroupVersionKind | type[Any]
"""A kind as text or ``GroupVersionKind``, whose objects are dicts; or a model class of kubernetes-asyncio."""

T = TypeVar("T")


class _ObjectMeta(msgspec.Struct):
    name: str | None = None


class _Head(msgspec.Struct):
    kind: str | None = None
    metadata: _ObjectMeta | None = None


def read_json(body: bytes, kind: type[T]) -> T:
    """Decode a response as ``kind``.

    Raises:
        ApiConnectionError: the response is something else, such as the page of a proxy.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ApiConnectionError(f"the server's answer cannot be read: {error}") from error


def decoded(kind: Kind, body: bytes) -> Any:
    """Return an object as a dict, or as a model if ``kind`` is a model class.

    Raises:
        ApiConnectionError: the body cannot be decoded.
    """
    return read_json(body, Object) if isinstance(kind, str | GroupVersionKind) else to_model(body, kind)


def object_in(kind: Kind, body: bytes, resource: Resource | None) -> Any:
    """Return the object of a response; ``resource`` is None for a subresource, which may have another kind.

    Raises:
        ApiConnectionError: the response is something else, such as a page or Status of a proxy.
    """
    head = read_json(body, _Head)
    wanted = resource.gvk.kind if resource is not None else None
    if wanted == "Binding":
        wanted = "Status"  # the only kind whose creation returns another kind
    if (head.kind == "Status" and wanted is None) or (wanted and head.kind and head.kind != wanted):
        raise ApiConnectionError(f"the server answered with a {head.kind} in place of a {wanted or 'whole object'}")
    return decoded(kind, body)
