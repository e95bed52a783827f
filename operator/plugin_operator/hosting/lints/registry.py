"""All lints, and how they run over one file."""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from plugin_operator.hosting.inspection.parser import source_text
from plugin_operator.hosting.lints.facts import DeclaredController, Found, HelperFunction
from plugin_operator.hosting.lints.lint import OF_KINDS, UNUSED_SUPPRESSION, suppressed_in
from plugin_operator.hosting.lints.mistakes.blocking_calls import BLOCKING_CALL, blocking_functions_of
from plugin_operator.hosting.lints.mistakes.forgotten_fields import FORGOTTEN_FIELDS
from plugin_operator.hosting.lints.mistakes.incomplete_objects import INCOMPLETE_OBJECT
from plugin_operator.hosting.lints.mistakes.return_values import WRONG_RETURN_VALUE
from plugin_operator.hosting.lints.mistakes.status_blocks import STATUS_WITHOUT_BLOCK
from plugin_operator.hosting.lints.mistakes.swallowed_cancellation import SWALLOWED_CANCELLATION
from plugin_operator.hosting.lints.mistakes.unawaited_coroutines import UNAWAITED_COROUTINE
from plugin_operator.hosting.lints.mistakes.undeclared_caches import UNDECLARED_CACHE
from plugin_operator.hosting.lints.mistakes.undeclared_children import UNDECLARED_CHILD
from plugin_operator.hosting.lints.mistakes.unknown_arguments import UNKNOWN_ARGUMENT
from plugin_operator.hosting.lints.mistakes.unknown_methods import UNKNOWN_METHOD
from plugin_operator.hosting.lints.source_file import SourceFile

LINTS = (
    *(BLOCKING_CALL, UNAWAITED_COROUTINE, UNDECLARED_CACHE, SWALLOWED_CANCELLATION, UNKNOWN_METHOD),
    *(STATUS_WITHOUT_BLOCK, WRONG_RETURN_VALUE, INCOMPLETE_OBJECT, UNDECLARED_CHILD, UNKNOWN_ARGUMENT),
    FORGOTTEN_FIELDS,
)
#: Rules that need to know what the file declares.
_OF_DECLARATIONS = frozenset({UNDECLARED_CACHE.rule.id, UNDECLARED_CHILD.rule.id})

Finding = tuple[str, str, Found]
#: Fields of ``HelperFunction`` by the name of the function and of its module.
Helpers = Mapping[str, Mapping[str, tuple[bool, str]]]


def lint(
    content: bytes,
    helpers: Helpers,
    declared: list[Mapping[str, Any]] | None,
    api: Mapping[str, tuple[Sequence[str], int, Sequence[str]]] = MappingProxyType({}),
) -> list[Finding]:
    """Return rule, severity and place of each mistake in a file, in the order of the text.

    A file that is not valid Python has none: the loader rejects it.

    Args:
        content: the file.
        helpers: the results of ``functions_of`` for the modules beside the plugin, by dotted name.
        declared: the fields of a ``DeclaredController`` for each controller in the file; None if they are unknown.
        api: the fields of a ``Signature`` for calls of the author's API, by dotted name or as ``ctx.client.get``.
    """
    try:
        text = source_text(content)
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return []
    controllers = [DeclaredController(**each) for each in declared] if declared is not None else None
    known = {
        module: {name: HelperFunction(*function) for name, function in functions.items()}
        for module, functions in helpers.items()
    }
    file = SourceFile(tree, text, known, controllers, api)
    suppressed = dict(_suppressions(text))
    used: set[tuple[int, str]] = set()
    kept: list[Finding] = []
    for each in LINTS:
        for found in each.find(file):
            lines = {line for line in (found.line, found.last_line) if each.rule.id in suppressed.get(line, ())}
            used |= {(line, each.rule.id) for line in lines}
            if not lines:
                kept.append((each.rule.id, each.rule.severity, found))
    unknown = {each.id for each in OF_KINDS} | (_OF_DECLARATIONS if declared is None else set())
    kept = _once(kept)
    kept += _unused({line: rules - unknown for line, rules in suppressed.items()}, used)
    return sorted(kept, key=lambda each: (each[2].line, each[2].column, each[0]))


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with those of one cause as one, which names the lines of the others."""
    ordered = sorted(findings, key=lambda each: (each[2].line, each[2].column))
    groups: dict[object, list[Finding]] = {}
    for number, each in enumerate(ordered):
        groups.setdefault((each[0], each[2].cause) if each[2].cause else number, []).append(each)
    return [_joined(first, [each[2].line for each in more]) for first, *more in groups.values()]


def _joined(first: Finding, lines: Sequence[int]) -> Finding:
    rule, severity, found = first
    others = [str(line) for line in dict.fromkeys(lines) if line != found.line]
    if not others:
        return first
    word = "line" if len(others) == 1 else "lines"
    return rule, severity, found._replace(message=f"{found.message} (also in {word} {', '.join(others)})")


def functions_of(content: bytes, path: str) -> dict[str, tuple[bool, str]]:
    """Return what others need to know of the functions of a module: the fields of ``HelperFunction`` by name.

    Args:
        content: the file.
        path: the file as shown to users.
    """
    try:
        file = SourceFile(ast.parse(content), source_text(content))
    except (SyntaxError, ValueError):
        return {}
    blocking = blocking_functions_of(file)
    found: dict[str, tuple[bool, str]] = {}
    for name in file.scopes.inner[file.tree].bindings:
        function = file.top_level_function(name)
        if function is not None and not file.is_generator(function):
            blocks = f"{blocking[function]} of {path}" if function in blocking else ""
            found[name] = (isinstance(function, ast.AsyncFunctionDef), blocks)
    return found


def _suppressions(text: str) -> Iterator[tuple[int, frozenset[str]]]:
    """Yield the lines with a comment that suppresses rules of this package, with these rules."""
    if "noqa" not in text.lower():
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and (rules := suppressed_in(token.string)):
                yield token.start[0], rules
    except (tokenize.TokenError, SyntaxError):
        return


def _unused(suppressed: Mapping[int, frozenset[str]], used: set[tuple[int, str]]) -> Iterator[Finding]:
    for line, rules in suppressed.items():
        for rule in sorted(rules):
            if (line, rule) not in used:
                message = f"noqa: {rule} suppresses nothing in this line: remove it"
                yield UNUSED_SUPPRESSION.id, UNUSED_SUPPRESSION.severity, Found(line, 1, line, message)
