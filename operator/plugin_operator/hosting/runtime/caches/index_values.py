"""Index functions of plugins, made safe for the cache."""

from collections.abc import Callable
from typing import Any

from plugin_operator.containment import PluginGuard
from plugin_operator.plugin import IndexFunction
from plugin_operator.rendering import class_name

#: A function that returns more values for one object has no end, or indexes the wrong thing.
MAX_VALUES = 1000


def guarded_index(guard: PluginGuard, function: IndexFunction) -> Callable[[Any], tuple[str, ...]]:
    """Return what the cache calls for each object: it never raises, and the guard reports what the function raises.

    An object for which the function raises, or returns something else than texts, is left out of the index.
    """

    def values(obj: Any) -> tuple[str, ...]:
        return guard.contain("index", obj.key, (), _values, function, obj)

    return values


def _values(function: IndexFunction, obj: Any) -> tuple[str, ...]:
    found = function(obj.decode())
    if found is None:
        return ()
    if isinstance(found, str):
        return (str.__str__(found),)
    values: dict[str, None] = {}
    for number, each in enumerate(found, start=1):
        if not isinstance(each, str):
            raise TypeError(f"an index function returned a value of type {class_name(each)}: return texts")
        # Plain texts: a subclass may bring its own hash.
        values[str.__str__(each)] = None
        # Repeated ones count: a generator that yields one value has no end either.
        if number > MAX_VALUES:
            raise ValueError(f"an index function returned more than {MAX_VALUES:,} values for one object")
    return tuple(values)
