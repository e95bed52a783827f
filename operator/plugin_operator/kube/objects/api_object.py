"""``ApiObject``, the base of typed API objects."""

from collections.abc import Mapping

import msgspec

from plugin_operator.kube.objects.metadata import Metadata
from plugin_operator.kube.objects.struct import Struct

_CLASSES: Mapping[str, type] = {"metadata": Metadata}


class ApiObject(Struct):
    """A typed API object: its class adds ``spec``, ``status`` or other fields, and names its kind with ``@resource``.

    apiVersion and kind are those of the class; an instance does not repeat them. Creating one raises nothing.

    Attributes:
        metadata: name, namespace, labels and all else that objects of every kind have.
    """

    _exact = _CLASSES

    metadata: Metadata = msgspec.field(default_factory=Metadata)


class BuiltinObject(ApiObject):
    """A typed object of a kind of Kubernetes itself, as ``plugin_operator.kinds`` has them.

    In these kinds, null means the same as an absent field: Go writes it for an empty list without ``omitempty``.
    """

    def __repr__(self) -> str:
        """Return the kind and the name alone: a repr ends in logs, and the data of a Secret must not."""
        return f"{type(self).__name__}(namespace={self.metadata.namespace!r}, name={self.metadata.name!r})"
