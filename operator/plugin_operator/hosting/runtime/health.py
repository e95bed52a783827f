"""How the reconciles of one revision fare, and when that is reason enough to take it back."""

from collections.abc import Callable

from plugin_operator.containment import is_cancelled_from_outside
from plugin_operator.controllers import ReconcileTimeoutError
from plugin_operator.errors import TerminalError, is_external
from plugin_operator.rendering import Locate, class_name, describe, places_of

_MAX_WORDS = 300
_REMEMBERED = 512


class RevisionHealth:
    """Counts the outcomes of one revision; plain numbers, because it is in the way of every reconcile.

    Attributes:
        succeeded, failed: ended reconciles of late; both are halved when they are many. What has reasons outside the
            plugin (``errors.is_external``), and a ``TerminalError``, which an author raises on purpose, count as
            neither. An answer that blames the request (400, 404, 409, 422) counts as a failure.
        last_error: type and message of the last failure, and the plugin's line.
        last_kind: the same without the message, which may quote a Secret.

    Args:
        locate: finds the plugin's own frames.
    """

    __slots__ = ("_listener", "_locate", "failed", "last_error", "last_kind", "succeeded")

    def __init__(self, locate: Locate = lambda _: None) -> None:
        self._locate = locate
        self.succeeded = 0
        self.failed = 0
        self.last_error = ""
        self.last_kind = ""
        self._listener: Callable[[], None] | None = None

    @property
    def is_failing(self) -> bool:
        """Whether more reconciles fail than succeed."""
        return self.failed > self.succeeded

    def report_to(self, listener: Callable[[], None] | None) -> None:
        """Call ``listener`` after each failure from now on, in place of the one before; None for nothing."""
        self._listener = listener

    def returned(self) -> None:
        """Count a reconcile that ended without an error."""
        self.succeeded += 1
        if self.succeeded >= _REMEMBERED:
            self._fade()

    def raised(self, error: BaseException) -> None:
        """Count a reconcile that ended with ``error``, unless that says nothing about the code."""
        if not _is_excused(error):
            self.failure(error)

    def failure(self, error: BaseException) -> None:
        """Count a reconcile that failed, and tell of it."""
        self.failed += 1
        if self.failed >= _REMEMBERED:
            self._fade()
        place = next(iter(places_of(error, self._locate)), "")
        self.last_error = describe(error, _MAX_WORDS) + (f" ({place})" if place else "")
        self.last_kind = class_name(error) + (f" at {place}" if place else "")
        if self._listener is not None:
            self._listener()

    def _fade(self) -> None:
        """Let what was long ago count less, so that the numbers tell how things are now."""
        self.succeeded //= 2
        self.failed //= 2


def _is_excused(error: BaseException) -> bool:
    """Tell what says nothing about the code: the outside, an author's own choice, a cancellation that was asked for."""
    if issubclass(type(error), ReconcileTimeoutError):
        return False  # even if it waited for the outside: the author sets the limit
    if issubclass(type(error), Exception):
        return issubclass(type(error), TerminalError) or is_external(error)
    return is_cancelled_from_outside(error)
