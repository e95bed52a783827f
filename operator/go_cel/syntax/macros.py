"""Macros: calls that become loops, tests of presence and named values."""

from collections.abc import Callable, Sequence

from go_cel.errors import Issue
from go_cel.syntax.tree import ACCUMULATOR, Call, Comprehension, Ident, ListNode, Literal, MapNode, Node, Select

_UNUSED, _SORT_INPUT = "#unused", "@__sortBy_input__"
_OLD_ACCUMULATOR = "__result__"
_SORTABLE = (ListNode, Select, Ident, Comprehension, Call)


class MacroError(Exception):
    """A macro is called wrongly."""

    def __init__(self, node: Node, message: str) -> None:
        self.issue = Issue(node.offset, message)


def expanded(offset: int, function: str, args: list[Node], target: Node | None) -> Node | None:
    """Return what a macro stands for, None if the call is no macro.

    Raises:
        MacroError: it is one, and its arguments are wrong.
    """
    if target is None:
        return _presence(offset, args[0]) if function == "has" and len(args) == 1 else None
    macro = _MACROS.get((function, len(args)))
    return macro(_Expansion(offset, target), args) if macro is not None else None


class _Expansion:
    """Makes the nodes of one macro. They all stand at the place of its call."""

    def __init__(self, offset: int, target: Node) -> None:
        self.offset = offset
        self.target = target

    def accumulator(self) -> Node:
        return Ident(self.offset, ACCUMULATOR)

    def constant(self, value: bool | int) -> Node:
        return Literal(self.offset, value)

    def call(self, function: str, *args: Node, target: Node | None = None) -> Node:
        return Call(self.offset, function, args, target)

    def loop(self, variables: tuple[str, ...], *parts: Node) -> Node:
        return Comprehension(self.offset, self.target, variables, ACCUMULATOR, parts)

    def bound(self, name: str, value: Node, result: Node) -> Node:
        parts = (value, self.constant(False), Ident(self.offset, name), result)
        return Comprehension(self.offset, ListNode(self.offset), (_UNUSED,), name, parts)


def _presence(offset: int, arg: Node) -> Node:
    if isinstance(arg, Select) and not arg.is_test:
        return Select(offset, arg.operand, arg.field, is_test=True)
    raise MacroError(arg, "invalid argument to has() macro")


def _variable(arg: Node, problem: str) -> str:
    if not isinstance(arg, Ident):
        raise MacroError(arg, problem)
    if arg.name in (ACCUMULATOR, _OLD_ACCUMULATOR):
        raise MacroError(arg, "iteration variable overwrites accumulator variable")
    return arg.name


def _variables(args: Sequence[Node], count: int) -> tuple[str, ...]:
    if count == 1:
        return (_variable(args[0], "argument must be a simple name"),)
    names = tuple(_variable(arg, "argument must be a simple name") for arg in args[:2])
    if names[0] == names[1]:
        raise MacroError(args[1], f"duplicate variable name: {names[0]}")
    return names


def _all(make: _Expansion, args: list[Node]) -> Node:
    names = _variables(args, len(args) - 1)
    condition = make.call("@not_strictly_false", make.accumulator())
    step = make.call("_&&_", make.accumulator(), args[-1])
    return make.loop(names, make.constant(True), condition, step, make.accumulator())


def _exists(make: _Expansion, args: list[Node]) -> Node:
    names = _variables(args, len(args) - 1)
    condition = make.call("@not_strictly_false", make.call("!_", make.accumulator()))
    step = make.call("_||_", make.accumulator(), args[-1])
    return make.loop(names, make.constant(False), condition, step, make.accumulator())


def _exists_one(make: _Expansion, args: list[Node]) -> Node:
    names = _variables(args, len(args) - 1)
    more = make.call("_+_", make.accumulator(), make.constant(1))
    step = make.call("_?_:_", args[-1], more, make.accumulator())
    result = make.call("_==_", make.accumulator(), make.constant(1))
    return make.loop(names, make.constant(0), make.constant(True), step, result)


def _filtered(make: _Expansion, names: tuple[str, ...], initial: Node, condition: Node | None, step: Node) -> Node:
    if condition is not None:
        step = make.call("_?_:_", condition, step, make.accumulator())
    return make.loop(names, initial, make.constant(True), step, make.accumulator())


