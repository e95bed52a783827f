"""Ranges of hashes, and their text in the query parameter ``shardSelector`` (KEP-5866)."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Self

import msgspec

from plugin_operator.kube.shards.hashes import HASHES

_DIGITS = 16
_RANGE = re.compile(r"shardRange\(([a-z.]+), '0x([0-9a-f]{16})', '0x([0-9a-f]{16}|10{16})'\)", re.ASCII)
_OR = " || "


class ShardKey(StrEnum):
    """The field of an object whose hash decides: its value is the name in a selector."""

    UID = "object.metadata.uid"
    NAMESPACE = "object.metadata.namespace"


class HashRange(msgspec.Struct, frozen=True, order=True):
    """The hashes from ``start`` up to, but without, ``end``."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= HASHES:
            raise ValueError(f"a range of hashes needs 0 <= start < end <= 2^64, not {self.start:#x} to {self.end:#x}")

    def __contains__(self, value: int) -> bool:
        return self.start <= value < self.end


class ShardRanges:
    """A set of hashes as sorted ranges that neither overlap nor touch. Immutable.

    Args:
        ranges: in any order; they may overlap.
    """

    __slots__ = ("_ends", "_ranges", "_starts")

    def __init__(self, ranges: Iterable[HashRange] = ()) -> None:
        joined: list[HashRange] = []
        for each in sorted(ranges):
            if joined and each.start <= joined[-1].end:
                joined[-1] = HashRange(joined[-1].start, max(joined[-1].end, each.end))
            else:
                joined.append(each)
        self._ranges = tuple(joined)
        self._starts = [each.start for each in joined]
        self._ends = [each.end for each in joined]

    @classmethod
    def everything(cls) -> Self:
        """Return the ranges of all hashes."""
        return cls([HashRange(0, HASHES)])

    @classmethod
    def parse(cls, selector: str) -> tuple[ShardKey, Self]:
        """Return key and ranges of a selector, in the form that ``selector`` and ``metadata.shardInfo`` have.

        Raises:
            ValueError: it has another form, or its ranges have several keys.
        """
        found = [_RANGE.fullmatch(part) for part in selector.split(_OR)]
        keys = {match[1] for match in found if match}
        if len(keys) != 1 or not all(found):
            raise ValueError(f"not a shard selector of one key: {selector!r}")
        return ShardKey(keys.pop()), cls(HashRange(int(match[2], 16), int(match[3], 16)) for match in found if match)

    def selector(self, key: ShardKey) -> str:
        """Return the text for the query parameter ``shardSelector``.

        Raises:
            ValueError: there is no hash in the ranges; a server accepts no empty selector.
        """
        if not self._ranges:
            raise ValueError("no selector exists for no range: do not send the request")
        return _OR.join(f"shardRange({key}, '{_hex(each.start)}', '{_hex(each.end)}')" for each in self._ranges)

    @property
    def is_everything(self) -> bool:
        """Whether each hash is in the ranges, so that a request needs no selector."""
        return self.size == HASHES

    @property
    def size(self) -> int:
        """How many hashes are in the ranges."""
        return sum(self._ends) - sum(self._starts)

    def __contains__(self, value: int) -> bool:
        index = bisect_right(self._starts, value) - 1
        return index >= 0 and value < self._ends[index]

    def __iter__(self) -> Iterator[HashRange]:
        return iter(self._ranges)

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __len__(self) -> int:
        return len(self._ranges)

    def __or__(self, other: "ShardRanges") -> "ShardRanges":
        return ShardRanges((*self, *other))

    def __and__(self, other: "ShardRanges") -> "ShardRanges":
        return ShardRanges(
            HashRange(max(one.start, two.start), min(one.end, two.end))
            for one in self
            for two in other
            if max(one.start, two.start) < min(one.end, two.end)
        )

    def __sub__(self, other: "ShardRanges") -> "ShardRanges":
        return self & other.complement()

    def complement(self) -> "ShardRanges":
        """Return the ranges of all other hashes."""
        gaps = zip([0, *self._ends], [*self._starts, HASHES], strict=True)
        return ShardRanges(HashRange(start, end) for start, end in gaps if start < end)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShardRanges) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(self._ranges)

    def __repr__(self) -> str:
        return f"ShardRanges([{', '.join(f'{_hex(each.start)}..{_hex(each.end)}' for each in self._ranges)}])"


def _hex(value: int) -> str:
    return f"0x{value:0{_DIGITS}x}"
