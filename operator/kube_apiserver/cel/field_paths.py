"""``fieldPath`` of a rule: the field that its violation is reported at."""

import re

from kube_apiserver.schema.model import Schema

_PART = re.compile(r"\.([^.\[\]]+)|\['((?:[^'\\]|\\.)*)'\]", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "'": "'", "\\": "\\"}


def normalized(path: str, schema: Schema) -> str | None:
    """Return a path such as ``.a['b']`` as ``a.b``, None if it leads to no declared field."""
    found, at = "", 0
    current: Schema | None = schema
    while at < len(path):
        match = _PART.match(path, at)
        if match is None or current is None:
            return None
        name = match[1] if match[1] is not None else _unescaped(match[2])
        if name is None:
            return None
        if current.properties:
            current = current.properties.get(name)
            found = f"{found}.{name}" if found else name
        else:
            current = current.additional
            found = f"{found}[{name}]"
        if current is None:
            return None
        at = match.end()
    return found or None


def _unescaped(text: str) -> str | None:
    if any(each not in _ESCAPED for each in _ESCAPE.findall(text)):
        return None
    return _ESCAPE.sub(lambda match: _ESCAPED[match[1]], text)
