"""Decode responses of the API server, and reject those of a proxy in its place.

Owns the decoded form of objects. Leaves requests to ``object_requests`` and pages to ``list_pages``.
"""

from typing import Any, TypeAlias, TypeVar

import msgspec

from plugin_operator.client.models import to_model
from plugin_operator.client.typed_documents import is_typed, kind_of
from plugin_operator.errors import ApiConnectionError
from plugin_operator.kube import GroupVersionKind, Object, Resource
from plugin_operator.kube.objects import ApiObject
from plugin_operator.kube.objects.decoding import decode

Kind: TypeAlias = str | GroupVersionKind | type[Any]
"""A kind as text or ``GroupVersionKind``, whose objects are dicts; or a class with ``@resource``, or a model class."""

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
    """Return an object as a dict, or as an instance of ``kind`` if that is a class.

    Raises:
        ApiConnectionError: the body cannot be decoded.
        ObjectDecodeError: the object does not fit the class.
    """
    if isinstance(kind, str | GroupVersionKind):
        return read_json(body, Object)
    if issubclass(kind, ApiObject):
        return decode(kind, kind_of(kind), body)
    return to_model(body, kind)


def object_in(kind: Kind, body: bytes, resource: Resource | None) -> Any:
    """Return the object of a response; ``resource`` is None for a subresource, which may have another kind.

    An object of another kind is a dict, if ``kind`` is a class with ``@resource``.

    Raises:
        ApiConnectionError: the response is something else, such as a page or Status of a proxy.
        ObjectDecodeError: the object does not fit the class.
    """
    head = read_json(body, _Head)
    wanted = resource.gvk.kind if resource is not None else None
    if wanted == "Binding":
        wanted = "Status"  # the only kind whose creation returns another kind
    if (head.kind == "Status" and wanted is None) or (wanted and head.kind and head.kind != wanted):
        raise ApiConnectionError(f"the server answered with a {head.kind} in place of a {wanted or 'whole object'}")
    if resource is None and is_typed(kind) and head.kind != kind_of(kind).kind:
        return decoded("", body)
    return decoded(kind, body)
