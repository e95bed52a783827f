"""Copies of typed values by ``msgspec.structs.replace``, which forget which fields were set and what was read."""

import ast
from collections.abc import Iterable

from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import WARNING, Lint, Rule
from plugin_operator.hosting.lints.source_file import SourceFile

_REPLACES = "msgspec.structs.replace"
_TYPED = ("plugin_operator.Struct", "plugin_operator.ApiObject", "plugin_operator.kinds")


def _find(file: SourceFile) -> Iterable[Found]:
    calls = [call for call in file.calls if file.dotted(call.func) == _REPLACES]
    if calls and _has_typed_values(file):
        for call in calls:
            yield file.found(
                call,
                f"{_REPLACES}() forgets which fields were set, so apply() leaves out what equals a default: write "
                "copy.copy() and assign, or copy.replace() of Python 3.13",
            )


def _has_typed_values(file: SourceFile) -> bool:
    names = (node for node in file.scopes.nodes if isinstance(node, ast.Name | ast.Attribute))
    return any(file.dotted(node).startswith(_TYPED) for node in names)


FORGOTTEN_FIELDS = Lint(Rule("PO114", WARNING, "a copy that forgets which fields were set"), _find)
