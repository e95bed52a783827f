"""Fields and items: a variable or a value, and the way from it to what is asked for.

cel-go resolves such a way in one step, which costs 1 and 1 for each part of the way. A conditional passes the rest of
the way to its branches.
"""

from dataclasses import dataclass, field
from typing import Any

from go_cel.errors import EvaluationError, no_overload
from go_cel.library.operators import index, list_index
from go_cel.runtime.frame import Frame, Step
from go_cel.values.comparing import find
from go_cel.values.scalars import NONE, Optional


@dataclass(slots=True)
class Way:
    """One part of the way.

    Attributes:
        key: computes the name or position.
        is_optional: the result is absent where the part is.
        is_test: the result says whether the part is there.
    """

    key: Step
    is_optional: bool = False
    is_test: bool = False


@dataclass(slots=True)
class Attribute:
    """A root with ways from it.

    Attributes:
        name: the variable that the root is, empty for other roots.
    """

    root: Step
    ways: list[Way] = field(default_factory=list)
    name: str = ""

    def add(self, way: Way) -> None:
        """Continue with a field or an item."""
        self.ways.append(way)

    def resolver(self) -> Step:
        """Return what resolves the attribute without the cost of the step itself."""
        root, ways = self.root, tuple(self.ways)
        if not ways:
            return root
        if not any(way.is_optional or way.is_test for way in ways):
            return _plain(root, tuple(way.key for way in ways))

        def resolve(frame: Frame) -> Any:
            return _follow(frame, root(frame), ways)

        return resolve

    def step(self) -> Step:
        """Return what evaluates the attribute."""
        if self.name and not self.ways:
            return _read_at_cost(self.name)
        resolve = self.resolver()
        is_test = bool(self.ways) and self.ways[-1].is_test
        return resolve if is_test else _charged(resolve)


@dataclass(slots=True)
class Conditional:
    """An attribute that one of two branches resolves."""

    condition: Step
    branches: "tuple[Attribute | Conditional, Attribute | Conditional]"

    def add(self, way: Way) -> None:
        """Let both branches continue with a field or an item."""
        for branch in self.branches:
            branch.add(way)

    def resolver(self) -> Step:
        """Return what resolves the attribute."""
        condition = self.condition
        then, otherwise = (branch.resolver() for branch in self.branches)

        def resolve(frame: Frame) -> Any:
            found = condition(frame)
            if found is True:
                return then(frame)
            if found is False:
                return otherwise(frame)
            raise no_overload()

        return resolve

    def step(self) -> Step:
        """Return what evaluates the attribute. A conditional itself costs nothing."""
        return self.resolver()


def _charged(resolve: Step) -> Step:
    def run(frame: Frame) -> Any:
        frame.cost += 1
        return resolve(frame)

    return run


def _read_at_cost(name: str) -> Step:
    if _may_hold_error(name):
        return _charged(variable(name))

    def run(frame: Frame) -> Any:
        frame.cost += 1
        try:
            return frame.variables[name]
        except KeyError:
            raise EvaluationError(f"no such attribute(s): {name}") from None

    return run


def _plain(root: Step, keys: tuple[Step, ...]) -> Step:
    count = len(keys)

    def resolve(frame: Frame) -> Any:
        value = root(frame)
        if type(value) is Optional:
            return _follow(frame, value, tuple(Way(key) for key in keys))
        frame.cost += count
        for key in keys:
            value = index(value, key(frame))
        return value

    return resolve


def _follow(frame: Frame, value: Any, ways: tuple[Way, ...]) -> Any:
    is_optional = isinstance(value, Optional)
    if is_optional:
        if not value.is_present:
            return False if ways and ways[-1].is_test else value
        value = value.content
    for way in ways:
        is_optional = is_optional or way.is_optional
        key = way.key(frame)
        if way.is_test:
            frame.cost += 1
            return present(value, key)[0]
        if is_optional:
            is_there, value = present(value, key)
            if not is_there:
                return NONE
            frame.cost += 1
        else:
            frame.cost += 1
            value = index(value, key)
    return Optional(value) if is_optional else value


def present(container: Any, key: Any) -> tuple[bool, Any]:
    """Return whether a container has a field or an item, and its value."""
    if isinstance(container, dict):
        return find(container, key)
    if isinstance(container, list):
        place = list_index(key)
        return (True, container[place]) if 0 <= place < len(container) else (False, None)
    if isinstance(container, Optional):
        return present(container.content, key) if container.is_present else (False, None)
    return False, None


def _may_hold_error(name: str) -> bool:
    """Report whether a loop may keep an error in a variable: in its accumulator."""
    return name.startswith("@")


def variable(name: str) -> Step:
    """Return what reads a variable. An accumulator may hold an error, which is raised where it is read."""
    may_hold_error = _may_hold_error(name)

    def read(frame: Frame) -> Any:
        try:
            value = frame.variables[name]
        except KeyError:
            raise EvaluationError(f"no such attribute(s): {name}") from None
        if may_hold_error and isinstance(value, EvaluationError):
            raise value
        return value

    return read
