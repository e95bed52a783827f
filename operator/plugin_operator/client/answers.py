"""Decoding what the API server answers, and telling it from what a proxy says in its place.

Owns the form in which callers get objects. Requests and pages are left to their own modules.
"""

from typing import Any, TypeAlias, TypeVar

import msgspec

from plugin_operator.client.models import to_model
from plugin_operator.errors import ApiConnectionError
from plugin_operator.kube import GroupVersionKind, Object, Resource

Kind: TypeAlias = str | GroupVersionKind | type[Any]
"""A kind as text or value, whose objects are dicts; or a model class of kubernetes-asyncio."""

T = TypeVar("T")


class _ObjectMeta(msgspec.Struct):
    name: str | None = None


class _Head(msgspec.Struct):
    kind: str | None = None
    metadata: _ObjectMeta | None = None


def read_json(body: bytes, kind: type[T]) -> T:
    """Decode an answer as ``kind``.

    Raises:
        ApiConnectionError: it is something else; a proxy's page in place of the answer is no better than no answer.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ApiConnectionError(f"the server's answer cannot be read: {error}") from error


def decoded(kind: Kind, body: bytes) -> Any:
    """Return an object as a dict, or as a model if ``kind`` is a model class.

    Raises:
        ApiConnectionError: it cannot be read.
    """
    return read_json(body, Object) if isinstance(kind, str | GroupVersionKind) else to_model(body, kind)


def object_in(kind: Kind, body: bytes, resource: Resource | None) -> Any:
    """Return the object of an answer; ``resource`` is None if a subresource may have a kind of its own.

    Raises:
        ApiConnectionError: it is something else, say a page or a Status with which a proxy stands in.
    """
    head = read_json(body, _Head)
    wanted = resource.gvk.kind if resource is not None else None
    if wanted == "Binding":
        wanted = "Status"  # the one kind whose creation is answered with another
    if (head.kind == "Status" and wanted is None) or (wanted and head.kind and head.kind != wanted):
        raise ApiConnectionError(f"the server answered with a {head.kind} in place of a {wanted or 'whole object'}")
    return decoded(kind, body)
