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
    builtin = builtin_kinds()
    meant = similar_kind(kind, {*declared, *builtin}) if kind not in builtin else ""
    return f"did you mean {meant}? If not, {declare}" if meant else declare


def similar_kind(kind: str, known: Iterable[str]) -> str:
    """Return the known kind with nearly the same text, such as ``apps/v1/Deployment``; empty if there is none."""
    return next(iter(difflib.get_close_matches(kind, sorted(known), 1, _SIMILAR)), "")
