"""Objects without ``apiVersion`` or ``kind`` in calls of ``ctx.client``, which raise ValueError."""

from collections.abc import Iterable

from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.source_file import CONTEXT, SourceFile, arguments_of

_TAKES_OBJECT = frozenset(f"{CONTEXT}.client.{verb}" for verb in ("apply", "create", "update", "update_status"))
_NEEDED = ("apiVersion", "kind")


def _find(file: SourceFile) -> Iterable[Found]:
    for call in file.calls:
        if (name := file.dotted(call.func)) not in _TAKES_OBJECT:
            continue
        given = call.args[0] if call.args else arguments_of(call).get("obj")
        obj = file.literal_of(given)
        keys = {file.text_of(key) for key in obj.keys} if obj is not None else set(_NEEDED)
        if missing := [each for each in _NEEDED if each not in keys]:
            add = " and ".join(map(repr, missing))
            shown = f"ctx.client.{name.rpartition('.')[2]}()"
            yield file.found(call, f"the object of {shown} has no {add}, so this raises ValueError: add {add}")


INCOMPLETE_OBJECT = Lint(Rule("PO111", ERROR, "an object without `apiVersion` or `kind`"), _find)
