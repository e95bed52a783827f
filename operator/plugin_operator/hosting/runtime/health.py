"""Health of one revision: outcomes of its reconciles, and when they justify a rollback."""

from collections.abc import Callable

from plugin_operator.containment import is_cancelled_from_outside
from plugin_operator.controllers import ReconcileTimeoutError
from plugin_operator.error_hints import described
from plugin_operator.errors import TerminalError, is_external
from plugin_operator.rendering import Locate, class_name, places_of

_MAX_WORDS = 300
_REMEMBERED = 512


class RevisionHealth:
    """Counts the outcomes of one revision, as plain numbers, because every reconcile updates them.

    Attributes:
        succeeded, failed: recent reconciles by outcome; both are halved when they grow large. External errors
            (``errors.is_external``) and ``TerminalError`` count as neither. A response that rejects the request (400,
            404, 409, 422, or 500 that names a field of an apply) counts as a failure.
        last_error: type and message of the last failure during the probation, and the plugin's line; without a
            probation, those of the first one.
        last_kind: the same without the message, which may quote a Secret.

    Args:
        locate: maps file names of the plugin's code to paths shown to users.
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
        """Count a reconcile that ended with ``error``, unless the error is excused."""
        if not _is_excused(error):
            self.failure(error)

    def failure(self, error: BaseException) -> None:
        """Count a failed reconcile and call the listener."""
        self.failed += 1
        if self.failed >= _REMEMBERED:
            self._fade()
        # Only a rollback quotes the text: rendering each failure would cost more than the rest of its handling.
        if self._listener is not None or not self.last_error:
            self._render(error)
        if self._listener is not None:
            self._listener()

    def _render(self, error: BaseException) -> None:
        place = next(iter(places_of(error, self._locate)), "")
        self.last_error = described(error, _MAX_WORDS) + (f" ({place})" if place else "")
        self.last_kind = class_name(error) + (f" at {place}" if place else "")

    def _fade(self) -> None:
        """Halve both counts when they grow large, so that recent outcomes dominate."""
        self.succeeded //= 2
        self.failed //= 2


def _is_excused(error: BaseException) -> bool:
    """Report whether an error does not count: external, a ``TerminalError``, or a requested cancellation."""
    if issubclass(type(error), ReconcileTimeoutError):
        return False  # a timeout counts even if the API server was slow, because the plugin sets it
    if issubclass(type(error), Exception):
        return issubclass(type(error), TerminalError) or is_external(error)
    return is_cancelled_from_outside(error)
