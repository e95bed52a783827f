"""Names and namespaces of a call to the API server, as its arguments or its object show them."""

from collections.abc import Iterator

import msgspec

from plugin_operator.hosting.permissions.source.facts.kinds import kinds_of
from plugin_operator.hosting.permissions.source.facts.methods import METHODS, Access, Method
from plugin_operator.hosting.permissions.source.facts.state import State
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    NOTHING,
    Literal,
    Null,
    Obj,
    Text,
    Value,
    joined,
    texts_of,
    without_null,
)
from plugin_operator.kube import GroupVersionKind, name_problem, namespace_problem


class Place(msgspec.Struct, frozen=True):
    """Where a call may go.

    Attributes:
        name: what its name may be; nothing if authorization does not see a name.
        namespace: what its namespace may be.
        is_of_all: whether it may be about all namespaces at once.
    """

    name: Value = NOTHING
    namespace: Value = NOTHING
    is_of_all: bool = False

    def names(self, kind: GroupVersionKind) -> tuple[str, ...] | None:
        """Return the only names that the call can have; None if it may have others, empty if none can exist."""
        texts = texts_of(without_null(self.name))
        return texts and tuple(each for each in texts if not each or not name_problem(kind, each))

    def namespaces(self) -> tuple[str, ...] | None:
        """Return the only namespaces; None if there may be others, empty if none can exist."""
        texts = None if self.is_of_all else texts_of(without_null(self.namespace))
        return texts and tuple(each for each in texts if not each or not namespace_problem(each))

    def some_namespaces(self) -> tuple[str, ...]:
        """Return the namespaces that the source names, where there may be others too."""
        texts = () if self.is_of_all or self.namespaces() is not None else _texts(self.namespace)
        return tuple(each for each in texts if not namespace_problem(each))

    def problems(self, kind: GroupVersionKind, *, is_namespaced: bool) -> Iterator[str]:
        """Yield what is wrong with the names and namespaces in the source that cannot exist."""
        for each in _written(self.name):
            if problem := name_problem(kind, each):
                yield problem
        for each in _written(self.namespace) if is_namespaced else ():
            if problem := namespace_problem(each):
                yield problem


def place_of(access: Access, method: Method, kind: GroupVersionKind, state: State) -> Place:
    """Return the place of a call about objects of a kind."""
    subject = subject_of(access)
    if method is METHODS["set_owner"]:
        return Place()
    if any(isinstance(each, Literal | Obj) and state.sequence(each) is None for each in subject):
        name = _field(subject, kind, "name", state) if method.name_at is not None else NOTHING
        return Place(name, _field(subject, kind, "namespace", state))
    given = access.argument(method.namespace_at, "namespace") if method.namespace_at is not None else NOTHING
    if access.is_open:  # an argument by * or ** may be the namespace, or none may be
        return Place(ANYTHING if method.name_at is not None else NOTHING, given | ANYTHING, method.is_of_all)
    if method.name_at is None:
        may_be_all = not given or any(isinstance(each, Null) for each in given)
        return Place(NOTHING, given, method.is_of_all and may_be_all)
    name = access.argument(method.name_at, "name", "pod")
    pairs = [state.sequence(each) for each in name]
    both = [pair for pair in pairs if pair is not None and len(pair) == 2]
    if both and len(both) == len(pairs):  # names with their namespaces
        return Place(joined(pair[1] for pair in both), joined(pair[0] for pair in both))
    return Place(name, given)


def subject_of(access: Access) -> Value:
    """Return the kind or the object that a call is about."""
    return access.argument(0, "kind", "obj", "pod")


def _field(subject: Value, kind: GroupVersionKind, name: str, state: State) -> Value:
    """Return what a field of metadata may be in all objects of a kind."""
    values: list[Value] = []
    for each in subject:
        if isinstance(each, Obj) and each.kind == kind:
            metadata = without_null(state.metadata_of(each))
        elif isinstance(each, Literal) and kind in (kinds_of(each, state) or {kind}):
            metadata = without_null(state.get(each, "metadata"))
        else:
            continue
        if not metadata or not all(isinstance(inner, Literal) for inner in metadata):
            return ANYTHING
        values += [state.get(inner, name) for inner in metadata if isinstance(inner, Literal)]
    return joined(values) if all(values) else ANYTHING


def _texts(found: Value) -> list[str]:
    return sorted({each.text for each in found if isinstance(each, Text)})


def _written(found: Value) -> list[str]:
    """Return the texts that stand in the source, or that the source makes in one way only."""
    return sorted(each.text for each in found if isinstance(each, Text) and each.text and not each.is_combined)
