"""Children of kinds that ``owns`` does not have, for which ``ctx.sync_children`` raises ValueError."""

import ast
from collections.abc import Iterable, Iterator

from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.mistakes.undeclared_caches import controllers_of
from plugin_operator.hosting.lints.source_file import CONTEXT, SourceFile, arguments_of

_CHILD = "plugin_operator.Child"


def _find(file: SourceFile) -> Iterable[Found]:
    for call in file.calls if file.declared else ():
        if file.dotted(call.func) != f"{CONTEXT}.sync_children":
            continue
        owned = {kind for each in controllers_of(file, call, file.declared or ()) for kind in each.owns}
        given = call.args[1] if len(call.args) > 1 else arguments_of(call).get("children")
        for child, kind in _children(file, given):
            if kind not in owned:
                shown = ", ".join(sorted(owned)) or "nothing"
                message = f"the controller owns {shown}, so a child {kind} raises ValueError: declare owns=[{kind!r}]"
                yield file.found(child, message)._replace(cause=message)


def _children(file: SourceFile, given: ast.AST | None) -> Iterator[tuple[ast.expr, str]]:
    """Yield the expressions of children, as far as their kinds are certain, with the kinds."""
    listed = file.scopes.only_value(given) if isinstance(given, ast.Name) else given
    for each in listed.elts if isinstance(listed, ast.List | ast.Tuple) else ():
        if kind := _kind_of(file, each):
            yield each, kind


def _kind_of(file: SourceFile, child: ast.expr) -> str:
    """Return the kind of a child; empty if it is not certain."""
    if isinstance(child, ast.Call) and file.dotted(child.func) == _CHILD:
        return _kind_of(file, child.args[0]) if child.args else ""
    if isinstance(child, ast.Call):
        function = file.called_function(child)
        own = [each for each in file.returns if each.value and file.function_around(each) is function]
        return _kind_of_dict(file, own[0].value) if function is not None and len(own) == 1 else ""
    return _kind_of_dict(file, child)


def _kind_of_dict(file: SourceFile, node: ast.AST | None) -> str:
    if isinstance(node, ast.Name) and any(_is_set(file, each) for each in file.loads_of(node)):
        return ""
    obj = file.scopes.only_value(node) if isinstance(node, ast.Name) else node
    if not isinstance(obj, ast.Dict):
        return ""
    fields = {file.text_of(key): value for key, value in zip(obj.keys, obj.values, strict=True)}
    version, kind = (file.text_of(fields.get(word)) for word in ("apiVersion", "kind"))
    return f"{version}/{kind}" if version and kind and None not in obj.keys else ""


def _is_set(file: SourceFile, load: ast.Name) -> bool:
    """Report whether a field of a variable is set here."""
    around = file.parent(load)
    return isinstance(around, ast.Subscript) and not isinstance(around.ctx, ast.Load)


UNDECLARED_CHILD = Lint(Rule("PO112", ERROR, "a child of a kind that `owns` does not have"), _find)
