"""Validation of the ``timeout`` parameter, a Go duration.

The parameter has no other effect, because every response is immediate. An invalid duration is rejected as by
kube-apiserver.
"""

import re

from kube_apiserver.wire.status_error import bad_request

_UNITS = frozenset({"ns", "us", "µs", "μs", "ms", "s", "m", "h"})
_PART = re.compile(r"(?:\d+\.?\d*|\.\d+)(?P<unit>[^\d.]*)")


def check_timeout(text: str) -> None:
    """Raise 400 for an invalid duration.

    Raises:
        StatusError: 400, with the message of Go's ``time.ParseDuration``.
    """
    if error := _parse_error(text):
        raise bad_request(f"invalid timeout specified in the request URL - time: {error}")


def _parse_error(text: str) -> str:
    unsigned = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    if text == "" or unsigned == "0":
        return ""
    position = 0
    while match := _PART.match(unsigned, position):
        unit = match["unit"]
        if not unit:
            return f'missing unit in duration "{text}"'
        if unit not in _UNITS:
            return f'unknown unit "{unit}" in duration "{text}"'
        position = match.end()
    return "" if position == len(unsigned) and position else f'invalid duration "{text}"'
