"""What the functions of lists and sets cost at most, by cel-go's extensions."""

from collections.abc import Sequence
from typing import Any

from go_cel.costs.parts import Estimate, Part, Rule
from go_cel.costs.ranges import LIST_COST, MOST, ONE, TRAVERSAL, Range, fixed
from go_cel.syntax import tree

_WRAPPED = MOST + 1


def _allocated(size: Range, factor: float = 1) -> Estimate:
    return size.scaled(factor).plus(ONE).plus(fixed(LIST_COST)), size


def _constant(part: Part, default: int) -> int:
    value: Any = part.node.value if isinstance(part.node, tree.Literal) else None
    return max(value, 0) if type(value) is int else default


def _slice(target: Part | None, args: Sequence[Part]) -> Estimate | None:
    if target is None:
        return None
    start, end = _constant(args[0], 0), _constant(args[1], target.declared_size.high)
    return _allocated(fixed((end - start) % _WRAPPED))


def _flatten(target: Part | None, args: Sequence[Part]) -> Estimate | None:
    if target is None:
        return None
    return _allocated(target.declared_size, float(_constant(args[0], MOST)) if args else 1.0)


def _sorted(factor: float, *, by_argument: bool = False) -> Rule:
    def run(target: Part | None, args: Sequence[Part]) -> Estimate | None:
        part = args[0] if by_argument else target
        if part is None:
            return None
        return _allocated(part.declared_size.times(part.declared_size), factor)

    return run


def _set(factor: float) -> Rule:
    def run(_target: Part | None, args: Sequence[Part]) -> Estimate | None:
        return args[0].declared_size.times(args[1].declared_size).scaled(factor).plus(ONE), None

    return run


_TYPES = ("int", "uint", "double", "bool", "google.protobuf.Duration", "google.protobuf.Timestamp", "string", "bytes")
LISTS: dict[str, Rule] = {
    "list_slice": _slice,
    "list_flatten": _flatten,
    "list_flatten_int": _flatten,
    "lists_range": lambda _target, args: _allocated(fixed(_constant(args[0], MOST))),
    "list_reverse": lambda target, _args: None if target is None else _allocated(target.declared_size),
    "list_distinct": _sorted(2.0),
    **{f"list_{kind}_sort": _sorted(2.0 + TRAVERSAL * (kind in ("string", "bytes"))) for kind in _TYPES},
    **{
        f"list_{kind}_sortByAssociatedKeys": _sorted(2.0 + TRAVERSAL * (kind in ("string", "bytes")), by_argument=True)
        for kind in _TYPES
    },
    "list_sets_contains_list": _set(1),
    "list_sets_intersects_list": _set(1),
    "list_sets_equivalent_list": _set(2),
}
