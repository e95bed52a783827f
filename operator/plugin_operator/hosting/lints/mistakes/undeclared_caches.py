"""Reads of caches that the controller does not declare, which raise LookupError when they run."""

import ast
from collections.abc import Iterable, Sequence

from plugin_operator.hosting.lints.facts import DeclaredController, Found
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.source_file import CONTEXT, SourceFile


def _find(file: SourceFile) -> Iterable[Found]:
    if not file.declared:
        return
    for node in file.scopes.nodes:
        match node:
            case ast.Call(args=[asked]) if file.dotted(node.func) == f"{CONTEXT}.lister_for":
                name = file.text_of(asked)
                message = _unknown(name, controllers_of(file, node, file.declared)) if name is not None else ""
            case ast.Call(args=[asked, *_]) if file.dotted(node.func) == "plugin_operator.ready":
                name = file.text_of(asked)
                found = _unknown(name, controllers_of(file, node, file.declared)) if name is not None else ""
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


def _unknown(name: str, controllers: Sequence[DeclaredController]) -> str:
    text = name.strip()
    known = {cache for each in controllers for cache in each.caches}
    if text in known or not text:
        return ""
    shown = ", ".join(sorted(known)) or "none at all"
    declare = (
        f"reads=[{text!r}]" if "/" in text else f"name={text!r} for one of its kinds, with own(), watch() or read()"
    )
    return f"no cache of {text} is declared, only of {shown}, so this raises LookupError: declare {declare}"


def _without_kind(controllers: Sequence[DeclaredController]) -> str:
    if any(each.has_kind for each in controllers):
        return ""
    return (
        "the controller has no for_, so ctx.lister raises LookupError: declare reads=['v1/ConfigMap'] and use "
        "ctx.lister_for('v1/ConfigMap')"
    )


UNDECLARED_CACHE = Lint(Rule("PO103", ERROR, "a read of a cache that is not declared"), _find)
