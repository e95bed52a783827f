"""JSON encoding and decoding.

Owns the encoder, the decoder, and the order of an object's first keys. A known order lets a list or another served
version replace the head of a stored object without decoding it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()
# Escapes in a JSON text: a pair of surrogates, a surrogate alone, anything else.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)

_SPACED_COLON = re.compile(rb'"[ \t\r\n]+:')
# What YAML folds or refuses in a text: U+007F to U+009F, U+2028, U+2029, U+FFFE and U+FFFF.
_FOR_JSON_ONLY = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef\xbf[\xbe\xbf]")
_MEMBER_OR_TEXT = re.compile(rb'("(?:[^"\\]++|\\.)*+")(\s*+:)?', re.DOTALL)
# msgspec holds the interpreter lock while it sorts, and for some orders its time is quadratic: 100,000 keys in order
# with a lesser one behind them take it 20 seconds.
_SORTED_BY_MSGSPEC = 4096
#: The longest key of YAML with its quotes, in characters.
LONGEST_YAML_KEY = 1024


class MalformedJson(ValueError):
    """The bytes are not valid JSON. The message says what is wrong, and where."""


def encode(value: Any) -> bytes:
    """Return the compact JSON of a value."""
    return _encoder.encode(value)


def token(value: Any) -> bytes:
    """Return bytes that are equal for equal JSON values, so that a set can hold them. 1, 1.0 and true differ."""
    return encode_sorted(value)


def encode_sorted(value: Any) -> bytes:
    """Return the compact JSON of a value with the keys of its objects in order."""
    raw = _encoder.encode(value)
    if len(raw) <= _SORTED_BY_MSGSPEC:
        return msgspec.json.encode(value, order="sorted")
    return _encoder.encode(_in_key_order(value))


def _in_key_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_key_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_in_key_order(item) for item in value]
    return value


def copied(value: Any) -> Any:
    """Return a copy of a JSON value, which shares nothing that can change."""
    if isinstance(value, dict):
        return {key: copied(each) if isinstance(each, dict | list) else each for key, each in value.items()}
    if isinstance(value, list):
        return [copied(each) if isinstance(each, dict | list) else each for each in value]
    return value


def decode(raw: bytes | bytearray | memoryview) -> Any:
    """Return the value of a JSON document. The escape of a surrogate without its other half is U+FFFD, as in Go.

    Raises:
        MalformedJson: the document is not JSON, not UTF-8, or nested too deeply.
    """
    try:
        return _decoder.decode(raw)
    except msgspec.DecodeError as error:
        paired = without_lone_surrogates(bytes(raw))
        if paired == raw:
            raise MalformedJson(str(error)) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson(str(error)) from error
    try:
        return _decoder.decode(paired)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson(str(error)) from error


def without_lone_surrogates(raw: bytes) -> bytes:
    r"""Return JSON in which each ``\uD800`` without its other half is ``\uFFFD``."""
    if b"\\u" not in raw:
        return raw
    return _ESCAPE.sub(lambda match: rb"\ufffd" if match[1] else match[0], raw)


def surrogate_escape(raw: bytes) -> int:
    """Return where the first escape of a surrogate is, -1 without one."""
    found = _ESCAPE.finditer(raw) if b"\\u" in raw else ()
    return next((match.start() for match in found if len(match[0]) > 2), -1)


def differs_as_yaml(raw: bytes) -> bool:
    """Report whether a JSON document may mean something else to a reader of YAML, or nothing at all."""
    if _FOR_JSON_ONLY.search(raw):
        return True
    found = _MEMBER_OR_TEXT.finditer(raw) if len(raw) > LONGEST_YAML_KEY else ()
    return any(match[2] and len(match[1]) > LONGEST_YAML_KEY for match in found)


def duplicate_fields(raw: bytes, decoded: Any) -> list[str]:
    """Return the paths of the object members that occur more than once in ``raw``, whose value is ``decoded``."""
    found: dict[str, None] = {}
    _collect_duplicates(members(raw, decoded), "", found)
    return list(found)


def members(raw: bytes, decoded: Any) -> Any:
    """Return ``decoded``, the value of ``raw``, with ``Members`` as dicts; None if no member is in one twice."""
    if _has_no_duplicates(raw, decoded):
        return None
    text = without_lone_surrogates(raw)
    # Python refuses to read long numbers, whose values do not matter here.
    return json.loads(text, object_pairs_hook=Members, parse_int=float, parse_float=float)


def _has_no_duplicates(raw: bytes, decoded: Any) -> bool:
    """Report whether a valid document surely has no member twice, which is quicker to find out than where it has one.

    Unless space precedes a colon, a document has at least as many closing quotes with a colon as it has members.
    """
    return raw.count(b'":') == _member_count(decoded) and not _SPACED_COLON.search(raw)


def _member_count(value: Any) -> int:
    """Return how many members the objects in a value have."""
    count, waiting = 0, [value]
    for each in waiting:  # it grows meanwhile
        if isinstance(each, dict):
            count += len(each)
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return count


@dataclass(frozen=True, slots=True)
class Members:
    """The members of an object in the order of its document, those of one name too."""

    pairs: list[tuple[str, Any]]

    def noticed(self) -> Iterator[tuple[str, Any, bool]]:
        """Yield each name with its value and whether a member before has the same name."""
        seen: set[str] = set()
        for name, value in self.pairs:
            yield name, value, name in seen
            seen.add(name)


def _collect_duplicates(value: Any, path: str, found: dict[str, None]) -> None:
    if isinstance(value, Members):
        for name, member, repeats in value.noticed():
            if repeats:
                found[f"{path}{name}"] = None
            _collect_duplicates(member, f"{path}{name}.", found)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            _collect_duplicates(member, f"{path.rstrip('.')}[{index}].", found)


def head(api_version: str, kind: str) -> bytes:
    """Return the first bytes of every encoded object of a kind: ``kind`` and ``apiVersion``, up to the comma."""
    return b'{"kind":%s,"apiVersion":%s,' % (encode(kind), encode(api_version))


def encode_object(obj: Mapping[str, Any], api_version: str, kind: str) -> bytes:
    """Return an object's JSON with ``kind``, ``apiVersion`` and ``metadata`` first, in this order.

    The order lets a list drop the head and a second served version exchange it without decoding anything.
    """
    ordered: dict[str, Any] = {"kind": kind, "apiVersion": api_version, "metadata": obj.get("metadata", {})}
    for name, value in obj.items():
        if name not in ordered:
            ordered[name] = value
    return _encoder.encode(ordered)
