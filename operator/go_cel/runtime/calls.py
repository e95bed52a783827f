"""Calls of functions, and the operators that do not need all of their operands."""

from collections.abc import Callable, Sequence
from typing import Any

from go_cel.checking.declarations import Overload
from go_cel.costs.actual import Cost
from go_cel.errors import EvaluationError, no_overload
from go_cel.runtime.frame import Frame, Step
from go_cel.types import Type
from go_cel.values.comparing import kind_of
from go_cel.values.scalars import Optional


class Call:
    """A call.

    Args:
        run: the function.
        args: what computes its arguments.
        cost: counts the call, None where it costs 1.
        accepted: the overloads to choose from, empty where the checker knows that the arguments fit.
    """

    def __init__(
        self, run: Callable[..., Any], args: Sequence[Step], cost: Cost | None, accepted: Sequence[Overload]
    ) -> None:
        self._run = _guarded(run, accepted) if accepted else run
        self._args = tuple(args)
        self._cost = cost

    def step(self) -> Step:
        """Return what makes the call."""
        if self._cost is not None:
            return self._counted
        if len(self._args) == 2:
            return self._of_two()
        return self._plain

    def _of_two(self) -> Step:
        run, (left, right) = self._run, self._args

        def call(frame: Frame) -> Any:
            try:
                value = run(left(frame), right(frame))
            finally:
                frame.cost += 1
            return value

        return call

    def _plain(self, frame: Frame) -> Any:
        try:
            value = self._run(*[arg(frame) for arg in self._args])
        finally:
            frame.cost += 1
        return value

    def _counted(self, frame: Frame) -> Any:
        try:
            values = [arg(frame) for arg in self._args]
            result = self._run(*values)
        except EvaluationError:
            frame.cost += 1
            raise
        frame.cost += 1 if self._cost is None else self._cost(values, result)
        return result


def _guarded(run: Callable[..., Any], accepted: Sequence[Overload]) -> Callable[..., Any]:
    """Return what calls ``run`` if the values are arguments of an overload in ``accepted``."""

    def guarded(*values: Any) -> Any:
        if not any(_fits(overload, values) for overload in accepted):
            raise no_overload()
        return run(*values)

    return guarded


def _fits(overload: Overload, values: Sequence[Any]) -> bool:
    wanted = overload.parameters
    return len(wanted) == len(values) and all(map(_is_of, values, wanted))


def _is_of(value: Any, wanted: Type) -> bool:
    if wanted.kind in ("dyn", "param", "any"):
        return True
    if isinstance(value, Optional):
        return wanted.kind == "opaque" and (not value.is_present or _is_of(value.content, wanted.params[0]))
    kind = kind_of(value)
    if kind == "list" and wanted.kind == "list":
        return True  # as in cel-go, the items of a list are not looked at
    return kind in (wanted.kind, wanted.name)


def logical(left: Step, right: Step, *, stops_at: bool) -> Step:
    """Return ``&&`` or ``||``: an error counts only where the other side does not decide."""

    def run(frame: Frame) -> bool:
        error: EvaluationError | None = None
        for side in (left, right):
            try:
                value = side(frame)
            except EvaluationError as found:
                error = error or found
                continue
            if value is stops_at:
                return bool(value)
            if not isinstance(value, bool):
                error = error or no_overload()
        if error is not None:
            raise error
        return not stops_at

    return run
