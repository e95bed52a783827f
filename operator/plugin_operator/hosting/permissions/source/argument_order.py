"""Calls of the client whose arguments certainly stand in the wrong order, as the source shows by their types."""

import ast

from plugin_operator.client.interface.argument_checks import ORDER, order_problem
from plugin_operator.hosting.permissions.source.facts.arguments import are_kinds, argument_of, is_a_name, written_call
from plugin_operator.hosting.permissions.source.facts.methods import Access
from plugin_operator.hosting.permissions.source.facts.places import subject_of
from plugin_operator.hosting.permissions.source.facts.values import texts_of

_TYPES = {ast.Dict: "dict", ast.DictComp: "dict", ast.List: "list", ast.ListComp: "list"}
_CHANGES = frozenset({"patch", "status"})


def misplaced_argument(access: Access) -> str:
    """Return what is wrong with the order of the arguments of a call; empty if they may be right."""
    call, order = written_call(access), ORDER.get(access.method)
    if order is None or call is None:
        return ""
    if access.method != "evict" and not are_kinds(subject_of(access)):
        return ""
    for position, word in enumerate(order):
        found = _wrong_type(access, call, position, word)
        if found:
            return order_problem(access.method, order, word, found)
    return ""


def _wrong_type(access: Access, call: ast.Call, position: int, word: str) -> str:
    """Return the type of an argument that cannot be what stands at its position; empty if it can."""
    node = argument_of(call, position, word)
    if node is None:
        return ""
    if word in {"name", "namespace"}:
        return _type_of(node)
    is_text = texts_of(access.argument(position, word)) is not None or is_a_name(node) or _is_namespace(node)
    return "str" if word in _CHANGES and is_text else ""


def _type_of(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return "" if isinstance(node.value, str) or node.value is None else type(node.value).__name__
    return _TYPES.get(type(node), "")


def _is_namespace(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="namespace", value=ast.Name(id="request") | ast.Attribute(attr="request" | "metadata")):
            return True
    return False
