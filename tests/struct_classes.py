"""Struct classes for one test each, without a line of source."""

from typing import Any

from plugin_operator import ApiObject, Struct

_METACLASS: Any = type(Struct)


def struct_class(
    annotations: dict[str, Any], values: dict[str, Any] | None = None, *, name: str = "Spec"
) -> type[Struct]:
    """Return a subclass of ``Struct`` with these annotations and defaults."""
    made: type[Struct] = _METACLASS(name, (Struct,), _namespace(annotations, values))
    return made


def kind_class(
    annotations: dict[str, Any], values: dict[str, Any] | None = None, *, name: str = "Widget"
) -> type[ApiObject]:
    """Return a subclass of ``ApiObject`` with these annotations and defaults."""
    made: type[ApiObject] = _METACLASS(name, (ApiObject,), _namespace(annotations, values))
    return made


def _namespace(annotations: dict[str, Any], values: dict[str, Any] | None) -> dict[str, Any]:
    return {"__annotations__": annotations, "__module__": __name__, **(values or {})}
