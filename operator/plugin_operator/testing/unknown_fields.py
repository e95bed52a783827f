"""Fields that plugins of a test wrote, and that the API server does not know.

The server stores the object without them, and says so in a warning alone. So a misspelled field of a dict would fail no
test. Owns the message that a test fails with.
"""

from collections.abc import Callable, Iterable

from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.testing.permissions.unallowed_calls import dotted

_OF_UNKNOWN_FIELDS = "unknown field "
_MAX_NAMED = 20


class UnknownFields:
    """The unknown fields that the plugins of one test wrote."""

    def __init__(self) -> None:
        self._found: dict[str, None] = {}

    def note(self, call: Call, warnings: Iterable[str], place: Callable[[], str]) -> None:
        """Record the fields that the warnings about a write name.

        Args:
            call: the write.
            warnings: texts of the API server.
            place: returns file and line of the plugin.
        """
        for text in warnings:
            if text.startswith(_OF_UNKNOWN_FIELDS):
                self._found[f"{place()}: {call.verb} {dotted(call)}: {text}"] = None

    @property
    def message(self) -> str:
        """Why the test fails, with one line a field; empty without any."""
        if not self._found:
            return ""
        lines = list(self._found)
        more = [f"… and {len(lines) - _MAX_NAMED} more"] if len(lines) > _MAX_NAMED else []
        head = (
            "plugins wrote fields that the API server does not know, and that it did not store. Correct the names, or "
            "pass check_fields=False:"
        )
        return "\n".join([head, *lines[:_MAX_NAMED], *more])
