"""What one object is called inside its kind: the key of caches and of work queues."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self


class NamespacedName(NamedTuple):
    """Namespace and name of one object: what a reconciler is asked to look at. A tuple of the two.

    Attributes:
        namespace: the empty string for a cluster-scoped object.
        name: inside its namespace.
    """

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``namespace/name`` or ``name``.

        Args:
            text: as ``str()`` of a request gives it.

        Raises:
            ValueError: the name is empty or there is more than one slash.
        """
        namespace, _, name = text.rpartition("/")
        if not name or "/" in namespace:
            raise ValueError(f"{text!r} is not a name; write 'name' or 'namespace/name'")
        return cls(namespace, name)

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> Self:
        """Return the name of an object.

        Args:
            obj: a dict with ``metadata``.

        Raises:
            KeyError: it has no ``metadata`` or no name.
        """
        metadata = obj["metadata"]
        return cls(metadata.get("namespace") or "", metadata["name"])
