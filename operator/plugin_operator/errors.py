"""Every exception that crosses a layer, under one root.

Subclasses are cut by how the caller reacts, not by where they come from: wait, retry, give up, tell the user.
"""

from collections.abc import Sequence

_MAX_REASON = 2000


class PluginOperatorError(Exception):
    """Root of all errors of this package."""


class ExternalError(PluginOperatorError):
    """Root of what a call of the API client raises for reasons outside the code that makes the call.

    Credentials, connection, discovery, leadership, overload, missing rights: none of them says that a plugin is wrong,
    so none counts against a revision. See ``is_external``.
    """


class UsageError(PluginOperatorError):
    """The command line, the environment or a settings file is wrong: say so and exit with status 2."""


class ConfigError(ExternalError):
    """No usable way to reach an API server could be made from the kubeconfig or the pod's service account."""


class TerminalError(PluginOperatorError):
    """Raised by a reconciler: trying again will not help until the object changes, so do not retry.

    The counterpart of controller-runtime's ``reconcile.TerminalError``.
    """


class LeadershipLost(ExternalError):
    """The Lease is no longer ours: stop at once and exit with status 1."""


class NoMatchError(ExternalError):
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


class ApiConnectionError(ExternalError):
    """The API server could not be reached, or the connection broke: retry with backoff."""


class AnswerTooLargeError(ApiConnectionError):
    """An answer has more bytes than anything that was asked for: ask for less, or take it for no answer."""


class ApiError(PluginOperatorError):
    """The API server answered with a failure (a ``meta/v1 Status``).

    A subclass that is no ``ExternalError`` says that the request itself was wrong: so do 405, 406, 412, 413 and 415,
    which have no subclass.

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


class UnauthorizedError(ApiError, ExternalError):
    """401: the credentials are missing or no longer good."""


class ForbiddenError(ApiError, ExternalError):
    """403: RBAC does not grant it (yet)."""


class NotFoundError(ApiError):
    """404: no such object or path."""


class ConflictError(ApiError):
    """409: somebody else changed the object; read it again and retry."""


class AlreadyExistsError(ConflictError):
    """409 with reason AlreadyExists: the name is taken."""


class GoneError(ApiError, ExternalError):
    """410: the resource version or the continue token is too old; list again."""


class InvalidError(ApiError):
    """422: the object breaks the schema; ``causes`` names the fields."""


class TooManyRequestsError(ApiError, ExternalError):
    """429: slow down; ``retry_after_seconds`` says for how long."""


class ServerError(ApiError, ExternalError):
    """5xx: the server is in trouble; retry with backoff."""


class UnexpectedStatusError(ApiError, ExternalError):
    """A status that no API server gives to a request of this client: a redirect, or the 407 or 408 of a proxy."""


_FAULTS_OF_THE_REQUEST = frozenset({405, 406, 412, 413, 415})
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
    other = ApiError if status in _FAULTS_OF_THE_REQUEST else UnexpectedStatusError
    kind: type[ApiError] = ServerError if status >= 500 else _BY_STATUS.get(status, other)
    if reason == "AlreadyExists":
        kind = AlreadyExistsError
    elif reason == "Expired":
        kind = GoneError
    return kind(status, reason, message, causes=causes, retry_after_seconds=retry_after_seconds)


def is_external(error: BaseException) -> bool:
    """Tell whether ``error`` happened for reasons outside the plugin that raised it.

    So it is with an ``ExternalError``, and with any error raised from one or while one was handled: the code may be
    right, and nothing shows that it is not. Of a group, every member has to be so.
    """
    groups: set[int] = set()
    waiting = [error]
    while waiting:
        found = _outside(waiting.pop())
        if found is None:
            return False
        if issubclass(type(found), BaseExceptionGroup) and id(found) not in groups:
            groups.add(id(found))
            waiting.extend(_MEMBERS.__get__(found))
    return True


def _outside(error: BaseException) -> BaseException | None:
    """Return the first that is external, or a group, in the chain of ``error``; None if there is none."""
    chain: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in chain:
        if issubclass(type(each), ExternalError | BaseExceptionGroup):
            return each
        chain.add(id(each))
        each = _CAUSE.__get__(each) or _CONTEXT.__get__(each)
    return None


# As the interpreter has them: a class of a plugin's may make properties of them, and of __class__.
_MEMBERS = BaseExceptionGroup.__dict__["exceptions"]
_CAUSE = BaseException.__dict__["__cause__"]
_CONTEXT = BaseException.__dict__["__context__"]
