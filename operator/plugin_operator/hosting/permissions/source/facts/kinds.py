"""Kinds of abstract values: those that an argument names, and those that ``GroupVersionKind`` makes."""

import ast
import contextlib
import itertools

from plugin_operator.hosting.permissions.source.facts.state import ELEMENTS, Arguments, State, field_of
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    NOTHING,
    Atom,
    Bound,
    External,
    Instance,
    KindValue,
    Literal,
    Many,
    Obj,
    Text,
    Unknown,
    Value,
    texts_of,
)
from plugin_operator.kube import GroupVersionKind, problem_of


def kinds_in(atom: Atom, state: State) -> frozenset[GroupVersionKind] | None:
    """Return the kinds that an argument names, as an object or as a kind; None if it may be any."""
    match atom:
        case Obj(kind=kind):
            return _kinds_of_object(kind, state)
        case Many(kind=kind) | KindValue(kind=kind):
            return frozenset({kind})
        case Text(text=text, is_combined=is_combined):
            try:
                kind = GroupVersionKind.parse(text)
            except ValueError:
                return frozenset()
            return frozenset() if is_combined and problem_of(kind) else frozenset({kind})
        case Literal():
            return kinds_of(atom, state)
        case Unknown() | External() | Bound() | Instance():
            return None
    return frozenset()


def kinds_made(name: str, arguments: Arguments) -> Value:
    """Return the kinds that ``GroupVersionKind(...)`` or one of its constructors makes of literal texts."""
    by_name = dict(arguments.keywords)
    names = {"parse": ("text",), "from_api_version": ("api_version", "kind")}.get(
        name.rpartition(".")[2], ("group", "version", "kind")
    )
    given = [*arguments.positional, *(by_name[each] for each in names[len(arguments.positional) :] if each in by_name)]
    texts = [texts_of(each) for each in given]
    if NOTHING in given:
        return NOTHING
    if len(texts) != len(names) or any(each is None for each in texts):
        return ANYTHING
    made: set[Atom] = set()
    for parts in itertools.product(*(each for each in texts if each is not None)):
        with contextlib.suppress(ValueError):
            made.add(KindValue(_kind_of(parts)))
    return frozenset(made)


def _kind_of(parts: tuple[str, ...]) -> GroupVersionKind:
    match parts:
        case (group, version, kind):
            return GroupVersionKind(group, version, kind)
        case (api_version, kind):
            return GroupVersionKind.from_api_version(api_version, kind)
    return GroupVersionKind.parse(parts[0])


def kinds_of(literal: Literal, state: State) -> frozenset[GroupVersionKind] | None:
    """Return the kinds that a literal object may have; none if it has no kind, None if it may have any."""
    versions, kinds = state.get(literal, "apiVersion"), state.get(literal, "kind")
    if not versions and not kinds:
        return frozenset() if not _has_open_keys(literal, state) else None
    return _pairs(versions, kinds)


def _kinds_of_object(kind: GroupVersionKind, state: State) -> frozenset[GroupVersionKind] | None:
    """Return the kinds of an object that was read: its own, and those that code writes into objects of this kind."""
    written = state.relabelled.get(kind)
    if not written:
        return frozenset({kind})
    versions, kinds = (written.get(key, NOTHING) | field_of(kind, key) for key in ("apiVersion", "kind"))
    return _pairs(versions, kinds)


def _pairs(versions: Value, kinds: Value) -> frozenset[GroupVersionKind] | None:
    """Return the kinds that may exist of these versions and kinds, all if none may; None if there may be others."""
    if not all(isinstance(each, Text) for each in versions | kinds) or not versions or not kinds:
        return None
    pairs = {
        GroupVersionKind.from_api_version(version.text, kind.text)
        for version in versions
        for kind in kinds
        if isinstance(version, Text) and isinstance(kind, Text)
    }
    return frozenset(each for each in pairs if not problem_of(each)) or frozenset(pairs)


def _has_open_keys(literal: Literal, state: State) -> bool:
    is_open = isinstance(literal.node, ast.Dict | ast.DictComp | ast.Call)
    return (is_open and ELEMENTS in state.heap.get(literal.node, ())) or (
        isinstance(literal.base, Literal) and _has_open_keys(literal.base, state)
    )
