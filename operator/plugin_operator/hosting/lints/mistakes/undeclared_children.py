"""Children of kinds that ``owns`` does not have, for which ``ctx.sync_children`` raises ValueError."""

import ast
from collections.abc import Iterable, Iterator

from plugin_operator.error_hints import undeclared_kind
from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.kinds import NamedKind, kind_of_object, value_of
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.mistakes.undeclared_caches import controllers_of
from plugin_operator.hosting.lints.source_file import CONTEXT, SourceFile, arguments_of


def _find(file: SourceFile) -> Iterable[Found]:
    for call in file.calls if file.declared else ():
        if file.dotted(call.func) != f"{CONTEXT}.sync_children":
            continue
        owned = {kind for each in controllers_of(file, call, file.declared or ()) for kind in each.owns}
        given = call.args[1] if len(call.args) > 1 else arguments_of(call).get("children")
        for child, kind in _children(file, given):
            if kind.text not in owned:
                shown = ", ".join(sorted(owned)) or "nothing"
                way_out = undeclared_kind(kind.text, owned, f"declare owns=[{kind.written}]")
                message = f"the controller owns {shown}, so a child {kind.text} raises ValueError: {way_out}"
                yield file.found(child, message)._replace(cause=message)


def _children(file: SourceFile, given: ast.AST | None) -> Iterator[tuple[ast.expr, NamedKind]]:
    """Yield the expressions of children, as far as their kinds are certain, with the kinds."""
    listed = value_of(file, given) if isinstance(given, ast.Name) else given
    for each in listed.elts if isinstance(listed, ast.List | ast.Tuple) else ():
        if (kind := kind_of_object(file, each)) is not None:
            yield each, kind


UNDECLARED_CHILD = Lint(Rule("PO112", ERROR, "a child of a kind that `owns` does not have"), _find)
