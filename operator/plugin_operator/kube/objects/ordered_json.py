"""JSON with the keys of its objects in order, so that equal values have equal texts."""

from typing import Any

import msgspec

# msgspec holds the interpreter lock while it sorts, and for some orders its time is quadratic: 100,000 keys in order
# with a lesser one behind them take it 20 seconds, in which nothing else runs.
_SORTED_BY_MSGSPEC = 4096


def ordered_json(value: Any, **options: Any) -> bytes:
    """Return the JSON of a value with the keys in order. ``options`` are those of ``msgspec.json.encode``.

    Raises:
        TypeError, ValueError, RecursionError: JSON has no such value.
    """
    raw = msgspec.json.encode(value, **options)
    if len(raw) <= _SORTED_BY_MSGSPEC:
        return msgspec.json.encode(value, order="deterministic", **options)
    return msgspec.json.encode(_in_order(msgspec.json.decode(raw)))


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_in_order(item) for item in value]
    return value
