"""Typed models of kubernetes-asyncio for authors who want them.

Owns the way between a model and the dict on the wire. The models cost over a second and 70 MB to import, so nothing
here imports them: whoever passes a model class has imported it.
"""

import re
from typing import Any, Protocol

import msgspec

from plugin_operator.kube import Object

_CLASS_NAME = re.compile(r"(?:Core|Events|Discovery|Admissionregistration)?(V\d+(?:(?:alpha|beta)\d+)?)([A-Z]\w*)")


class Model(Protocol):
    """Any typed model of kubernetes-asyncio, such as ``V1ConfigMap``."""

    def to_dict(self, serialize: bool = False) -> dict[str, Any]:
        """Return the model as a dict."""

    def to_str(self) -> str:
        """Return the model as text."""


def is_model(value: object) -> bool:
    """Tell whether ``value`` is a model class or an instance of one."""
    return hasattr(value, "openapi_types") and hasattr(value, "attribute_map")


def version_and_kind(model: type) -> tuple[str, str]:
    """Return version and kind a model class stands for; its group is not to be read from it.

    Raises:
        ValueError: the name of the class has another shape.
    """
    match = _CLASS_NAME.fullmatch(model.__name__)
    if match is None:
        raise ValueError(f"{model.__name__} is no model of an API kind; write the kind as text: 'v1/ConfigMap'")
    return match[1].lower(), match[2]


def to_model(body: bytes, model: type[Any] | str) -> Any:
    """Build a model from the JSON of an object; the model may be given by name, as ``openapi_types`` has it."""
    return _converter().deserialize(_Body(body), model)


def to_dict(obj: Any) -> Object:
    """Return the object a model stands for; a dict is returned as it is."""
    if not is_model(obj):
        result: Object = obj
        return result
    converted: Object = _converter().sanitize_for_serialization(obj)
    return converted


class _Body(msgspec.Struct):
    data: bytes


def _converter() -> Any:
    """Return the library's converter without the HTTP session it would open."""
    from kubernetes_asyncio.client import ApiClient, Configuration  # over a second, already paid by the caller

    converter = ApiClient.__new__(ApiClient)
    converter.configuration = Configuration()
    return converter
