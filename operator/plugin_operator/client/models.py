"""Conversion between typed models of kubernetes-asyncio and dicts.

The models take over a second and 70 MB to import, so this module does not import them. A caller that passes a model
class has imported it.
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol, cast

import msgspec

from plugin_operator.client.typed_documents import declared, stated
from plugin_operator.kube import Object
from plugin_operator.kube.objects import ApiObject, Struct
from plugin_operator.kube.objects.kinds import no_kind

_CLASS_NAME = re.compile(r"(?:Core|Events|Discovery|Admissionregistration)?(V\d+(?:(?:alpha|beta)\d+)?)([A-Z]\w*)")


class Model(Protocol):
    """Any typed model of kubernetes-asyncio, such as ``V1ConfigMap``."""

    def to_dict(self, serialize: bool = False) -> dict[str, Any]:
        """Return the model as a dict."""

    def to_str(self) -> str:
        """Return the model as text."""


def is_model(value: object) -> bool:
    """Report whether ``value`` is a model class or an instance of one."""
    return hasattr(value, "openapi_types") and hasattr(value, "attribute_map")


def version_and_kind(model: Any) -> tuple[str, str]:
    """Return version and kind of a model class; the name of the class does not contain the group.

    Raises:
        TypeError: it is a part of an object, or no class.
        ValueError: the class is not a model of an API kind.
    """
    if not isinstance(model, type) or issubclass(model, Struct):
        raise TypeError(no_kind(model))
    match = _CLASS_NAME.fullmatch(model.__name__)
    if match is None:
        raise ValueError(f"{model.__name__} is no model of an API kind; write the kind as text: 'v1/ConfigMap'")
    return match[1].lower(), match[2]


def to_model(body: bytes, model: type[Any] | str) -> Any:
    """Return a model from the JSON of an object; ``model`` is a class, or its name as in ``openapi_types``."""
    return _converter().deserialize(_Body(body), model)


def to_dict(obj: Any) -> Object:
    """Return a typed object as a dict; a dict is returned unchanged.

    Raises:
        TypeError: it is none of these.
    """
    if isinstance(obj, ApiObject):
        return stated(obj)
    if isinstance(obj, Mapping):
        return cast("Object", obj)
    if not is_model(obj):
        raise TypeError(no_kind(obj))
    converted: Object = _converter().sanitize_for_serialization(obj)
    return converted


def declared_dict(obj: Any) -> Object:
    """Return an object that an author declares as a dict; see ``to_dict``.

    Raises:
        InvalidError: a dict in a typed object has a name that the class of its place does not have.
        TypeError: it is none of these.
    """
    return declared(obj) if isinstance(obj, ApiObject) else to_dict(obj)


class _Body(msgspec.Struct):
    data: bytes


def _converter() -> Any:
    """Return the library's converter, without an HTTP session."""
    from kubernetes_asyncio.client import ApiClient, Configuration  # the caller has imported it already

    converter = ApiClient.__new__(ApiClient)
    converter.configuration = Configuration()
    return converter
