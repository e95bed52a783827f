"""CEL identifiers for property names.

Escaping follows the CustomResourceDefinition reference. Rules cannot reach a property whose name cannot be escaped.
"""

import re

_KEYWORDS = frozenset(
    {
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    }
)
_AROUND = "__"
_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_ESCAPED = re.compile(r"__|[.\-/]")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def identifier(name: str) -> str | None:
    """Return the CEL identifier of a property, None if the name cannot be escaped."""
    if name in _KEYWORDS:
        return f"{_AROUND}{name}{_AROUND}"
    escaped = _ESCAPED.sub(lambda match: _ESCAPES[match.group()], name)
    return escaped if _IDENTIFIER.fullmatch(escaped) else None


def spellings(escaped: str) -> tuple[str, ...]:
    """Return how rules may write an identifier: as it is, and a keyword also without escape, as in ``self.return``."""
    keyword = escaped.removeprefix(_AROUND).removesuffix(_AROUND)
    return (escaped, keyword) if keyword in _KEYWORDS else (escaped,)
