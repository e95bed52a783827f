"""The loops that macros make, and the values that they name."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from go_cel.costs.ranges import LIST_COST
from go_cel.errors import EvaluationError, no_overload
from go_cel.library.collections import insert
from go_cel.runtime.frame import Frame, Step
from go_cel.syntax import tree
from go_cel.syntax.tree import Node
from go_cel.values.comparing import kind_of

_ABSENT = object()
# What a step costs besides its item: it reads the accumulator, makes a list of one item, and adds that.
_APPEND_COST, _INSERT_COST = 2 + LIST_COST, 2


def bind_step(name: str, value: Step, result: Step) -> Step:
    """Return what names a value for an expression."""

    def run(frame: Frame) -> Any:
        variables = frame.variables
        before = variables.get(name, _ABSENT)
        variables[name] = value(frame)
        try:
            return result(frame)
        finally:
            _restore(variables, name, before)

    return run


def _restore(variables: dict[str, Any], name: str, before: Any) -> None:
    if before is _ABSENT:
        variables.pop(name, None)
    else:
        variables[name] = before


def _rounds(source: Any, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    if isinstance(source, list):
        return zip(source, strict=True) if len(names) == 1 else iter(enumerate(source))
    if isinstance(source, dict):
        return zip(source, strict=True) if len(names) == 1 else iter(source.items())
    raise EvaluationError(f"got 'types.{kind_of(source).capitalize()}', expected iterable type")


def fold(node: tree.Comprehension, parts: Sequence[Step], step_of: Callable[[Node], Step]) -> Step:
    """Return what runs a loop."""
    quantified = _quantified(node)
    if quantified is not None:
        is_exists = isinstance(node.step, tree.Call) and node.step.function == "_||_"
        return _quantifier(node.variables, parts[0], step_of(quantified), stops_at=is_exists)
    source, initial, condition, step, result = parts
    names, accumulator = node.variables, node.accumulator
    is_endless = isinstance(node.condition, tree.Literal)
    grow = _growth(node, step_of)

    def run(frame: Frame) -> Any:
        rounds = _rounds(source(frame), names)
        variables = frame.variables
        before = [(name, variables.get(name, _ABSENT)) for name in (accumulator, *names)]
        first = initial(frame)
        # A literal is one value for all evaluations, and a loop changes what it collects in place.
        variables[accumulator] = first.copy() if grow is not None else first
        try:
            for values in rounds:
                frame.check()
                variables.update(zip(names, values, strict=True))
                if not is_endless and condition(frame) is False:
                    break
                _advance(frame, accumulator, step, grow)
            return result(frame)
        finally:
            for name, value in before:
                _restore(variables, name, value)

    return run


def _quantified(node: tree.Comprehension) -> Node | None:
    """Return the condition of ``all`` or ``exists``, None for other loops."""
    match node:
        case (
            tree.Comprehension(
                initial=tree.Literal(value=True),
                step=tree.Call(function="_&&_", args=[tree.Ident(name=tree.ACCUMULATOR), found]),
            )
            | tree.Comprehension(
                initial=tree.Literal(value=False),
                step=tree.Call(function="_||_", args=[tree.Ident(name=tree.ACCUMULATOR), found]),
            )
        ):
            return found
    return None


def _quantifier(names: Sequence[str], source: Step, holds: Step, *, stops_at: bool) -> Step:
    """Return what runs ``all`` or ``exists``, with the cost of the loop that the macro stands for."""
    test_cost = 3 if stops_at else 2

    def run(frame: Frame) -> bool:
        rounds = _rounds(source(frame), names)
        variables = frame.variables
        before = [(name, variables.get(name, _ABSENT)) for name in names]
        error: EvaluationError | None = None
        is_decided = False
        for values in rounds:
            frame.cost += test_cost
            if is_decided:
                break
            frame.check()
            variables.update(zip(names, values, strict=True))
            frame.cost += 1
            try:
                found = holds(frame)
            except EvaluationError as failure:
                error = error or failure
                continue
            if found is stops_at:
                is_decided = True
            elif not isinstance(found, bool):
                error = error or no_overload()
        frame.cost += 1
        for name, value in before:
            _restore(variables, name, value)
        if error is not None and not is_decided:
            raise error
        return stops_at if is_decided else not stops_at

    return run


def _advance(frame: Frame, accumulator: str, step: Step, grow: Step | None) -> None:
    variables = frame.variables
    try:
        if grow is None:
            variables[accumulator] = step(frame)
        elif isinstance(variables[accumulator], EvaluationError):
            frame.cost += 1
        else:
            grow(frame)
    except EvaluationError as error:
        variables[accumulator] = error


def _growth(node: tree.Comprehension, step_of: Callable[[Node], Step]) -> Step | None:
    """Return what adds to the list or map of a loop in place, None for loops of other kinds."""
    match node.step:
        case tree.Call(function="_?_:_", args=[condition, adding, tree.Ident(name=node.accumulator)]):
            inner = _adding(adding, node.accumulator, step_of)
            return None if inner is None else _conditional(step_of(condition), inner)
    return _adding(node.step, node.accumulator, step_of)


def _adding(node: Node, accumulator: str, step_of: Callable[[Node], Step]) -> Step | None:
    match node:
        case tree.Call(function="_+_", args=[tree.Ident(name=name), tree.ListNode(items=[item], optional=frozenset())]):
            if name == accumulator and not isinstance(item, tree.Literal):
                return _append(accumulator, step_of(item))
        case tree.Call(function="cel.@mapInsert", args=[tree.Ident(name=name), *values]):
            if name == accumulator:
                return _insert(accumulator, [step_of(value) for value in values])
    return None


def _append(accumulator: str, item: Step) -> Step:
    def run(frame: Frame) -> None:
        value = item(frame)
        frame.cost += _APPEND_COST
        frame.variables[accumulator].append(value)

    return run


def _insert(accumulator: str, values: Sequence[Step]) -> Step:
    def run(frame: Frame) -> None:
        found = [value(frame) for value in values]
        frame.cost += _INSERT_COST
        insert(frame.variables[accumulator], *found)

    return run


def _conditional(condition: Step, adding: Step) -> Step:
    def run(frame: Frame) -> None:
        if condition(frame) is True:
            adding(frame)

    return run
