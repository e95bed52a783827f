"""Typed API objects: structs that are decoded from the cached bytes and lose nothing when they are written back.

Owns the base classes of values and objects. Leaves schemas and definitions to ``kube.definitions``, and requests to
``client``.
"""

from plugin_operator.kube.objects.api_object import ApiObject, BuiltinObject
from plugin_operator.kube.objects.errors import LossyWriteError, ObjectDecodeError
from plugin_operator.kube.objects.metadata import Metadata
from plugin_operator.kube.objects.struct import Struct, fields_set

__all__ = ["ApiObject", "BuiltinObject", "LossyWriteError", "Metadata", "ObjectDecodeError", "Struct", "fields_set"]
