"""Attributes of ``ctx.client`` that it does not have, which raise AttributeError when they are used."""

import ast
import difflib
from collections.abc import Iterable

from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.source_file import CONTEXT, SourceFile
from plugin_operator.hosting.lints.unawaited_coroutines import CLIENT_VERBS


def _find(file: SourceFile) -> Iterable[Found]:
    for node in file.scopes.nodes:
        if not isinstance(node, ast.Attribute) or node.attr.startswith("_") or node.attr in CLIENT_VERBS:
            continue
        if file.dotted(node.value) == f"{CONTEXT}.client":
            close = difflib.get_close_matches(node.attr, CLIENT_VERBS, n=1, cutoff=0.85)
            way_out = f"did you mean {close[0]}?" if close else f"it has {', '.join(CLIENT_VERBS)}"
            yield file.found(node, f"ctx.client has no {node.attr}, so this raises AttributeError: {way_out}")


UNKNOWN_METHOD = Lint(Rule("PO105", ERROR, "a method that `ctx.client` does not have"), _find)
