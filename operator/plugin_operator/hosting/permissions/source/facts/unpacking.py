"""What the parts of a sequence may hold: targets of an assignment, and patterns of ``match``."""

import ast

from plugin_operator.hosting.permissions.source.facts.state import ELEMENTS, State
from plugin_operator.hosting.permissions.source.facts.values import Literal, Value, joined, value


def unpacked(state: State, node: ast.AST, found: Value, count: int, star: int | None) -> list[Value]:
    """Return what each of ``count`` parts gets of the elements of a value.

    Args:
        state: the facts.
        node: what takes the parts apart; it stands for the list of a starred part.
        found: the value.
        count: number of parts.
        star: position of the part with ``*``, which gets a list; None for none.
    """
    parts: list[list[Value]] = [[] for _ in range(count)]
    for atom in found:
        elements = state.sequence(atom)
        after = count - (star + 1) if star is not None else 0
        if elements is None or (len(elements) != count if star is None else len(elements) < count - 1):
            for part in parts:
                part.append(state.elements(value(atom)))
        elif star is None:
            for part, element in zip(parts, elements, strict=True):
                part.append(element)
        else:
            rest = len(elements) - after
            whole = [*elements[:star], joined(elements[star:rest]), *elements[rest:]]
            for part, element in zip(parts, whole, strict=True):
                part.append(element)
    made = [joined(each) for each in parts]
    if star is not None:
        state.put(node, ELEMENTS, made[star])
        made[star] = value(Literal(node))
    return made
