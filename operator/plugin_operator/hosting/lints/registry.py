"""All lints, and how they run over one file."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from typing import Any

from plugin_operator.hosting.inspection.parser import source_text
from plugin_operator.hosting.lints.blocking_calls import BLOCKING_CALL, blocking_functions_of
from plugin_operator.hosting.lints.facts import DeclaredController, Found, HelperFunction
from plugin_operator.hosting.lints.lint import UNUSED_SUPPRESSION
from plugin_operator.hosting.lints.source_file import SourceFile
from plugin_operator.hosting.lints.swallowed_cancellation import SWALLOWED_CANCELLATION
from plugin_operator.hosting.lints.unawaited_coroutines import UNAWAITED_COROUTINE
from plugin_operator.hosting.lints.undeclared_caches import UNDECLARED_CACHE
from plugin_operator.hosting.lints.unknown_methods import UNKNOWN_METHOD

LINTS = (BLOCKING_CALL, UNAWAITED_COROUTINE, UNDECLARED_CACHE, SWALLOWED_CANCELLATION, UNKNOWN_METHOD)

_SUPPRESSES = re.compile(r"#\s*noqa:\s*(?P<rules>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)", re.IGNORECASE)
_OWN_RULE = re.compile(r"PO\d+")

Finding = tuple[str, str, Found]
#: Fields of ``HelperFunction`` by the name of the function and of its module.
Helpers = Mapping[str, Mapping[str, tuple[bool, str]]]


def lint(content: bytes, helpers: Helpers, declared: list[Mapping[str, Any]] | None) -> list[Finding]:
    """Return rule, severity and place of each mistake in a file, in the order of the text.

    A file that is not valid Python has none: the loader rejects it.

    Args:
        content: the file.
        helpers: the results of ``functions_of`` for the modules beside the plugin, by dotted name.
        declared: the fields of a ``DeclaredController`` for each controller in the file; None if they are unknown.
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
    file = SourceFile(tree, text, known, controllers)
    suppressed = dict(_suppressions(text))
    used: set[tuple[int, str]] = set()
    kept: list[Finding] = []
    for each in LINTS:
        for found in each.find(file):
            lines = {line for line in (found.line, found.last_line) if each.rule.id in suppressed.get(line, ())}
            used |= {(line, each.rule.id) for line in lines}
            if not lines:
                kept.append((each.rule.id, each.rule.severity, found))
    unknown = {UNDECLARED_CACHE.rule.id} if declared is None else set()
    kept += _unused({line: rules - unknown for line, rules in suppressed.items()}, used)
    return sorted(kept, key=lambda each: (each[2].line, each[2].column, each[0]))


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
            if token.type == tokenize.COMMENT and (found := _SUPPRESSES.search(token.string)):
                rules = frozenset(_OWN_RULE.findall(found["rules"].upper()))
                if rules:
                    yield token.start[0], rules
    except (tokenize.TokenError, SyntaxError):
        return


def _unused(suppressed: Mapping[int, frozenset[str]], used: set[tuple[int, str]]) -> Iterator[Finding]:
    for line, rules in suppressed.items():
        for rule in sorted(rules):
            if (line, rule) not in used:
                message = f"noqa: {rule} suppresses nothing in this line: remove it"
                yield UNUSED_SUPPRESSION.id, UNUSED_SUPPRESSION.severity, Found(line, 1, line, message)
