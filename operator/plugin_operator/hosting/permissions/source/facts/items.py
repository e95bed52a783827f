"""What is below an index, a key or a slice of a value."""

import ast

from plugin_operator.hosting.permissions.source.facts.state import ELEMENTS, State, field_of
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    ELSEWHERE,
    NOTHING,
    Atom,
    Class,
    External,
    Literal,
    Many,
    Module,
    Null,
    Obj,
    Value,
    joined,
    value,
)

#: Ends the name of the variables of a module of other code.
VARIABLES = ".__dict__"
#: All imported modules, by their names.
_MODULES = "sys.modules"
_BUILTINS = "builtins"


def item_of(state: State, atom: Atom, keys: tuple[str, ...] | None) -> Value:
    """Return what the keys of an atom may hold; all keys if they are None."""
    match atom:
        case Literal() if keys is None:
            return state.everything(atom)
        case Literal():
            found = joined(state.get(atom, key) for key in keys or ())
            return found | state.get(atom, ELEMENTS)
        case Obj(kind=kind):
            return joined(field_of(kind, key) for key in keys) if keys else ANYTHING
        case Many(kind=kind):
            return value(Obj(kind))
        case Class(info=info) if info.is_enum:
            return joined(found for name, found in info.members().items() if keys is None or name in keys)
        case External(name=name) if holds_names(name):
            return _named(state, name, keys)
        case External():
            return ELSEWHERE
        case Null():
            return NOTHING
    return ANYTHING if atom not in ELSEWHERE else ELSEWHERE


def holds_names(name: str) -> bool:
    """Report whether other code of this name is a dict of the variables of a module, or of all modules."""
    return name in {_BUILTINS, _MODULES} or name.endswith(VARIABLES)  # __builtins__ is a module, or its variables


def _named(state: State, name: str, keys: tuple[str, ...] | None) -> Value:
    owner = name.removesuffix(VARIABLES)
    if keys is None:
        return value(External("builtins.eval")) if owner == _BUILTINS else ELSEWHERE
    if name == _MODULES:
        return joined(module_named(state, key) for key in keys)
    return value(*(External(f"{owner}.{key}") for key in keys))


def module_named(state: State, name: str) -> Value:
    """Return the module of a name: one of the program, or one of other code."""
    known = state.modules.get(name)
    return value(External(name) if known is None else Module(known))


def element_of(state: State, atom: Atom, number: int) -> Value:
    """Return what an index may hold: exactly, for a list or tuple whose elements are known."""
    elements = state.sequence(atom)
    if elements is None:
        return item_of(state, atom, None)
    return elements[number] if -len(elements) <= number < len(elements) else NOTHING


def part_of(state: State, atom: Atom, node: ast.Subscript) -> Value:
    """Return what a slice may be."""
    if not isinstance(atom, Literal):
        return value(atom) if isinstance(atom, Many) else item_of(state, atom, None)
    state.put(node, ELEMENTS, state.elements(value(atom)))
    return value(Literal(node))


def number_of(node: ast.expr) -> int | None:
    """Return the number that an index is in the source, or None."""
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)):
            return -number
    return None
