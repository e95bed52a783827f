"""Requests as authors hand them over: by name, or as the object itself."""

from collections.abc import Mapping
from typing import Any

from plugin_operator.client.models import is_model
from plugin_operator.controllers import Request, request_of

#: What stands for a request: itself, a pair, ``namespace/name``, or an object; a typed model does as well.
AnyRequest = Request | tuple[str, str] | str | Mapping[str, Any]


def request_from(value: object, said: str) -> Request:
    """Return the request that an author means.

    Args:
        value: a request, a pair, ``namespace/name``, a dict with metadata, or a typed model.
        said: the beginning of a message: "send() takes a request and got".

    Raises:
        TypeError, ValueError: it is none of these, or has no name.
    """
    if is_model(value):
        metadata = getattr(value, "metadata", None)
        value = (getattr(metadata, "namespace", None), getattr(metadata, "name", None))
    elif isinstance(value, Mapping):
        found = value.get("metadata")
        metadata = found if isinstance(found, Mapping) else {}
        value = (metadata.get("namespace"), metadata.get("name"))
    return request_of(value, said)
