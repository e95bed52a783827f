"""A named index over the objects of a store: from a value to the objects that have it."""

import contextvars
from collections.abc import Callable, Iterable

from plugin_operator import logs
from plugin_operator.cache.objects import CachedObject
from plugin_operator.kube import NamespacedName, Object

_log = logs.get_logger(__name__)


class Index:
    """Objects by the values a function reads from them.

    Args:
        name: for messages.
        function: gets a private copy of an object; one that raises leaves that object out, and harms no other.
    """

    __slots__ = ("_by_value", "_name", "_values", "function")

    def __init__(self, name: str, function: Callable[[Object], Iterable[str]]) -> None:
        self.function = function
        self._name = name
        self._by_value: dict[str, dict[NamespacedName, CachedObject]] = {}
        self._values: dict[NamespacedName, tuple[str, ...]] = {}

    def put(self, obj: CachedObject) -> None:
        """Enter an object."""
        key = obj.key
        try:
            # In a context of its own, and as plain texts: a subclass of str may bring its own hash.
            values = contextvars.Context().run(_texts, self.function, obj.decode())
        except BaseException:  # noqa: BLE001 - an author's function; the cache must go on
            _log.exception("Index function failed", index=self._name, namespace=key.namespace, name=key.name)
            return
        if values:
            self._values[key] = values
        for value in values:
            self._by_value.setdefault(value, {})[key] = obj

    def discard(self, obj: CachedObject) -> None:
        """Take an object out; harmless if it was never in."""
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
