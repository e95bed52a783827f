"""Constants that kube-apiserver checks before a rule runs: patterns, durations, times and mixed lists."""

from collections.abc import Callable
from typing import Any

from go_cel import types
from go_cel.errors import EvaluationError, Issue
from go_cel.syntax import tree
from go_cel.values.scalars import Duration, Timestamp
from go_regexp import PatternError, compile_pattern

_PATTERN_OVERLOADS = frozenset({"matches", "matches_string"})


def literal_issues(root: tree.Node) -> list[Issue]:
    """Return what is wrong with the constants of a checked expression."""
    issues: list[Issue] = []
    tree.walk(root, lambda node: issues.extend(_issues(node)))
    _mixed_issues(root, issues)
    return issues


def find_pattern_error(root: tree.Node) -> PatternError | None:
    """Return the error of the first constant pattern of ``find`` or ``findAll`` that is none."""
    errors: list[tuple[int, PatternError]] = []

    def visit(node: tree.Node) -> None:
        if isinstance(node, tree.Call) and node.function in ("find", "findAll"):
            for arg in node.args[:1]:
                error = _pattern_error(arg)
                if error is not None:
                    errors.append((arg.offset, error))

    tree.walk(root, visit)
    return min(errors, key=lambda found: found[0])[1] if errors else None


def _pattern_error(node: tree.Node) -> PatternError | None:
    if isinstance(node, tree.Literal) and isinstance(node.value, str):
        try:
            compile_pattern(node.value)
        except PatternError as error:
            return error
    return None


def _issues(node: tree.Node) -> list[Issue]:
    match node:
        case tree.Call(function="matches"):
            arg = node.args[-1]
            return [Issue(arg.offset, "invalid matches argument")] if _pattern_error(arg) is not None else []
        case tree.Call(function="duration", args=[tree.Literal(value=str()) as arg]):
            return _unparsed(arg, Duration.parse, "invalid duration argument")
        case tree.Call(function="timestamp", args=[tree.Literal(value=str()) as arg]):
            return _unparsed(arg, Timestamp.parse, "invalid timestamp argument")
    return []


def _mixed_issues(node: tree.Node, issues: list[Issue]) -> None:
    """Find lists and maps whose parts have different types. The arguments of ``format`` may differ."""
    if isinstance(node, tree.Call) and node.function == "format":
        return
    if isinstance(node, tree.ListNode):
        issues += _mixed([(item, place in node.optional) for place, item in enumerate(node.items)], is_once=True)
    elif isinstance(node, tree.MapNode):
        issues += _mixed([(key, False) for key, _, _ in node.entries])
        issues += _mixed([(value, is_optional) for _, value, is_optional in node.entries])
    for child in node.children():
        _mixed_issues(child, issues)


def _unparsed(arg: tree.Literal, parse: Callable[[str], Any], problem: str) -> list[Issue]:
    try:
        parse(arg.value)
    except (ValueError, EvaluationError):
        return [Issue(arg.offset, problem)]
    return []


def _mixed(parts: list[tuple[tree.Node, bool]], *, is_once: bool = False) -> list[Issue]:
    kinds = [types.unwrapped(node.type)[0] if is_optional else node.type for node, is_optional in parts]
    issues = [
        Issue(node.offset, f"expected type '{kinds[0].text}' but found '{kind.text}'")
        for (node, _), kind in zip(parts, kinds, strict=True)
        if kind != kinds[0]
    ]
    return issues[:1] if is_once else issues
