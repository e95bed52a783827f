"""Shard selectors: the objects of a kind whose uid or namespace has its hash in given ranges (KEP-5866).

The text is an expression in CEL that is parsed and never run: ``shardRange(object.metadata.uid, '0x0…', '0x8…')``,
several of which ``||`` joins. Rules and messages are those of ``k8s.io/apiserver/pkg/sharding``.
"""

from typing import Any

from go_cel.errors import CompileError
from go_cel.syntax.parser import parse
from go_cel.syntax.tree import (
    Call,
    Comprehension,
    Ident,
    ListNode,
    Literal,
    MapNode,
    Node,
    Select,
    StructNode,
    qualified_name,
)
from go_cel.values.scalars import Uint
from kube_apiserver.schema.go_format import quoted
from kube_apiserver.storage import Item

_FUNCTION = "shardRange"
_UID, _NAMESPACE = "object.metadata.uid", "object.metadata.namespace"
_DIGITS = 16
_END = "0x1" + "0" * _DIGITS
_HEX = frozenset("0123456789abcdef")
_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF
# Numbers by which cel-go names the kinds of expressions in messages.
_KINDS: dict[type[Node], int] = {
    Call: 1, Comprehension: 2, Ident: 3, ListNode: 4, Literal: 5, MapNode: 6, Select: 7, StructNode: 8,
}  # fmt: skip
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "bool"), (Uint, "uint64"), (int, "int64"), (float, "float64"), (bytes, "[]uint8"),
)  # fmt: skip


def hash_of(value: str) -> int:
    """Return the hash of a uid or a namespace: FNV-1a with 64 bits."""
    found = _OFFSET
    for byte in value.encode():
        found = (found ^ byte) * _PRIME & _MASK
    return found


class ShardSelectorError(ValueError):
    """A shard selector is wrong."""


class ShardSelector:
    """Matches items by the hash of one of their fields.

    Attributes:
        text: the selector in the form of ``metadata.shardInfo.selector``.
    """

    __slots__ = ("_by_uid", "_ranges", "text")

    def __init__(self, text: str) -> None:
        """Parse a selector.

        Raises:
            ShardSelectorError: it is none; the message is that of kube-apiserver.
        """
        found = _ranges(_parsed(text))
        key = found[0][0]
        for other, _, _ in found:
            if other != key:
                raise ShardSelectorError(f'all shard ranges must use the same field, got "{key}" and "{other}"')
        self.text = " || ".join(f"{_FUNCTION}({key}, '{start}', '{end}')" for _, start, end in found)
        self._by_uid = key == _UID
        self._ranges = [(int(start, 16), int(end, 16)) for _, start, end in found]

    def matches(self, item: Item) -> bool:
        """Report whether an item is in one of the ranges."""
        value = hash_of(item.uid if self._by_uid else item.namespace)
        return any(start <= value < end for start, end in self._ranges)


def _parsed(text: str) -> Node:
    text = text.strip()
    if not text:
        raise ShardSelectorError("empty shard selector is not allowed; omit the parameter for unfiltered lists")
    try:
        return parse(text, macros=False)
    except CompileError as error:
        raise ShardSelectorError(f"CEL parse error: {error.first}") from None


def _ranges(node: Node) -> list[tuple[str, str, str]]:
    """Return field, start and end of each range."""
    found, ahead = [], [node]
    while ahead:
        node = ahead.pop()
        if not isinstance(node, Call):
            kind = _kind(node)
            raise ShardSelectorError(f"unexpected expression kind {kind}; expected shardRange() call or || operator")
        if node.function == "_||_":
            ahead.extend(reversed(node.args))
        elif node.function == _FUNCTION:
            found.append(_range(node))
        else:
            what = quoted(node.function)
            raise ShardSelectorError(f"unsupported function {what}; only shardRange() and || are allowed")
    return found


def _range(call: Call) -> tuple[str, str, str]:
    if len(call.args) != 3:
        raise ShardSelectorError(f"shardRange() requires exactly 3 arguments, got {len(call.args)}")
    field = _field(call.args[0])
    if field not in (_UID, _NAMESPACE):
        raise ShardSelectorError(f"unsupported field path {quoted(field)}; supported: {_UID}, {_NAMESPACE}")
    start, end = _hex(call.args[1], "hexStart"), _hex(call.args[2], "hexEnd")
    if int(start, 16) >= int(end, 16):
        raise ShardSelectorError(f"shard range start {start} must be less than end {end}")
    return field, start, end


def _field(node: Node) -> str:
    found = qualified_name(node)
    if found is None:
        while isinstance(node, Select) and not node.is_test:
            node = node.operand
        problem = f"expected field path (e.g. {_UID}), got expression kind {_kind(node)}"
        raise ShardSelectorError(f"shardRange() first argument: {problem}")
    return found


def _hex(node: Node, name: str) -> str:
    if not isinstance(node, Literal):
        raise ShardSelectorError(f"{name} must be a string literal (e.g. '0xff'), got expression kind {_kind(node)}")
    text = node.value
    if not isinstance(text, str):
        raise ShardSelectorError(f"{name} must be a string literal, got {_go_type(text)}")
    if not text.startswith("0x"):
        raise ShardSelectorError(f"{name} must have '0x' prefix, got {quoted(text)}")
    digits = text[2:]
    if not digits:
        raise ShardSelectorError(f"{name}: hex value is required after '0x'")
    size = len(digits.encode())
    if size > _DIGITS + 1:
        raise ShardSelectorError(f"{name}: hex value too long ({size} chars, max {_DIGITS + 1}): {quoted(digits)}")
    for mark in digits:
        if mark not in _HEX:
            raise ShardSelectorError(f"{name}: invalid hex character {quoted(mark)} in {quoted(text)}")
    if size > _DIGITS and text != _END:
        raise ShardSelectorError(f"{name}: {size}-digit hex value must be '{_END}' (2^64), got {quoted(text)}")
    if size < _DIGITS:
        meant = quoted(f"0x{digits.rjust(_DIGITS, '0')}")
        problem = f"must be a 0x-prefixed {_DIGITS}-digit hex value, got {quoted(text)} (did you mean {meant}?)"
        raise ShardSelectorError(f"{name} {problem}")
    return text


def _kind(node: Node) -> int:
    return next(number for kind, number in _KINDS.items() if isinstance(node, kind))


def _go_type(value: Any) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "structpb.NullValue")
