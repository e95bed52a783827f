"""Attributes that ``ctx``, ``ctx.client`` and modules of kinds do not have: using one raises AttributeError."""

import ast
import difflib
from collections.abc import Iterable

from plugin_operator.error_hints import CONTEXT_ALIASES, meant_class
from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.mistakes.unawaited_coroutines import CLIENT_VERBS
from plugin_operator.hosting.lints.source_file import CONTEXT, SourceFile

#: What the contexts of reconcilers, hooks and map functions have.
CONTEXT_ATTRIBUTES = (
    *("client", "controller", "enqueue", "ensure_finalizer", "field_changed", "finalizer", "lister", "lister_for"),
    *("log", "now", "plugin", "previous", "reconcile_id", "recorder", "remove_finalizer", "request", "revision"),
    *("set_condition", "set_owner", "status", "sync_children", "wait"),
)
#: A parameter that is called ctx may be another thing, so only a misspelled name is a mistake.
_SIMILAR = 0.85


def _find(file: SourceFile) -> Iterable[Found]:
    for node in file.scopes.nodes:
        if not isinstance(node, ast.Attribute) or node.attr.startswith("_"):
            continue
        match file.dotted(node.value):
            case owner if owner == f"{CONTEXT}.client" and node.attr not in CLIENT_VERBS:
                close = _similar(node.attr, CLIENT_VERBS)
                way_out = f"did you mean {close}?" if close else f"it has {', '.join(CLIENT_VERBS)}"
                yield file.found(node, f"ctx.client has no {node.attr}, so this raises AttributeError: {way_out}")
            case owner if owner == CONTEXT and node.attr not in CONTEXT_ATTRIBUTES:
                alias = CONTEXT_ALIASES.get(node.attr, "") if file.is_certainly_context(node.value) else ""
                if close := alias or _similar(node.attr, CONTEXT_ATTRIBUTES):
                    way_out = f"did you mean {close}?"
                    yield file.found(node, f"ctx has no {node.attr}, so this raises AttributeError: {way_out}")
            case module if meant := meant_class(module, node.attr):
                owner = module.rpartition(".")[2]
                yield file.found(node, f"{owner} has no {node.attr}, so this raises AttributeError: {meant}")


def _similar(name: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=_SIMILAR)), "")


UNKNOWN_METHOD = Lint(Rule("PO105", ERROR, "a name that `ctx`, `ctx.client` or a module of kinds does not have"), _find)
