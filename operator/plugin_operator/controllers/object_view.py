"""What a predicate sees of one version of an object.

Owns the lazy reading. One view serves all predicates of an event, so that several of them decode the object once.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from plugin_operator.controllers.cache_interface import CachedObject
from plugin_operator.kube import ObjectMeta


class ObjectView(Mapping[str, Any]):
    """One version of an object, read like its dict: ``new["spec"]["replicas"]``, ``new.get("data")``, ``old == new``.

    The object is decoded at the first such read, its metadata alone by ``metadata``, so a predicate of labels stays
    cheap. All predicates of one event share what is decoded: do not change it. ``decode`` returns a private copy.

    Args:
        cached: the version, as the cache keeps it; the operator makes the view.
    """

    __slots__ = ("_cached", "_decoded", "_metadata")

    def __init__(self, cached: CachedObject) -> None:
        self._cached = cached
        self._decoded: dict[str, Any] | None = None
        self._metadata: ObjectMeta | None = None

    @property
    def resource_version(self) -> str:
        """The version of the object: text to compare for equality, without decoding."""
        return self._cached.resource_version

    def metadata(self) -> ObjectMeta:
        """Return its metadata, at a third of the cost of the whole object. Raises nothing."""
        if self._metadata is None:
            self._metadata = self._cached.metadata()
        return self._metadata

    def decode(self) -> dict[str, Any]:
        """Return a private copy of the whole object, as a dict. Raises nothing."""
        return self._cached.decode()

    def __getitem__(self, key: str) -> Any:
        return self._shared()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shared())

    def __len__(self) -> int:
        return len(self._shared())

    def __repr__(self) -> str:
        """Leave the content out, for it may be a Secret."""
        metadata = self.metadata()
        return f"ObjectView({metadata.namespace}/{metadata.name}, resource_version={self.resource_version!r})"

    def _shared(self) -> dict[str, Any]:
        if self._decoded is None:
            self._decoded = self._cached.decode()
        return self._decoded
