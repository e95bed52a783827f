"""Tokens of the language, by the rules of its grammar."""

import re
from dataclasses import dataclass

from go_cel.errors import Issue

_ESCAPE = r"\\(?:[abfnrtv\"'\\?`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
_QUOTED = "|".join(
    (
        r"[rR]\"\"\"[\s\S]*?\"\"\"",
        r"[rR]'''[\s\S]*?'''",
        r"[rR]\"[^\"\n\r]*\"",
        r"[rR]'[^'\n\r]*'",
        rf"\"\"\"(?:{_ESCAPE}|[^\\])*?\"\"\"",
        rf"'''(?:{_ESCAPE}|[^\\])*?'''",
        rf"\"(?:{_ESCAPE}|[^\\\"\n\r])*\"",
        rf"'(?:{_ESCAPE}|[^\\'\n\r])*'",
    )
)
_TOKEN = re.compile(
    rf"(?P<hidden>[\t \r\n\f]+|//[^\n]*)|(?P<BYTES>[bB](?:{_QUOTED}))|(?P<STRING>{_QUOTED})"
    r"|(?P<NUM_FLOAT>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<NUM_UINT>(?:0x[0-9a-fA-F]+|[0-9]+)[uU])|(?P<NUM_INT>0x[0-9a-fA-F]+|[0-9]+)"
    r"|(?P<ESC_IDENTIFIER>`[A-Za-z0-9_.\-/ ]+`)|(?P<IDENTIFIER>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<symbol>==|!=|<=|>=|&&|\|\||[<>\[\]{}().,\-!?:+*/%])"
)
_WORDS = frozenset({"in", "true", "false", "null"})
END = "<EOF>"


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Attributes:
        kind: the name of its rule; for symbols and words, the text itself.
    """

    kind: str
    text: str
    offset: int


def tokens(source: str) -> tuple[list[Token], list[Issue]]:
    """Return the tokens of an expression, the last one of kind ``<EOF>``, and the characters that begin none."""
    found: list[Token] = []
    issues: list[Issue] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            wrong = _unreadable(source, at)
            issues.append(Issue(at, f"Syntax error: token recognition error at: '{wrong}'"))
            at += len(wrong)
            continue
        text, kind = match.group(), match.lastgroup or ""
        if kind == "symbol" or text in _WORDS:
            kind = text
        if kind != "hidden":
            found.append(Token(kind, text, at))
        at = match.end()
    found.append(Token(END, END, len(source)))
    return found, issues


def _unreadable(source: str, at: int) -> str:
    """Return the text that no token can begin with: a quote takes its line with it."""
    if source[at] in "\"'":
        return source[at:].split("\n", 1)[0]
    return source[at : at + 2] if source[at] in "&|=" and at + 1 < len(source) else source[at]
