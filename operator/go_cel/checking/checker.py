"""The type checker, a port of the rules of cel-go's."""

from collections.abc import Iterable, Mapping

from go_cel import types
from go_cel.checking.declarations import Overload, functions, signature, type_names
from go_cel.checking.unification import Mapping as TypeMapping
from go_cel.checking.unification import assignable, collect_params, most_general
from go_cel.errors import Issue
from go_cel.syntax import tree
from go_cel.syntax.tree import Node
from go_cel.types import Type, literal_type

_LOGICAL = ("_&&_", "_||_")


class Scope:
    """What the names in an expression mean.

    Attributes:
        variables: types by name.
        fields: types of fields by the name of their object type.
    """

    __slots__ = ("fields", "variables")

    def __init__(self, variables: Mapping[str, Type], fields: Mapping[str, Mapping[str, Type]]) -> None:
        self.variables = variables
        self.fields = fields


def check(root: Node, scope: Scope) -> list[Issue]:
    """Write types and overloads into a tree. Return what is wrong with it."""
    checker = _Checker(scope)
    checker.check(root)
    if not checker.issues:
        tree.walk(root, checker.finish)
    return checker.issues


class _Checker:
    def __init__(self, scope: Scope) -> None:
        self._fields = scope.fields
        self._scopes: list[Mapping[str, Type]] = [scope.variables]
        self._mapping = TypeMapping()
        self._fresh = 0
        self.issues: list[Issue] = []

    def finish(self, node: Node) -> None:
        node.type = self._mapping.substitute(node.type, is_final=True)

    def check(self, node: Node) -> None:
        match node:
            case tree.Literal():
                node.type = literal_type(node.value)
            case tree.Ident():
                self._ident(node)
            case tree.Select():
                self._select(node)
            case tree.Call():
                self._call(node)
            case tree.ListNode():
                self._list(node)
            case tree.MapNode():
                self._map(node)
            case tree.StructNode():
                self._struct(node)
            case tree.Comprehension():
                self._comprehension(node)

    def _report(self, offset: int, message: str) -> None:
        self.issues.append(Issue(offset, message))

    def _lookup(self, name: str) -> tuple[Type, bool] | None:
        plain = name.removeprefix(".")
        for scope in reversed(self._scopes):
            if plain in scope:
                return scope[plain], False
        named = type_names().get(plain)
        return (types.type_of(named), True) if named is not None else None

    def _undeclared(self, offset: int, name: str) -> None:
        self._report(offset, f"undeclared reference to '{name}' (in container '')")

    def _ident(self, node: tree.Ident) -> None:
        found = self._lookup(node.name)
        if found is None:
            node.type = types.ERROR
            self._undeclared(node.offset, node.name)
            return
        node.type, node.is_type = found
        node.name = node.name.removeprefix(".")

    def _select(self, node: tree.Select) -> None:
        name = tree.qualified_name(node)
        found = self._lookup(name) if name is not None else None
        if name is not None and found is not None:
            node.type, is_type = found
            node.type_name = name if is_type else ""
            return
        result = self._field(node, node.operand, node.field, is_optional=False)
        node.type = types.BOOL if node.is_test else self._mapping.substitute(result)

    def _field(self, node: Node, operand: Node, field: str, *, is_optional: bool) -> Type:
        self.check(operand)
        target, was_optional = types.unwrapped(self._mapping.substitute(operand.type))
        result = types.ERROR
        if target.kind == "map":
            result = target.params[1]
        elif target.kind == "struct":
            result = self._declared_field(node.offset, target.name, field)
        else:
            if target.kind == "param":
                self._assign([types.DYN], [target])
            elif not types.is_dyn_or_error(target):
                self._report(node.offset, f"type '{target.text}' does not support field selection")
            result = types.DYN
        return types.optional_of(result) if was_optional or is_optional else result

    def _declared_field(self, offset: int, name: str, field: str) -> Type:
        if name not in self._fields:
            self._report(offset, f"unexpected failed resolution of '{name}'")
            return types.ERROR
        found = self._fields[name].get(field)
        if found is None:
            self._report(offset, f"undefined field '{field}'")
            return types.ERROR
        return found

    def _call(self, node: tree.Call) -> None:
        if node.function == "_?._":
            operand, field = node.args
            name = field.value if isinstance(field, tree.Literal) else ""
            result = self._field(node, operand, name, is_optional=True)
            field.type = types.STRING
            node.type = self._mapping.substitute(result)
            node.overloads = ["select_optional_field"]
            return
        for arg in node.args:
            self.check(arg)
        if node.target is not None:
            prefix = tree.qualified_name(node.target)
            dotted = f"{prefix}.{node.function}".removeprefix(".") if prefix is not None else ""
            if dotted in functions():
                node.function, node.target = dotted, None
            else:
                self.check(node.target)
        node.function = node.function.removeprefix(".")
        declared = functions().get(node.function)
        if declared is None:
            node.type = types.ERROR
            self._undeclared(node.offset, node.function)
            return
        self._resolve(node, declared)

    def _resolve(self, node: tree.Call, declared: Iterable[Overload]) -> None:
        parts = node.args if node.target is None else [node.target, *node.args]
        given = [part.type for part in parts]
        if node.function in _LOGICAL:
            self._logical(node, parts)
            return
        result: Type | None = None
        for overload in declared:
            if overload.is_member != (node.target is not None):
                continue
            wanted = self._instance(overload)
            if not self._assign(given, wanted[1:]):
                continue
            node.overloads.append(overload.identifier)
            found = self._mapping.substitute(wanted[0])
            if result is None:
                result = found
            elif not types.is_dyn(result) and found != result:
                result = types.DYN
        if result is None:
            shown = [self._mapping.substitute(each, is_final=True) for each in given]
            self._report(node.offset, signature(node.function, shown, is_member=node.target is not None))
            result = types.ERROR
        node.type = result

    def _logical(self, node: tree.Call, parts: list[Node]) -> None:
        node.type = types.BOOL
        node.overloads = ["logical_and" if node.function == "_&&_" else "logical_or"]
        for part in parts:
            if not self._assign([part.type], [types.BOOL]):
                self._report(part.offset, f"expected type 'bool' but found '{part.type.text}'")
                node.type = types.ERROR

    def _instance(self, overload: Overload) -> list[Type]:
        """Return result and parameters with type parameters of their own."""
        own = TypeMapping()
        names: dict[str, Type] = {}
        for each in (overload.result, *overload.parameters):
            collect_params(each, names)
        for known in names.values():
            own.add(known, self._free_type())
        return [own.substitute(each) for each in (overload.result, *overload.parameters)]

    def _free_type(self) -> Type:
        self._fresh += 1
        return types.param(f"_var{self._fresh - 1}")

    def _assign(self, given: list[Type], wanted: list[Type]) -> bool:
        found = assignable(self._mapping, given, wanted)
        if found is None:
            return False
        self._mapping = found
        return True

    def _joined(self, before: Type | None, found: Type) -> Type:
        if before is None:
            return found
        if self._assign([before], [found]):
            return most_general(before, found)
        return types.DYN  # the literals are checked for it once the types are known

    def _mismatch(self, offset: int, wanted: Type, found: Type) -> None:
        self._report(offset, f"expected type '{wanted.text}' but found '{found.text}'")

    def _entry_type(self, node: Node, *, is_optional: bool) -> Type:
        if not is_optional:
            return node.type
        found, was_optional = types.unwrapped(node.type)
        if not was_optional and not types.is_dyn(found):
            self._mismatch(node.offset, types.optional_of(found), found)
        return found

    def _list(self, node: tree.ListNode) -> None:
        joined: Type | None = None
        for place, item in enumerate(node.items):
            self.check(item)
            joined = self._joined(joined, self._entry_type(item, is_optional=place in node.optional))
        node.type = types.list_of(joined or self._free_type())

    def _map(self, node: tree.MapNode) -> None:
        keys: Type | None = None
        values: Type | None = None
        for key, value, is_optional in node.entries:
            self.check(key)
            keys = self._joined(keys, key.type)
            self.check(value)
            values = self._joined(values, self._entry_type(value, is_optional=is_optional))
        node.type = types.map_of(keys or self._free_type(), values or self._free_type())

    def _struct(self, node: tree.StructNode) -> None:
        found = self._lookup(node.name)
        node.type = types.ERROR
        if found is None:
            self._undeclared(node.offset, node.name)
            return
        if not found[1]:
            self._report(node.offset, f"'{node.name}' is not a type")
        else:
            self._report(node.offset, f"'{node.name}' is not a message type")
        for _, value, _ in node.fields:
            self.check(value)

    def _comprehension(self, node: tree.Comprehension) -> None:
        self.check(node.source)
        self.check(node.initial)
        source, accumulated = self._mapping.substitute(node.source.type), node.initial.type
        self._scopes.append({node.accumulator: accumulated})
        self._scopes.append(dict(zip(node.variables, self._loop_types(node, source), strict=True)))
        self.check(node.condition)
        self._assert(node.condition, types.BOOL)
        self.check(node.step)
        self._assert(node.step, accumulated)
        self._scopes.pop()
        self.check(node.result)
        self._scopes.pop()
        node.type = self._mapping.substitute(node.result.type)

    def _loop_types(self, node: tree.Comprehension, source: Type) -> list[Type]:
        count = len(node.variables)
        if source.kind == "list":
            return [source.params[0]] if count == 1 else [types.INT, source.params[0]]
        if source.kind == "map":
            return list(source.params[:count])
        if source.kind in ("dyn", "error", "param"):
            self._assign([types.DYN], [source])
            return [types.DYN] * count
        text = f"expression of type '{source.text}' cannot be range of a comprehension (must be list, map, or dynamic)"
        self._report(node.source.offset, text)
        return [types.ERROR] * count

    def _assert(self, node: Node, wanted: Type) -> None:
        if not self._assign([wanted], [node.type]):
            self._mismatch(node.offset, wanted, node.type)
