"""What an expression costs at most: a port of cel-go's estimator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from go_cel import types
from go_cel.costs.calls import call_estimate
from go_cel.costs.parts import Part
from go_cel.costs.ranges import LIST_COST, MAP_COST, MOST, ONE, STRUCT_COST, UNKNOWN, ZERO, Range, fixed
from go_cel.syntax import tree
from go_cel.syntax.tree import Node
from go_cel.types import Type

Path = tuple[str, ...]
SizeOfPath = Callable[[Path], Range | None]


@dataclass(frozen=True, slots=True)
class _Entries:
    kind: str
    key: Range
    value: Range

    def union(self, other: "_Entries | None") -> "_Entries | None":
        if other is None:
            return None
        return _Entries(self.kind, self.key.union(other.key), self.value.union(other.value))


@dataclass(frozen=True, slots=True)
class _Local:
    path: Path
    size: Range | None
    entries: _Entries | None


def estimate(root: Node, size_of_path: SizeOfPath) -> Range:
    """Return the least and the most that a checked expression costs.

    Args:
        root: the tree of the expression.
        size_of_path: returns the size of what a path of fields leads to, None where it is not known.
    """
    return _Estimator(size_of_path).cost(root)


class _Estimator:
    def __init__(self, size_of_path: SizeOfPath) -> None:
        self._size_of_path = size_of_path
        self._paths: dict[Node, Path] = {}
        self._locals: dict[str, list[_Local]] = {}
        self._sizes: dict[Node, Range] = {}
        self._entries: dict[Node, _Entries] = {}

    def cost(self, node: Node) -> Range:
        match node:
            case tree.Ident():
                local = self._local(node)
                self._paths[node] = local.path if local is not None else (node.name,)
                return ONE
            case tree.Select():
                return self._select(node)
            case tree.Call():
                return self._call(node)
            case tree.ListNode():
                return self._list(node)
            case tree.MapNode():
                return self._map(node)
            case tree.StructNode():
                return _total([self.cost(value) for _, value, _ in node.fields]).plus(fixed(STRUCT_COST))
            case tree.Comprehension():
                return self._bind(node) if node.is_bind else self._loop(node)
        return ZERO

    def _select(self, node: tree.Select) -> Range:
        if node.type_name:
            return ONE
        total = self.cost(node.operand)
        if node.is_test:
            return total
        if node.operand.type.kind in ("map", "struct", "param"):
            total = total.plus(ONE)
        self._paths[node] = (*self._path(node.operand), node.field)
        return total

    def _call(self, node: tree.Call) -> Range:
        if node.function == "dyn":
            cost = self.cost(node.args[0])
            self._copy_sizes(node, node.args[0])
            return ONE.plus(cost)
        costs = [self.cost(arg) for arg in node.args]
        parts = [self._part(arg) for arg in node.args]
        if not node.overloads:
            return ZERO
        total = ZERO
        target = None
        if node.target is not None:
            total = self.cost(node.target)
            target = self._part(node.target)
        most, result = Range(MOST, 0), None
        for overload in node.overloads:
            found = self._special(node, overload, parts, costs)
            if found is None:
                call = call_estimate(node.function, overload, target, parts)
                found = call[0].plus(_total(costs)), call[1]
            most = most.union(found[0])
            if found[1] is not None:
                result = found[1] if result is None else result.union(found[1])
            result = self._indexed(node, overload, result)
            if result is None:
                result = self._size(node)
        self._set_size(node, result)
        return total.plus(most)

    def _indexed(self, node: tree.Call, overload: str, result: Range | None) -> Range | None:
        if overload in ("index_list", "index_map"):
            entries = self._entry_sizes(node.args[0])
            below = "@items" if overload == "index_list" else "@values"
            self._paths[node] = (*self._path(node.args[0]), below)
            return entries.value if entries is not None else None
        return result

    def _special(
        self, node: tree.Call, overload: str, parts: Sequence[Part], costs: Sequence[Range]
    ) -> tuple[Range, Range | None] | None:
        """Return cost and size of the calls whose arguments do not all run, or whose items keep their sizes."""
        if overload in ("logical_or", "logical_and"):
            return Range(costs[0].low, costs[0].plus(costs[1]).high), None
        if overload == "conditional":
            size = parts[1].known_size.union(parts[2].known_size)
            self._join_entries(node, node.args[1], node.args[2])
            return costs[0].plus(costs[1].union(costs[2])), size
        if overload in ("add_string", "add_bytes", "add_list"):
            self._join_entries(node, node.args[0], node.args[1])
        return None

    def _join_entries(self, node: Node, left: Node, right: Node) -> None:
        first = self._entry_sizes(left)
        joined = first.union(self._entry_sizes(right)) if first is not None else None
        if joined is not None:
            self._entries[node] = joined

    def _list(self, node: tree.ListNode) -> Range:
        total, items = ZERO, Range(MOST if node.items else 0, 0)
        for item in node.items:
            total = total.plus(self.cost(item))
            items = items.union(self._known_size(item))
        self._entries[node] = _Entries("list", ONE, items)
        return total.plus(fixed(LIST_COST))

    def _map(self, node: tree.MapNode) -> Range:
        least = MOST if node.entries else 0
        total, keys, values = ZERO, Range(least, 0), Range(least, 0)
        for key, value, _ in node.entries:
            total = total.plus(self.cost(key)).plus(self.cost(value))
            keys, values = keys.union(self._known_size(key)), values.union(self._known_size(value))
        self._entries[node] = _Entries("map", keys, values)
        return total.plus(fixed(MAP_COST))

    def _loop(self, node: tree.Comprehension) -> Range:
        total = self.cost(node.source).plus(self.cost(node.initial))
        self._push(node.accumulator, self._path(node.initial), node.initial)
        places = ("key", "value") if len(node.variables) == 2 else ("single",)
        for name, place in zip(node.variables, places, strict=True):
            self._push_variable(name, node.source, place)
        each = self.cost(node.condition)
        each = self.cost(node.step).plus(each)
        for name in node.variables:
            self._locals[name].pop()
        total = total.plus(self.cost(node.result))
        self._locals[node.accumulator].pop()
        count = self._known_size(node.source)
        if isinstance(node.initial, tree.Literal):
            self._set_size(node, self._size(node.initial))
        elif isinstance(node.initial, tree.ListNode | tree.MapNode):
            self._set_size(node, count)
            step = self._entry_sizes(node.step)
            if step is not None:
                self._entries[node] = step
        return total.plus(count.times(each))

    def _bind(self, node: tree.Comprehension) -> Range:
        total = self.cost(node.source).plus(self.cost(node.initial))
        self._push(node.accumulator, self._path(node.initial), node.initial)
        total = total.plus(self.cost(node.result))
        self._locals[node.accumulator].pop()
        self._copy_sizes(node, node.result)
        return total

    def _push(self, name: str, path: Path, node: Node) -> None:
        local = _Local(path, self._size(node), self._entry_sizes(node))
        self._locals.setdefault(name, []).append(local)

    def _push_variable(self, name: str, source: Node, place: str) -> None:
        entries = self._entry_sizes(source)
        is_list = (entries.kind if entries is not None else source.type.kind) == "list"
        is_value = place == "value" or (place == "single" and is_list)
        if is_value:
            below = "@items" if is_list else "@values"
            size = entries.value if entries is not None else None
        else:
            below = "@indices" if is_list else "@keys"
            size = entries.key if entries is not None else None
        self._locals.setdefault(name, []).append(_Local((*self._path(source), below), size, None))

    def _local(self, node: Node) -> _Local | None:
        found = self._locals.get(node.name) if isinstance(node, tree.Ident) else None
        return found[-1] if found else None

    def _path(self, node: Node) -> Path:
        local = self._local(node)
        return local.path if local is not None else self._paths.get(node, ())

    def _part(self, node: Node) -> Part:
        path = self._path(node)
        if path and path[0] == tree.ACCUMULATOR:
            path = ()
        return Part(node.type, path, node, self._size(node), self._size_of_path)

    def _known_size(self, node: Node) -> Range:
        size = self._size(node)
        return UNKNOWN if size is None else size

    def _set_size(self, node: Node, size: Range | None) -> None:
        if size is not None:
            self._sizes[node] = size

    def _copy_sizes(self, node: Node, source: Node) -> None:
        self._set_size(node, self._size(source))
        entries = self._entry_sizes(source)
        if entries is not None:
            self._entries[node] = entries

    def _entry_sizes(self, node: Node) -> _Entries | None:
        if node in self._entries:
            return self._entries[node]
        local = self._local(node)
        return local.entries if local is not None else None

    def _size(self, node: Node) -> Range | None:
        known = self._sizes.get(node) or _literal_size(node)
        if known is not None:
            return known
        path = self._path(node)
        found = self._size_of_path(path) if path else None
        if found is not None:
            self._sizes[node] = found
            return found
        if _is_scalar(node.type):
            return ONE
        local = self._local(node)
        return local.size if local is not None else None


def _total(costs: Sequence[Range]) -> Range:
    total = ZERO
    for cost in costs:
        total = total.plus(cost)
    return total


def _literal_size(node: Node) -> Range | None:
    match node:
        case tree.Literal(value=str() | bytes()):
            return fixed(len(node.value))
        case tree.Literal():
            return ONE
        case tree.ListNode():
            return fixed(len(node.items))
        case tree.MapNode():
            return fixed(len(node.entries))
    return None


def _is_scalar(found: Type) -> bool:
    inside, is_optional = types.unwrapped(found)
    return _is_scalar(inside) if is_optional else found.kind in types.SCALARS
