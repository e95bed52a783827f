"""Predicates: filters for events.

Owns ``Predicate`` and the predefined ones, named as in controller-runtime's ``pkg/predicate``. An event is dropped if
any predicate of its watch returns False. The start of a deletion always passes: without it, the controller would never
remove its finalizer.
"""

from collections.abc import Callable, Iterable
from typing import Any

from plugin_operator.controllers.object_view import ObjectView

ObjectTest = Callable[[dict[str, Any]], bool]


class Predicate:
    """Passes every event; subclasses override methods to drop some. Combine with ``&``, ``|`` and ``~``.

    Its methods run on the event loop for every event: they must not block. If one raises, the error is logged and the
    event passes. The start of a deletion always passes.
    """

    __slots__ = ()

    @property
    def needs_generation(self) -> bool:
        """Whether the predicate compares ``metadata.generation``.

        If so, changes of objects without it pass, and kinds without it are rejected at load.
        """
        return False

    def create(self, new: ObjectView) -> bool:  # noqa: ARG002 - the base class passes all events
        """Return whether a new object, or one that exists at start, passes. If it raises, the event passes.

        Args:
            new: the object.
        """
        return True

    def update(self, old: ObjectView, new: ObjectView) -> bool:  # noqa: ARG002
        """Return whether a change, or a resync, passes. If it raises, the event passes.

        Args:
            old: the object before; the same view as ``new`` at a resync.
            new: the object now.
        """
        return True

    def delete(self, old: ObjectView) -> bool:  # noqa: ARG002
        """Return whether a deletion passes. If it raises, the event passes.

        Args:
            old: the object in its last known state.
        """
        return True

    def __and__(self, other: "Predicate") -> "Predicate":
        return _All(self, other)

    def __or__(self, other: "Predicate") -> "Predicate":
        return _Any(self, other)

    def __invert__(self) -> "Predicate":
        return _Not(self)


class _Pair(Predicate):
    __slots__ = ("_left", "_right")

    def __init__(self, left: Predicate, right: Predicate) -> None:
        self._left = left
        self._right = right

    @property
    def needs_generation(self) -> bool:
        return self._left.needs_generation or self._right.needs_generation


class _All(_Pair):
    __slots__ = ()

    def create(self, new: ObjectView) -> bool:
        return self._left.create(new) and self._right.create(new)

    def update(self, old: ObjectView, new: ObjectView) -> bool:
        return self._left.update(old, new) and self._right.update(old, new)

    def delete(self, old: ObjectView) -> bool:
        return self._left.delete(old) and self._right.delete(old)


class _Any(_Pair):
    __slots__ = ()

    def create(self, new: ObjectView) -> bool:
        return self._left.create(new) or self._right.create(new)

    def update(self, old: ObjectView, new: ObjectView) -> bool:
        return self._left.update(old, new) or self._right.update(old, new)

    def delete(self, old: ObjectView) -> bool:
        return self._left.delete(old) or self._right.delete(old)


class _Not(Predicate):
    __slots__ = ("_inner",)

    def __init__(self, inner: Predicate) -> None:
        self._inner = inner

    @property
    def needs_generation(self) -> bool:
        return self._inner.needs_generation

    def create(self, new: ObjectView) -> bool:
        return not self._inner.create(new)

    def update(self, old: ObjectView, new: ObjectView) -> bool:
        return not self._inner.update(old, new)

    def delete(self, old: ObjectView) -> bool:
        return not self._inner.delete(old)


class _Changed(Predicate):
    __slots__ = ("_part",)

    def __init__(self, part: Callable[[ObjectView], object]) -> None:
        self._part = part

    def update(self, old: ObjectView, new: ObjectView) -> bool:
        return self._part(old) != self._part(new)


def changed(part: Callable[[ObjectView], object]) -> Predicate:
    """Return a predicate that drops updates, including resyncs, in which a part of the object is unchanged.

    Additions and deletions pass. Raises nothing itself; if ``part`` raises, the error is logged and the event passes.

    Args:
        part: returns the part to compare with ``==``, for example ``lambda obj: obj.get("data")``. It is called with
            the old and the new state, which read like dicts. A plain function that must not block.

    Returns:
        The predicate.
    """
    return _Changed(part)


class _GenerationChanged(_Changed):
    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(lambda obj: obj.metadata().generation)

    @property
    def needs_generation(self) -> bool:
        return True


class _Matches(Predicate):
    __slots__ = ("_test",)

    def __init__(self, test: ObjectTest) -> None:
        self._test = test

    def create(self, new: ObjectView) -> bool:
        return bool(self._test(new.decode()))

    def update(self, old: ObjectView, new: ObjectView) -> bool:  # noqa: ARG002 - only the new state is tested
        return bool(self._test(new.decode()))

    def delete(self, old: ObjectView) -> bool:
        return bool(self._test(old.decode()))


def matches(test: ObjectTest) -> Predicate:
    """Return a predicate from a function of the object. Raises nothing itself; exceptions of ``test`` are logged.

    Args:
        test: returns whether the event passes. It receives a private dict of the object: the new state of a change, or
            the last state of a deletion. A plain function that must not block.

    Returns:
        The predicate; ``predicates=`` also takes the function itself.
    """
    return _Matches(test)


def functions_of(predicate: Predicate) -> Iterable[Callable[..., object]]:
    """Return the functions that a predicate calls for events, so that a declaration with an async one is rejected."""
    match predicate:
        case _Pair():
            return (*functions_of(predicate._left), *functions_of(predicate._right))  # noqa: SLF001 - of this module
        case _Not():
            return functions_of(predicate._inner)  # noqa: SLF001 - as above
        case _Changed():
            return (predicate._part,)  # noqa: SLF001 - as above
        case _Matches():
            return (predicate._test,)  # noqa: SLF001 - as above
    return (predicate.create, predicate.update, predicate.delete)


def passes(predicates: Iterable[Predicate], event: str, *objects: ObjectView) -> bool:
    """Report whether an event (``"create"``, ``"update"`` or ``"delete"``) passes all predicates.

    A predicate that needs generations is skipped for a change of an object without one. The start of a deletion always
    passes: an update that sets ``deletionTimestamp``, or an object that is being deleted when the controller starts.
    Exceptions of predicates propagate.
    """
    for predicate in predicates:
        if not getattr(predicate, event)(*objects) and not _is_unknown(predicate, event, objects[-1]):
            return event != "delete" and _begins_to_go(*objects)
    return True


def _is_unknown(predicate: Predicate, event: str, new: ObjectView) -> bool:
    return event == "update" and predicate.needs_generation and not new.metadata().generation


def _begins_to_go(*objects: ObjectView) -> bool:
    *before, new = (each.metadata().deletion_timestamp for each in objects)
    return new is not None and before != [new]


generation_changed: Predicate = _GenerationChanged()
"""Drops updates that do not change ``metadata.generation``, which are those of status and metadata.

Rejected at load for built-in kinds without generations, such as ConfigMap and Secret.
"""
resource_version_changed: Predicate = _Changed(lambda obj: obj.resource_version)
"""Drops updates without a change, which are resyncs."""
labels_changed: Predicate = _Changed(lambda obj: obj.metadata().labels or {})
"""Drops updates that do not change the labels."""
annotations_changed: Predicate = _Changed(lambda obj: obj.metadata().annotations or {})
"""Drops updates that do not change the annotations."""