def _map(make: _Expansion, args: list[Node]) -> Node:
    name = _variable(args[0], "argument is not an identifier")
    step = make.call("_+_", make.accumulator(), ListNode(make.offset, [args[-1]]))
    return _filtered(make, (name,), ListNode(make.offset), args[1] if len(args) == 3 else None, step)


def _filter(make: _Expansion, args: list[Node]) -> Node:
    name = _variable(args[0], "argument is not an identifier")
    step = make.call("_+_", make.accumulator(), ListNode(make.offset, [args[0]]))
    return _filtered(make, (name,), ListNode(make.offset), args[1], step)


def _transform_list(make: _Expansion, args: list[Node]) -> Node:
    step = make.call("_+_", make.accumulator(), ListNode(make.offset, [args[-1]]))
    return _filtered(make, _variables(args, 2), ListNode(make.offset), args[2] if len(args) == 4 else None, step)


def _transform_map(make: _Expansion, args: list[Node]) -> Node:
    names = _variables(args, 2)
    step = make.call("cel.@mapInsert", make.accumulator(), Ident(make.offset, names[0]), args[-1])
    return _filtered(make, names, MapNode(make.offset), args[2] if len(args) == 4 else None, step)


def _transform_entries(make: _Expansion, args: list[Node]) -> Node:
    step = make.call("cel.@mapInsert", make.accumulator(), args[-1])
    return _filtered(make, _variables(args, 2), MapNode(make.offset), args[2] if len(args) == 4 else None, step)


def _optional_map(make: _Expansion, args: list[Node]) -> Node:
    return _optional(make, args, "optMap", lambda found: make.call("optional.of", found))


def _optional_flat_map(make: _Expansion, args: list[Node]) -> Node:
    return _optional(make, args, "optFlatMap", lambda found: found)


def _optional(make: _Expansion, args: list[Node], macro: str, wrapped: Callable[[Node], Node]) -> Node:
    if not isinstance(args[0], Ident):
        raise MacroError(args[0], f"{macro}() variable name must be a simple identifier")
    is_present = make.call("hasValue", target=make.target)
    value = make.call("value", target=_copied(make.target))
    found = wrapped(make.bound(args[0].name, value, args[1]))
    return make.call("_?_:_", is_present, found, make.call("optional.none"))


def _sort_by(make: _Expansion, args: list[Node]) -> Node:
    if not isinstance(make.target, _SORTABLE):
        problem = "sortBy can only be applied to a list, identifier, comprehension, call or select expression"
        raise MacroError(make.target, problem)
    keys = _map(_Expansion(make.offset, Ident(make.offset, _SORT_INPUT)), args)
    sorted_items = make.call("@sortByAssociatedKeys", keys, target=Ident(make.offset, _SORT_INPUT))
    return make.bound(_SORT_INPUT, make.target, sorted_items)


def _copied(node: Node) -> Node:
    """Return a copy of a tree: each node stands once in an expression."""
    match node:
        case Literal():
            return Literal(node.offset, node.value)
        case Ident():
            return Ident(node.offset, node.name)
        case Select():
            return Select(node.offset, _copied(node.operand), node.field, is_test=node.is_test)
        case Call():
            target = None if node.target is None else _copied(node.target)
            return Call(node.offset, node.function, [_copied(arg) for arg in node.args], target)
        case ListNode():
            return ListNode(node.offset, [_copied(item) for item in node.items], node.optional)
        case MapNode():
            return MapNode(node.offset, [(_copied(key), _copied(value), maybe) for key, value, maybe in node.entries])
        case Comprehension():
            parts = tuple(_copied(part) for part in (node.initial, node.condition, node.step, node.result))
            return Comprehension(node.offset, _copied(node.source), node.variables, node.accumulator, parts)
    return node


_MACROS: dict[tuple[str, int], Callable[[_Expansion, list[Node]], Node]] = {
    **{("all", count): _all for count in (2, 3)},
    **{("exists", count): _exists for count in (2, 3)},
    **{("exists_one", count): _exists_one for count in (2, 3)},
    ("existsOne", 3): _exists_one,
    **{("map", count): _map for count in (2, 3)},
    ("filter", 2): _filter,
    **{("transformList", count): _transform_list for count in (3, 4)},
    **{("transformMap", count): _transform_map for count in (3, 4)},
    **{("transformMapEntry", count): _transform_entries for count in (3, 4)},
    ("optMap", 2): _optional_map,
    ("optFlatMap", 2): _optional_flat_map,
    ("sortBy", 2): _sort_by,
}
