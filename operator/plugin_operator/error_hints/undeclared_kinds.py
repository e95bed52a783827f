"""The fix for a kind that a controller uses and does not declare: another name, or a declaration."""

import difflib
from collections.abc import Iterable

from plugin_operator.error_hints.kind_classes import builtin_kinds

# Above what different kinds of one group have in common, as StatefulSet and ReplicaSet do.
_SIMILAR = 0.9


def undeclared_kind(kind: str, declared: Iterable[str], declare: str) -> str:
    """Return what to do about a kind that is not declared.

    Args:
        kind: the kind as text, or the name of a cache.
        declared: what is declared.
        declare: how to declare it, such as ``declare reads=['v1/Secret']``.
    """
    builtin, known = builtin_kinds(), list(declared)
    meant = "" if kind in builtin else _without_group(kind, known) or similar_kind(kind, {*known, *builtin})
    return f"did you mean {meant}? If not, {declare}" if meant else declare


def _without_group(kind: str, declared: Iterable[str]) -> str:
    """Return the only kind with this name, of the declared or else of the built-in ones; empty if there is none."""
    for known in (declared, builtin_kinds()):
        found = {each for each in known if each.endswith(f"/{kind}")}
        if found:
            return found.pop() if len(found) == 1 else ""
    return ""


def similar_kind(kind: str, known: Iterable[str]) -> str:
    """Return the known kind with nearly the same text, such as ``apps/v1/Deployment``; empty if there is none."""
    return next(iter(difflib.get_close_matches(kind, sorted(known), 1, _SIMILAR)), "")
