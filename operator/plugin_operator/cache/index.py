"""An index over the objects of a store: from a value to the objects that have it."""

from collections.abc import Callable, Iterable

from plugin_operator.cache.objects import CachedObject
from plugin_operator.kube import NamespacedName

#: Reads the values of an object. It must not raise: an author's function runs in a guard inside it.
IndexFunction = Callable[[CachedObject], tuple[str, ...]]


class Index:
    """Objects by the values that a function reads from them.

    Args:
        function: reads the values.
    """

    __slots__ = ("_by_value", "_values", "function")

    def __init__(self, function: IndexFunction) -> None:
        self.function = function
        # One object stands alone: a dict for each of 20,000 values made the garbage collector pause for 40 ms.
        self._by_value: dict[str, CachedObject | dict[NamespacedName, CachedObject]] = {}
        self._values: dict[NamespacedName, tuple[str, ...]] = {}

    def put(self, obj: CachedObject) -> None:
        """Enter an object, in the place of its version before.

        A reader in another thread finds one of the two versions at any time: what both have is replaced, and the
        function, which may be slow, runs first.
        """
        key, values = obj.key, self.function(obj)
        for value in values:
            self._enter(value, key, obj)
        before = self._values.get(key, ())
        if values:
            self._values[key] = values
        else:
            self._values.pop(key, None)
        self._take_out(key, [value for value in before if value not in values])

    def discard(self, obj: CachedObject) -> None:
        """Take an object out; harmless if it was never in."""
        self._take_out(obj.key, self._values.pop(obj.key, ()))

    def get(self, value: str) -> Iterable[CachedObject]:
        """Return the objects that have ``value``, as they are now; any thread may ask."""
        found = self._by_value.get(value)
        if isinstance(found, dict):
            return list(found.values())
        return [] if found is None else [found]

    def _enter(self, value: str, key: NamespacedName, obj: CachedObject) -> None:
        found = self._by_value.get(value)
        if isinstance(found, dict):
            found[key] = obj
        elif found is None or found.key == key:
            self._by_value[value] = obj
        else:
            self._by_value[value] = {found.key: found, key: obj}

    def _take_out(self, key: NamespacedName, values: Iterable[str]) -> None:
        for value in values:
            found = self._by_value.get(value)
            if isinstance(found, dict):
                found.pop(key, None)
            if not found or (isinstance(found, CachedObject) and found.key == key):
                self._by_value.pop(value, None)
