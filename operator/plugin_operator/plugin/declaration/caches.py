"""Checks of what a controller caches: ``owns``, ``watches``, ``reads``, predicates and indexes."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from plugin_operator.controllers import Predicate, functions_of, matches
from plugin_operator.kube import GroupVersionKind, field_problem
from plugin_operator.plugin.cache_declaration import (
    CacheDeclaration,
    IndexFunction,
    OwnDeclaration,
    OwnOptions,
    ReadOptions,
)
from plugin_operator.plugin.declaration import fields
from plugin_operator.plugin.declaration.invocation import accepts, is_async, is_generator, map_shape
from plugin_operator.plugin.watch_declaration import WatchDeclaration, WatchOptions
from plugin_operator.source_location import Place

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9_])?\Z")
_ALWAYS_TRUE = "is async or contains a yield, so its result is always true: use a plain function"
_HINTS = {"own": "own('apps/v1/Deployment')", "read": "read('v1/Secret')"}


def owns(value: Any) -> tuple[OwnDeclaration, ...]:
    """Check a list of kinds or ``own()`` values."""
    return fields.each_of(fields.sequence(value), _own)


def reads(value: Any) -> tuple[CacheDeclaration, ...]:
    """Check a list of kinds or ``read()`` values."""
    return fields.each_of(
        fields.sequence(value), lambda each: CacheDeclaration(**_part(_option(each, ReadOptions, "read")))
    )


def watches(value: Any) -> tuple[WatchDeclaration, ...]:
    """Check a list of ``watch()`` values."""
    return fields.each_of(fields.sequence(value), _watch)


def predicates(value: Any) -> tuple[Predicate, ...]:
    """Check a list of predicates or functions of the object; a single one counts as a list."""
    is_one = callable(value) or isinstance(value, Predicate)
    return tuple(_predicate(each) for each in ((value,) if is_one else fields.sequence(value)))


def indexes(value: Any) -> tuple[tuple[str, IndexFunction], ...]:
    """Check a mapping from index names to functions; the caller names the field."""
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is not a mapping: write indexes={{'owner': function}}")
    for name, function in value.items():
        if not isinstance(name, str) or not _NAME.match(name):
            raise ValueError(f"{name!r} is not a name: use up to 63 letters, digits, '_', '-' and '.'")
        if not callable(function) or not accepts(function, 1):
            raise TypeError(f"{name!r} must be a function of the object that returns its values")
        if is_async(function):
            raise ValueError(f"the function of {name!r} is async: use a plain function")
    return tuple(value.items())


def refuse_unclear(declared: Iterable[CacheDeclaration], place: Place) -> None:
    """Reject two caches of one name, and two indexes of one name for the same kind.

    Raises:
        PluginRejected: names the duplicate.
    """
    names: set[str] = set()
    functions: dict[tuple[GroupVersionKind, str], IndexFunction] = {}
    for each in declared:
        if each.name and each.name in names:
            raise place.reject("name", f"two caches have the name {each.name!r}: choose another")
        names.add(each.name)
        for name, function in each.indexes:
            if functions.setdefault((each.kind, name), function) is not function:
                raise place.reject("indexes", f"{each.kind} has two indexes named {name!r}: choose another")


def _own(value: Any) -> OwnDeclaration:
    option = _option(value, OwnOptions, "own")
    return OwnDeclaration(**_part(option), predicates=predicates(option.predicates))


def _option(value: Any, options: type[Any], word: str) -> Any:
    if isinstance(value, options):
        return value
    if isinstance(value, str | GroupVersionKind | type):
        return options(value)
    if isinstance(value, OwnOptions | ReadOptions | WatchOptions):
        raise TypeError(f"{type(value).__name__} does not belong here: write a kind, or {_HINTS[word]}")
    return options(fields.kind(value))  # which says what a kind looks like


def _part(each: Any) -> dict[str, Any]:
    """Return the checked fields that every cache has."""
    kind = fields.kind(each.kind)
    selector = fields.field_selector(each.field_selector)
    problem = field_problem(kind, selector)
    if problem:
        raise ValueError(f"field_selector: {problem}")
    return {
        "kind": kind,
        "namespaces": fields.namespaces(each.namespaces),
        "label_selector": fields.label_selector(each.label_selector),
        "field_selector": selector,
        "metadata_only": fields.boolean(each.metadata_only),
        "indexes": _named("indexes", indexes, each.indexes),
        "name": _cache_name(each.name),
    }


def _named(field: str, clean: Callable[[Any], T], value: Any) -> T:
    """Check a field of ``own()``, ``watch()`` or ``read()``, and name it in the error."""
    try:
        return clean(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{field}: {error}") from None


def _cache_name(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not _NAME.match(value):
        raise ValueError(f"name: {value!r} is not a name: use up to 63 letters, digits, '_', '-' and '.'")
    return value


def _watch(value: Any) -> WatchDeclaration:
    if not isinstance(value, WatchOptions):
        raise TypeError(f"{value!r} is not a watch: write watch('v1/Secret', map=function), or use owns or reads")
    shape = map_shape(value.map) if callable(value.map) else None
    if shape is None:
        raise ValueError(
            f"the map of {value.kind!r} must be a function of the changed object: map(obj), map(ctx, obj), or either "
            "with a parameter named old"
        )
    if inspect.isasyncgenfunction(inspect.unwrap(value.map)):
        raise ValueError(f"the map of {value.kind!r} is async and contains a yield: return a list")
    takes_context, takes_old = shape
    return WatchDeclaration(
        **_part(value),
        map=value.map,
        predicates=predicates(value.predicates),
        takes_context=takes_context,
        takes_old=takes_old,
        is_async=is_async(value.map),
    )


def _predicate(value: Any) -> Predicate:
    if isinstance(value, Predicate):
        for function in functions_of(value):
            if is_async(function) or is_generator(function):
                raise TypeError(f"{_word(function)} {_ALWAYS_TRUE}")
        return value
    if not callable(value) or isinstance(value, type) or not accepts(value, 1):
        hint = "generation_changed, labels_changed, …, a function of the object, or a subclass of Predicate"
        raise TypeError(f"{_word(value)} is not a predicate: use {hint}")
    if is_async(value) or is_generator(value):
        raise TypeError(f"{_word(value)} {_ALWAYS_TRUE}")
    return matches(value)


def _word(value: Any) -> str:
    """Return how the author wrote a function, or the value itself."""
    return str(getattr(value, "__qualname__", None) or repr(value))
