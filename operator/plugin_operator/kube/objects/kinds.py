"""Why a class or value stands for no kind."""

from typing import Any

from plugin_operator.kube.names import NamespacedName
from plugin_operator.kube.objects.api_object import ApiObject
from plugin_operator.kube.objects.struct import Struct
from plugin_operator.rendering import class_name

#: How an author gets the object that a request names.
OBJECT_OF_REQUEST = "pass the object, ctx.lister.get(request), which is None once it is deleted"


def no_kind(value: Any) -> str:
    """Return why a class has no kind, or a value is no object, with the way out."""
    if isinstance(value, NamespacedName):
        return f"a Request names an object and is none: {OBJECT_OF_REQUEST}"
    if not isinstance(value, type):
        of = "a part of an object" if isinstance(value, Struct) else "no API object"
        return f"{class_name(value)} is {of}: pass an object of a class with @resource, a dict, or a model"
    name = value.__name__
    if issubclass(value, ApiObject):
        return f"{name} is no API kind: decorate the class with @resource('example.com/v1/{name}')"
    if issubclass(value, Struct):
        return f"{name} is a part of an object and no kind: pass the class with @resource that has it as a field"
    return f"{name} is no API kind: pass a class with @resource, or the kind as text, such as 'v1/ConfigMap'"
