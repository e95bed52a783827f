"""Makes functions from a checked tree, with the optimizations of cel-go that change what an expression costs."""

from collections.abc import Sequence
from typing import Any

from go_cel import types
from go_cel.checking.declarations import Overload, functions
from go_cel.costs.actual import call_cost
from go_cel.costs.ranges import LIST_COST, MAP_COST
from go_cel.errors import EvaluationError, InstantiationError, no_overload
from go_cel.library.registry import FUNCTIONS, OVERLOADS
from go_cel.runtime.attributes import Attribute, Conditional, Way, variable
from go_cel.runtime.calls import Call, logical
from go_cel.runtime.frame import Frame, Step
from go_cel.runtime.loops import bind_step, fold
from go_cel.syntax import tree
from go_cel.syntax.tree import Node
from go_cel.values.comparing import equal
from go_cel.values.scalars import Optional, TypeValue

_CONVERSIONS = frozenset({"bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"})
_KEYS = (str, int)


class Constant:
    """A value that is known before the expression runs. It costs nothing."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def step(self) -> Step:
        """Return what returns the value."""
        value = self.value
        return lambda _frame: value


class Computed:
    """Any other part of an expression."""

    __slots__ = ("_run",)

    def __init__(self, run: Step) -> None:
        self._run = run

    def step(self) -> Step:
        """Return what runs the part."""
        return self._run


Plan = Constant | Computed | Attribute | Conditional


def plan(node: Node) -> Plan:
    """Return how to run a checked expression.

    Raises:
        InstantiationError: a constant cannot be converted.
    """
    match node:
        case tree.Literal():
            return Constant(node.value)
        case tree.Ident(is_type=True):
            return Constant(TypeValue(node.type.params[0].runtime_name))
        case tree.Ident():
            return Attribute(variable(node.name), name=node.name)
        case tree.Select():
            return _select(node)
        case tree.Call():
            return _call(node)
        case tree.ListNode():
            return _list(node)
        case tree.MapNode():
            return _map(node)
        case tree.Comprehension():
            return Computed(_comprehension(node))
    raise InstantiationError("unknown type")


def step_of(node: Node) -> Step:
    """Return what runs a checked expression."""
    return plan(node).step()


def _attribute(node: Node) -> Attribute | Conditional:
    found = plan(node)
    return found if isinstance(found, Attribute | Conditional) else Attribute(found.step())


def _select(node: tree.Select) -> Plan:
    if node.type_name:
        return Constant(TypeValue(node.type.params[0].runtime_name))
    found = _attribute(node.operand)
    name = node.field
    found.add(Way(lambda _frame: name, is_test=node.is_test))
    return found


def _call(node: tree.Call) -> Plan:
    match node.function:
        case "_&&_" | "_||_":
            left, right = (step_of(arg) for arg in node.args)
            return Computed(logical(left, right, stops_at=node.function == "_||_"))
        case "_?_:_":
            condition, then, otherwise = node.args
            return Conditional(step_of(condition), (_branch(then), _branch(otherwise)))
        case "_[_]" | "_[?_]" | "_?._":
            found = _attribute(node.args[0])
            found.add(Way(_key(node.args[1]), is_optional=node.function != "_[_]"))
            return found
        case "or" | "orValue":
            return Computed(_alternative(node))
        case "@not_strictly_false":
            return Computed(_not_strictly_false(step_of(node.args[0])))
    return _function(node)


def _branch(node: Node) -> Attribute | Conditional:
    found = plan(node)
    return found if isinstance(found, Attribute | Conditional) else Attribute(found.step())


def _key(node: Node) -> Step:
    found = plan(node)
    # The part of the way costs what a step does: the attribute in the brackets costs nothing of its own.
    return found.resolver() if isinstance(found, Attribute | Conditional) else found.step()


def _function(node: tree.Call) -> Plan:
    parts = node.args if node.target is None else [node.target, *node.args]
    plans = [plan(part) for part in parts]
    only = node.overloads[0] if len(node.overloads) == 1 else ""
    run = OVERLOADS.get(only) or FUNCTIONS[node.function]
    if node.function in _CONVERSIONS and len(plans) == 1 and isinstance(plans[0], Constant):
        try:
            return Constant(run(plans[0].value))
        except EvaluationError as error:
            raise InstantiationError(str(error)) from None
    if only == "in_list" and isinstance(plans[1], Constant) and _is_set(plans[1].value):
        items = plans[1].value
        return Computed(_membership(plans[0].step(), items)) if items else Constant(False)
    accepted = _accepted(node) if any(_is_open(part.type) for part in parts) else ()
    cost = call_cost(node.function, node.overloads)
    return Computed(Call(run, [each.step() for each in plans], cost, accepted).step())


def _is_open(found: types.Type) -> bool:
    return found.kind in ("dyn", "any", "error") or any(_is_open(each) for each in found.params)


def _accepted(node: tree.Call) -> Sequence[Overload]:
    return [each for each in functions()[node.function] if each.is_member == (node.target is not None)]


def _is_set(value: Any) -> bool:
    return isinstance(value, list) and all(item is None or isinstance(item, str | int | float) for item in value)


def _membership(value: Step, items: list[Any]) -> Step:
    def run(frame: Frame) -> bool:
        found = value(frame)
        return any(equal(item, found) for item in items)

    return run


def _alternative(node: tree.Call) -> Step:
    first, second = (step_of(part) for part in node.children())
    is_value = node.function == "orValue"

    def run(frame: Frame) -> Any:
        found = first(frame)
        if not isinstance(found, Optional):
            raise no_overload()
        if found.is_present:
            return found.content if is_value else found
        return second(frame)

    return run


def _not_strictly_false(value: Step) -> Step:
    def run(frame: Frame) -> bool:
        try:
            found = value(frame)
        except EvaluationError:
            found = True
        frame.cost += 1
        return found is not False

    return run


def _list(node: tree.ListNode) -> Plan:
    plans = [plan(item) for item in node.items]
    if not node.optional and all(isinstance(each, Constant) for each in plans):
        return Constant([each.value for each in plans if isinstance(each, Constant)])
    steps = [each.step() for each in plans]
    optional = node.optional

    def run(frame: Frame) -> list[Any]:
        found = []
        for place, step in enumerate(steps):
            value = step(frame)
            if place in optional:
                if not isinstance(value, Optional):
                    raise EvaluationError(f"cannot initialize optional list element from non-optional value {value}")
                if not value.is_present:
                    continue
                value = value.content
            found.append(value)
        frame.cost += LIST_COST
        return found

    return Computed(run)


def _map(node: tree.MapNode) -> Plan:
    plans = [(plan(key), plan(value), is_optional) for key, value, is_optional in node.entries]
    constant = [
        (key.value, value.value)
        for key, value, is_optional in plans
        if isinstance(key, Constant) and isinstance(value, Constant) and not is_optional
    ]
    if len(constant) == len(plans) and all(isinstance(key, _KEYS) for key, _ in constant):
        return Constant(dict(constant))
    steps = [(key.step(), value.step(), is_optional) for key, value, is_optional in plans]

    def run(frame: Frame) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key_step, value_step, is_optional in steps:
            key, value = key_step(frame), value_step(frame)
            if not isinstance(key, _KEYS):
                raise EvaluationError("unsupported key type")
            if is_optional and not value.is_present:
                continue
            found[key] = value.content if is_optional else value
        frame.cost += MAP_COST
        return found

    return Computed(run)


def _comprehension(node: tree.Comprehension) -> Step:
    if node.is_bind:
        return bind_step(node.accumulator, step_of(node.initial), step_of(node.result))
    parts = [step_of(part) for part in (node.source, node.initial, node.condition, node.step, node.result)]
    return fold(node, parts, step_of)
