"""Conversion of values from plugins to requests: names, or objects."""

from collections.abc import Mapping
from typing import Any

from plugin_operator.client.models import is_model
from plugin_operator.controllers import Request, request_of
from plugin_operator.kube.objects import ApiObject

#: A request, a pair, ``namespace/name``, or an object as a dict or typed model.
AnyRequest = Request | tuple[str, str] | str | Mapping[str, Any] | ApiObject


def request_from(value: object, said: str) -> Request:
    """Return the request for a value.

    Args:
        value: a request, a pair, ``namespace/name``, a dict with metadata, or a typed model.
        said: start of the error message: "send() takes a request and got".

    Raises:
        TypeError, ValueError: ``value`` is none of these, or has no name.
    """
    if is_model(value) or isinstance(value, ApiObject):
        metadata = getattr(value, "metadata", None)
        value = (getattr(metadata, "namespace", None), getattr(metadata, "name", None))
    elif isinstance(value, Mapping):
        found = value.get("metadata")
        metadata = found if isinstance(found, Mapping) else {}
        value = (metadata.get("namespace"), metadata.get("name"))
    return request_of(value, said)
