"""A named index of a store: maps a value to the objects that have it."""

import contextvars
from collections.abc import Callable, Iterable

from plugin_operator import logs
from plugin_operator.cache.objects import CachedObject
from plugin_operator.kube import NamespacedName, Object

_log = logs.get_logger(__name__)


class Index:
    """Objects indexed by the values that a function computes.

    Args:
        name: name of the index, for messages.
        function: returns the index values of a private copy of an object; if it raises, the object is not indexed.
    """

    __slots__ = ("_by_value", "_name", "_values", "function")

    def __init__(self, name: str, function: Callable[[Object], Iterable[str]]) -> None:
        self.function = function
        self._name = name
        self._by_value: dict[str, dict[NamespacedName, CachedObject]] = {}
        self._values: dict[NamespacedName, tuple[str, ...]] = {}

    def put(self, obj: CachedObject) -> None:
        """Add an object, or replace its version."""
        key = obj.key
        try:
            # A context of its own for plugin code; plain str, because a subclass may define __hash__.
            values = contextvars.Context().run(_texts, self.function, obj.decode())
        except BaseException:  # noqa: BLE001 - a plugin's index function must not stop the cache
            _log.exception("Index function failed", index=self._name, namespace=key.namespace, name=key.name)
            return
        if values:
            self._values[key] = values
        for value in values:
            self._by_value.setdefault(value, {})[key] = obj

    def discard(self, obj: CachedObject) -> None:
        """Remove an object; does nothing if it is not indexed."""
        key = obj.key
        for value in self._values.pop(key, ()):
            objects = self._by_value.get(value)
            if objects is not None:
                objects.pop(key, None)
                if not objects:
                    del self._by_value[value]

    def get(self, value: str) -> Iterable[CachedObject]:
        """Return the objects that have ``value``."""
        return self._by_value.get(value, {}).values()


def _texts(function: Callable[[Object], Iterable[str]], obj: Object) -> tuple[str, ...]:
    return tuple(str.__str__(value) for value in function(obj))
