"""Constants of the language: numbers, strings and bytes."""

import re
from typing import Any

from go_cel.syntax.tokens import Token
from go_cel.values.scalars import INT_MAX, INT_MIN, UINT_MAX, Uint

_ESCAPE = re.compile(r"\\(?:([abfnrtv\"'\\?`])|([0-3][0-7]{2})|[xX]([0-9a-fA-F]{2})|u(.{4})|U(.{8}))", re.DOTALL)
_NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SURROGATES = range(0xD800, 0xE000)


def literal(token: Token, sign: str = "") -> Any:
    """Return the value of a token.

    Raises:
        ValueError: the token is no value; the message is that of cel-go.
    """
    text = f"{sign}{token.text}"
    match token.kind:
        case "NUM_INT":
            return _integer(text, INT_MIN, INT_MAX, "invalid int literal")
        case "NUM_UINT":
            return Uint(_integer(text[:-1], 0, UINT_MAX, "invalid uint literal"))
        case "NUM_FLOAT":
            return _double(text)
        case "STRING":
            return _unquoted(text, is_bytes=False)
        case "BYTES":
            return _unquoted(text[1:], is_bytes=True)
    return {"true": True, "false": False, "null": None}[token.kind]


def _integer(text: str, least: int, most: int, problem: str) -> int:
    value = int(text, 16 if "0x" in text else 10)
    if not least <= value <= most:
        raise ValueError(problem)
    return value


def _double(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("invalid double literal")
    return value


def _unquoted(text: str, *, is_bytes: bool) -> Any:
    is_raw = text[0] in "rR"
    body = text[1:] if is_raw else text
    quotes = 3 if body[:3] in ('"""', "'''") and len(body) >= 6 else 1
    body = body[quotes:-quotes].replace("\r\n", "\n").replace("\r", "\n")
    if is_raw:
        return body.encode() if is_bytes else body
    if is_bytes:
        return b"".join(_byte_parts(body))
    return _ESCAPE.sub(_character, body)


def _byte_parts(body: str) -> list[bytes]:
    parts, at = [], 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[at : match.start()].encode())
        named, octal, hexadecimal, *_ = match.groups()
        if octal or hexadecimal:
            parts.append(bytes([int(octal, 8) if octal else int(hexadecimal, 16)]))
        elif named:
            parts.append(_NAMED.get(named, named).encode())
        else:
            raise ValueError("unable to unescape string")
        at = match.end()
    return [*parts, body[at:].encode()]


def _character(match: re.Match[str]) -> str:
    named, octal, hexadecimal, short, long = match.groups()
    if named:
        return _NAMED.get(named, named)
    code = int(octal, 8) if octal else int(hexadecimal or short or long, 16)
    if code in _SURROGATES or code > 0x10FFFF:
        raise ValueError("invalid unicode code point")
    return chr(code)
