"""Every exception that crosses a layer, under one root.

Subclasses are cut by how the caller reacts, not by where they come from: wait, retry, give up, tell the user.
"""

from collections.abc import Sequence

_MAX_REASON = 2000


class PluginOperatorError(Exception):
    """Root of all errors of this package."""


class UsageError(PluginOperatorError):
    """The command line, the environment or a settings file is wrong: say so and exit with status 2."""


class ConfigError(PluginOperatorError):
    """No usable way to reach an API server could be made from the kubeconfig or the pod's service account."""


class TerminalError(PluginOperatorError):
    """Raised by a reconciler: trying again will not help until the object changes, so do not retry.

    The counterpart of controller-runtime's ``reconcile.TerminalError``.
    """


class LeadershipLost(PluginOperatorError):
    """The Lease is no longer ours: stop at once and exit with status 1."""


class NoMatchError(PluginOperatorError):
    """The API server serves no such kind (now): wait for it, for a CRD may still come."""


class PluginRejected(PluginOperatorError):
    """A plugin file cannot become a revision; the last good one keeps running.

    Attributes:
        reason: what is wrong and the way out, for a person; cut where an exception's text has no end.
        path: the file, as the user knows it.
        line: 1-based line in that file, if one is to blame.
    """

    def __init__(self, reason: str, *, path: str = "", line: int | None = None) -> None:
        self.reason = reason if len(reason) <= _MAX_REASON else f"{reason[: _MAX_REASON - 1]}…"
        self.path = path
        self.line = line
        super().__init__(self.reason)

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}: " if self.path and self.line else f"{self.path}: " if self.path else ""
        return where + self.reason


class ApiConnectionError(PluginOperatorError):
    """The API server could not be reached, or the connection broke: retry with backoff."""


class ApiError(PluginOperatorError):
    """The API server answered with a failure (a ``meta/v1 Status``).

    Attributes:
        status: HTTP status code.
        reason: the machine-readable ``Status.reason`` ("NotFound", "Conflict", …); may be empty.
        message: the server's words.
        causes: ``details.causes`` as dicts with ``field``, ``reason``, ``message``.
        retry_after_seconds: what the server asked for, or None.
    """

    def __init__(
        self,
        status: int,
        reason: str = "",
        message: str = "",
        *,
        causes: Sequence[dict[str, str]] = (),
        retry_after_seconds: float | None = None,
    ) -> None:
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = tuple(causes)
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{status} {reason or 'Unknown'}: {message}")


class BadRequestError(ApiError):
    """400: the request itself is malformed."""


class UnauthorizedError(ApiError):
    """401: the credentials are missing or no longer good."""


class ForbiddenError(ApiError):
    """403: RBAC does not grant it (yet)."""


class NotFoundError(ApiError):
    """404: no such object or path."""


class ConflictError(ApiError):
    """409: somebody else changed the object; read it again and retry."""


class AlreadyExistsError(ConflictError):
    """409 with reason AlreadyExists: the name is taken."""


class GoneError(ApiError):
    """410: the resource version or the continue token is too old; list again."""


class InvalidError(ApiError):
    """422: the object breaks the schema; ``causes`` names the fields."""


class TooManyRequestsError(ApiError):
    """429: slow down; ``retry_after_seconds`` says for how long."""


class ServerError(ApiError):
    """5xx: the server is in trouble; retry with backoff."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    422: InvalidError,
    429: TooManyRequestsError,
}


def api_error(
    status: int,
    reason: str = "",
    message: str = "",
    *,
    causes: Sequence[dict[str, str]] = (),
    retry_after_seconds: float | None = None,
) -> ApiError:
    """Return the subclass of ``ApiError`` that fits ``status`` and ``reason`` (reasons as in apimachinery's errors)."""
    kind = ServerError if status >= 500 else _BY_STATUS.get(status, ApiError)
    if reason == "AlreadyExists":
        kind = AlreadyExistsError
    elif reason == "Expired":
        kind = GoneError
    return kind(status, reason, message, causes=causes, retry_after_seconds=retry_after_seconds)
