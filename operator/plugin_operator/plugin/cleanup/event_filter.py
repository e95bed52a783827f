"""``CleanupFilter``: the predicates of a controller with ``cleanup=``, with the events that its finalizer needs."""

from collections.abc import Callable

from plugin_operator.controllers import ObjectView, Predicate
from plugin_operator.controllers.predicates import passes


class CleanupFilter(Predicate):
    """Passes what the predicates of a plugin pass, and three more events.

    - the removal of the finalizer by another party, so that it is put on again
    - the departure of an object with the finalizer from the selectors
    - the start of a deletion, which passes any predicates

    Args:
        predicates: those of the plugin; their exceptions propagate.
        is_own: whether a finalizer is one of the controller.
    """

    __slots__ = ("_is_own", "_predicates")

    def __init__(self, predicates: tuple[Predicate, ...], is_own: Callable[[str], bool]) -> None:
        self._predicates = predicates
        self._is_own = is_own

    def create(self, new: ObjectView) -> bool:
        """See ``Predicate.create``."""
        return passes(self._predicates, "create", new)

    def update(self, old: ObjectView, new: ObjectView) -> bool:
        """See ``Predicate.update``."""
        return (self._is_on(old) and not self._is_on(new)) or passes(self._predicates, "update", old, new)

    def delete(self, old: ObjectView) -> bool:
        """See ``Predicate.delete``."""
        return self._is_on(old) or passes(self._predicates, "delete", old)

    def _is_on(self, obj: ObjectView) -> bool:
        return any(map(self._is_own, obj.metadata().finalizers or ()))
