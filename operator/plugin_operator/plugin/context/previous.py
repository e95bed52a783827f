"""``PreviousObjects``: each object as of the last successful reconcile of its key, for ``ctx.previous``."""

from collections.abc import Callable, Mapping
from typing import Any

from plugin_operator.cache import CachedObject
from plugin_operator.kube import NamespacedName

_MISSING = object()


class PreviousObjects:
    """The objects of one controller in one revision; those that still are as in the cache share its bytes.

    Args:
        cached: returns the cached object of a key, or None.
    """

    __slots__ = ("_by_key", "_cached")

    def __init__(self, cached: Callable[[NamespacedName], CachedObject | None]) -> None:
        self._cached = cached
        self._by_key: dict[NamespacedName, CachedObject] = {}

    def current(self, key: NamespacedName) -> CachedObject | None:
        """Return the object as a reconcile that begins now reads it."""
        return self._cached(key)

    def succeeded(self, key: NamespacedName, seen: CachedObject | None) -> None:
        """Remember what a successful reconcile began with; forget a deleted object."""
        if seen is None:
            self._by_key.pop(key, None)
        else:
            self._by_key[key] = seen

    def forget(self, where: Callable[[NamespacedName], bool]) -> None:
        """Forget the objects of the keys for which ``where`` returns true."""
        self._by_key = {key: seen for key, seen in self._by_key.items() if not where(key)}

    def of(self, key: NamespacedName) -> CachedObject | None:
        """Return the object as of the last successful reconcile; None if there was none."""
        return self._by_key.get(key)

    def has_changed(self, key: NamespacedName, path: str) -> bool:
        """Report whether a field differs from that of the last successful reconcile; True if there was none."""
        before, now = self.of(key), self._cached(key)
        if before is None or now is None:
            return True
        if before is now:
            return False
        return bool(_at(before.decode(), path) != _at(now.decode(), path))


def _at(obj: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(obj, Mapping):
            return _MISSING
        obj = obj.get(name, _MISSING)
    return obj
