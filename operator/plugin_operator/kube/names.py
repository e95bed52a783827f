"""``NamespacedName``: the key of caches and work queues."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self


class NamespacedName(NamedTuple):
    """Namespace and name of one object; the request of a reconciler. A named tuple.

    Attributes:
        namespace: the empty string for a cluster-scoped object.
        name: name of the object.
    """

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``namespace/name`` or ``name``.

        Args:
            text: the result of ``str()`` of a request.

        Raises:
            ValueError: the name is empty, or the text has more than one slash.
        """
        namespace, _, name = text.rpartition("/")
        if not name or "/" in namespace:
            raise ValueError(f"{text!r} is not a name; write 'name' or 'namespace/name'")
        return cls(namespace, name)

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> Self:
        """Return namespace and name of an object.

        Args:
            obj: a dict with ``metadata``.

        Raises:
            KeyError: ``obj`` has no ``metadata`` or no name.
        """
        metadata = obj["metadata"]
        return cls(metadata.get("namespace") or "", metadata["name"])
