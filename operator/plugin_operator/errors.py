"""Every exception that crosses a layer, under one root.

Subclasses are cut by how the caller reacts, not by where they come from: wait, retry, give up, tell the user.
"""

from collections.abc import Sequence

_MAX_REASON = 2000


class PluginOperatorError(Exception):
    """Root of all errors of this package but ``SelectorError``, which is a ``ValueError``."""


class ExternalError(PluginOperatorError):
    """Root of what a call of the API client raises for reasons outside the code that makes the call.

    Credentials, connection, discovery, leadership, overload, missing rights: none of them says that a plugin is wrong.
    A reconcile that ends with one is retried, and it does not count against a revision.
    """


class UsageError(PluginOperatorError):
    """The command line, the environment or a settings file is wrong: say so and exit with status 2."""


class ConfigError(ExternalError):
    """No usable credentials or address of an API server came from the kubeconfig or the pod's service account.

    A call of the client raises it when credentials have to be renewed and cannot be.
    """


class TerminalError(PluginOperatorError):
    """Raised by a reconciler: trying again will not help until the object changes, so do not retry.

    It is logged and counted like any failure, and the next change of the object makes it due again. The counterpart of
    controller-runtime's ``reconcile.TerminalError``.
    """


class LeadershipLost(ExternalError):
    """This process leads no more: it stops at once and exits with status 1.

    A write of the client raises it before anything is sent. Reads pass. Let it go through: the next leader reconciles.
    """


class NoMatchError(ExternalError):
    """The API server serves no such kind (now): wait for it, for a CRD may still come.

    Any call of the client raises it, also one about a kind that was served before. The message names close kinds.
    """


class PluginRejected(PluginOperatorError):
    """A plugin file cannot become a revision; the last good one keeps running.

    The loader raises it for a declaration that is wrong, and ``PluginHarness`` for a plugin that it cannot start.

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
    """The API server could not be reached, the connection broke, or the deadline of the call (30 s) passed.

    So it is with an answer that cannot be read. Whether a write was carried out is not known: read, then try again.
    """


class AnswerTooLargeError(ApiConnectionError):
    """An answer has more bytes than the client takes: 64 MiB for one object, 256 MiB for a whole list.

    ``Client.list`` raises it after it has tried smaller pages: narrow the list by namespace or selector.
    """


class ApiError(PluginOperatorError):
    """The API server answered with a failure (a ``meta/v1 Status``).

    Each status has a subclass. One that is no ``ExternalError`` says that the request itself was wrong. So do 405, 406,
    412, 413 and 415, which have no subclass. Before 429 or 503 is raised, the client has waited as long as the server
    asked for with ``Retry-After``, within the deadline of the call.

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
    """400: the request itself is malformed, such as a patch that cannot be applied."""


class UnauthorizedError(ApiError, ExternalError):
    """401: the credentials are missing or no longer good; the client has renewed them once and tried again."""


class ForbiddenError(ApiError, ExternalError):
    """403: RBAC does not grant it (yet), or an admission plugin refuses it.

    A missing right to write shows in the status of the plugin until it is granted.
    """


class NotFoundError(ApiError):
    """404: no such object, subresource or namespace; a kind that is not served is a ``NoMatchError``."""


class ConflictError(ApiError):
    """409: somebody else changed the object, or owns a field that ``apply`` states.

    Let the reconcile be retried: the next one reads a newer version.
    """


class AlreadyExistsError(ConflictError):
    """409 with reason AlreadyExists: ``create`` found the name taken, also by an object that is being deleted."""


class GoneError(ApiError, ExternalError):
    """410: the resource version or the continue token is too old; list again. ``Client.list`` does so once itself."""


class InvalidError(ApiError):
    """422: the object breaks its schema or a rule of its kind; ``causes`` names the fields."""


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
