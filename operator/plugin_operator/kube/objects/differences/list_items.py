"""Which item of a list that was read an item of the list to write is.

Items are compared by value. Several may have one value and different JSON: times that differ in nanoseconds, or texts
that an enum takes for the same member.
"""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from plugin_operator.kube.objects.comparison import same, text_of
from plugin_operator.kube.objects.errors import LossyWriteError

#: An item that was read: its value and its JSON.
Read: TypeAlias = tuple[Any, Any]


class Match(NamedTuple):
    """An item to write that equals one that was read.

    Attributes:
        value: the item as it was read.
        raw: its JSON.
        is_surplus: whether more items have this value than were read.
    """

    value: Any
    raw: Any
    is_surplus: bool


def as_read(old: Sequence[Read], now: Sequence[Any], path: str) -> list[Match | None]:
    """Return for each item of ``now`` the item that it was; None for a new one.

    Of several items with one value, the first stays the first.

    Args:
        old: the items that were read.
        now: the items to write.
        path: path of the list.

    Raises:
        LossyWriteError: items of one value have different JSON, and more or fewer of them are written.
    """
    texts = [_text(item) for item in now]
    counts = Counter(texts)
    by_text: dict[bytes | None, deque[Read]] = {}
    for each in old:
        by_text.setdefault(_text(each[0]), deque()).append(each)
    for text, group in by_text.items():
        if text in counts and counts[text] != len(group) and len({_text(raw) for _, raw in group}) > 1:
            at = f"{path}[{texts.index(text)}]"
            raise LossyWriteError(at, f"{len(group)} items have this value in different notations")
    left = {text: len(group) for text, group in by_text.items()}
    return [_taken(by_text.get(text), item, left, text) for text, item in zip(texts, now, strict=True)]


def _taken(group: deque[Read] | None, item: Any, left: dict[bytes | None, int], text: bytes | None) -> Match | None:
    for each in group or ():
        if same(each[0], item):
            if group is not None and len(group) > 1:
                group.remove(each)
            left[text] -= 1
            return Match(*each, is_surplus=left[text] < 0)
    return None


def _text(item: Any) -> bytes | None:
    try:
        return text_of(item)
    except (TypeError, ValueError, RecursionError):
        return None  # not an item that was read
