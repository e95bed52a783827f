"""``ObjectView``: one version of an object, as the argument of predicates.

Owns lazy decoding. All predicates of an event share one view, so that the object is decoded at most once.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from plugin_operator.controllers.cache_interface import CachedObject
from plugin_operator.kube import ObjectMeta


class ObjectView(Mapping[str, Any]):
    """One version of an object, read like its dict: ``new["spec"]["replicas"]``, ``new.get("data")``, ``old == new``.

    The first such read decodes the object; ``metadata`` decodes the metadata alone and is cheaper. All predicates of an
    event share the decoded object: do not change it. ``decode`` returns a private copy.

    Args:
        cached: the cached version; the operator creates the view.
    """

    __slots__ = ("_cached", "_decoded", "_metadata")

    def __init__(self, cached: CachedObject) -> None:
        self._cached = cached
        self._decoded: dict[str, Any] | None = None
        self._metadata: ObjectMeta | None = None

    @property
    def resource_version(self) -> str:
        """Resource version, an opaque text, available without decoding."""
        return self._cached.resource_version

    def metadata(self) -> ObjectMeta:
        """Return the metadata, at a third of the cost of the whole object. Raises nothing."""
        if self._metadata is None:
            self._metadata = self._cached.metadata()
        return self._metadata

    def decode(self) -> dict[str, Any]:
        """Return a private copy of the whole object as a dict. Raises nothing."""
        return self._cached.decode()

    def __getitem__(self, key: str) -> Any:
        return self._shared()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shared())

    def __len__(self) -> int:
        return len(self._shared())

    def __repr__(self) -> str:
        """Return key and version without the content, which may be a Secret."""
        metadata = self.metadata()
        return f"ObjectView({metadata.namespace}/{metadata.name}, resource_version={self.resource_version!r})"

    def _shared(self) -> dict[str, Any]:
        if self._decoded is None:
            self._decoded = self._cached.decode()
        return self._decoded
