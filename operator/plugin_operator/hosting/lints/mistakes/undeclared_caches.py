"""Reads of caches that the controller does not declare, which raise LookupError when they run."""

import ast
from collections.abc import Iterable, Sequence

from plugin_operator.error_hints import undeclared_kind
from plugin_operator.hosting.lints.facts import DeclaredController, Found
from plugin_operator.hosting.lints.kinds import NamedKind, kind_named
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.source_file import CONTEXT, SourceFile, arguments_of


def _find(file: SourceFile) -> Iterable[Found]:
    if not file.declared:
        return
    for node in file.scopes.nodes:
        match node:
            case ast.Call(args=[asked]) if file.dotted(node.func) == f"{CONTEXT}.lister_for":
                message = _unknown(kind_named(file, asked), controllers_of(file, node, file.declared))
            case ast.Call() if (gate := _gate_kind(file, node)) is not None:
                found = _unknown(kind_named(file, gate), controllers_of(file, node, file.declared))
                message = found.replace("so this raises", "so sync_children raises")
            case ast.Attribute(attr="lister", ctx=ast.Load()) if file.dotted(node) == f"{CONTEXT}.lister":
                message = _without_kind(controllers_of(file, node, file.declared))
            case _:
                continue
        if message:
            yield file.found(node, message)


def controllers_of(
    file: SourceFile, node: ast.AST, declared: Sequence[DeclaredController]
) -> Sequence[DeclaredController]:
    """Return the controllers whose code ``node`` may be: one if it is inside of it, else all."""
    inside: ast.AST | None = node
    while inside is not None:
        if isinstance(inside, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            lines = {inside.lineno, *(each.lineno for each in inside.decorator_list)}
            found = [each for each in declared if each.line in lines]
            if found:
                return found
        inside = file.parent(inside)
    return declared


def _gate_kind(file: SourceFile, call: ast.Call) -> ast.expr | None:
    """Return the kind that ``ready(kind, name)`` names; None for another call."""
    if file.dotted(call.func) != "plugin_operator.ready":
        return None
    return call.args[0] if call.args else arguments_of(call).get("kind")


def _unknown(named: NamedKind | None, controllers: Sequence[DeclaredController]) -> str:
    known = {cache for each in controllers for cache in each.caches}
    if named is None or not named.text or named.text in known:
        return ""
    text, shown = named.text, ", ".join(sorted(known)) or "none at all"
    declare = (
        f"declare reads=[{named.written}]"
        if "/" in text
        else f"declare name={text!r} for one of its kinds, with own(), watch() or read()"
    )
    way_out = undeclared_kind(text, known, declare)
    return f"no cache of {text} is declared, only of {shown}, so this raises LookupError: {way_out}"


def _without_kind(controllers: Sequence[DeclaredController]) -> str:
    if any(each.has_kind for each in controllers):
        return ""
    return (
        "the controller has no for_, so ctx.lister raises LookupError: declare reads=['v1/ConfigMap'] and use "
        "ctx.lister_for('v1/ConfigMap')"
    )


UNDECLARED_CACHE = Lint(Rule("PO103", ERROR, "a read of a cache that is not declared"), _find)
