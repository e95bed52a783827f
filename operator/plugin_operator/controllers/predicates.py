"""Which changes matter.

Owns ``Predicate`` and the ready-made ones, named as in controller-runtime's ``pkg/predicate``. An event is dropped if
any predicate of its watch says no. But the beginning of a deletion passes whatever they say, because an object with a
finalizer would stay for ever if its controller did not hear of it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from plugin_operator.controllers.object_view import ObjectView

ObjectTest = Callable[[dict[str, Any]], bool]


class Predicate:
    """Lets every event through; subclasses say no to some. Combine with ``&``, ``|`` and ``~``.

    Its methods run on the event loop for every event: they must not block. What one raises is logged, and the event
    passes. Whatever a predicate says, the beginning of a deletion passes.
    """

    __slots__ = ()

    @property
    def needs_generation(self) -> bool:
        """Whether it compares ``metadata.generation``.

        If so, changes of objects without one pass, and kinds that have none are refused at load.
        """
        return False

    def create(self, new: ObjectView) -> bool:  # noqa: ARG002 - the base lets all through
        """Say whether a new object, or one that was there at start, counts. May raise; then it counts.

        Args:
            new: the object.
        """
        return True

    def update(self, old: ObjectView, new: ObjectView) -> bool:  # noqa: ARG002
        """Say whether a change, or a resync, counts. May raise; then it counts.

        Args:
            old: the object before; the same view as ``new`` at a resync.
            new: the object now.
        """
        return True

    def delete(self, old: ObjectView) -> bool:  # noqa: ARG002
        """Say whether a deletion counts. May raise; then it counts.

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
    """Make a predicate that drops updates that left a part of the object as it was, and so resyncs.

    Additions and deletions pass. Raises nothing itself; what ``part`` raises is logged, and the event passes.

    Args:
        part: gets the old and the new state, each readable like the dict; returns what is compared with ``==``, such as
            ``lambda obj: obj.get("data")``. A plain function that must not block.

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

    def update(self, old: ObjectView, new: ObjectView) -> bool:  # noqa: ARG002 - what it was is not asked
        return bool(self._test(new.decode()))

    def delete(self, old: ObjectView) -> bool:
        return bool(self._test(old.decode()))


def matches(test: ObjectTest) -> Predicate:
    """Make a predicate of a function of the object. Raises nothing itself; what ``test`` raises is logged.

    Args:
        test: gets a private dict of the object, after a change the new state, after a deletion the last; returns
            whether it counts. A plain function that must not block.

    Returns:
        The predicate; the bare function does in ``predicates=`` as well.
    """
    return _Matches(test)


def passes(predicates: Iterable[Predicate], event: str, *objects: ObjectView) -> bool:
    """Tell whether an event counts: ``"create"``, ``"update"`` or ``"delete"``, of the objects before and after.

    It counts if all predicates agree. A predicate of generations is not asked about a change of an object without one.
    The beginning of a deletion always counts: an update that sets ``deletionTimestamp``, or an object that is there at
    the start and is being deleted. What a predicate raises is the caller's.
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
"""Drops updates that left ``metadata.generation`` as it was, which are those of status and metadata.

Refused at load for built-in kinds that count no generations, such as ConfigMap and Secret.
"""
resource_version_changed: Predicate = _Changed(lambda obj: obj.resource_version)
"""Drops updates that changed nothing, which are resyncs."""
labels_changed: Predicate = _Changed(lambda obj: obj.metadata().labels or {})
"""Drops updates that left the labels as they were."""
annotations_changed: Predicate = _Changed(lambda obj: obj.metadata().annotations or {})
"""Drops updates that left the annotations as they were."""
