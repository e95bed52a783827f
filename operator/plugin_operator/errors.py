"""The exceptions that cross layers, under one root.

Subclasses follow the caller's reaction, not the origin: wait, retry, give up, or report to the user.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from itertools import islice

_PHRASES = {each.value: each.phrase for each in HTTPStatus}
_MAX_REASON = 2000
_MAX_OTHERS = 50


class PluginOperatorError(Exception):
    """Root of all errors of this package but ``SelectorError``, which is a ``ValueError``."""


class ExternalError(PluginOperatorError):
    """Root of the errors of an API call whose cause is outside the calling code.

    Causes are credentials, connection, discovery, leadership, overload and missing rights. The reconcile is retried,
    and the error does not count against the plugin revision.
    """


class UsageError(PluginOperatorError):
    """The command line, the environment or a settings file is wrong: the process exits with status 2."""


class ConfigError(ExternalError):
    """The kubeconfig or the pod's service account has no usable credentials or API server address.

    The client raises it when credentials have expired and cannot be renewed.
    """


class TerminalError(PluginOperatorError):
    """Raised by a reconciler to fail without a retry.

    The operator logs and counts it like any failure. The next change of the object triggers a reconcile. The
    counterpart of controller-runtime's ``reconcile.TerminalError``.
    """


class NotEnqueued(PluginOperatorError):
    """A request was rejected: this replica is a standby, or too many requests are waiting.

    ``Source.send`` and ``ctx.enqueue`` raise it. The message has the reason and the fix.
    """


class LeadershipLost(ExternalError):
    """This process no longer holds the Lease: it stops at once and exits with status 1.

    The client raises it before it sends a write; reads still work. Do not catch it: the next leader reconciles.
    """


class PluginRejected(PluginOperatorError):
    """A plugin file was rejected; the last good revision keeps running.

    The loader raises it for an invalid declaration, and ``PluginHarness`` for a plugin that it cannot start.

    Attributes:
        reason: what is wrong and how to fix it; truncated after 2,000 characters.
        path: the file, relative to the plugins directory.
        line: 1-based line in that file, or None.
        others: rejections for the other mistakes of the plugin that were found with this one, at most 50.
    """

    def __init__(
        self, reason: str, *, path: str = "", line: int | None = None, others: "Iterable[PluginRejected]" = ()
    ) -> None:
        self.reason = reason if len(reason) <= _MAX_REASON else f"{reason[: _MAX_REASON - 1]}…"
        self.path = path
        self.line = line
        self.others = tuple(islice(others, _MAX_OTHERS))
        super().__init__(self.reason)

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}: " if self.path and self.line else f"{self.path}: " if self.path else ""
        return where + self.reason


_COLLECTED: ContextVar[list[PluginRejected] | None] = ContextVar("rejections", default=None)


def joined(rejections: Sequence[PluginRejected]) -> PluginRejected:
    """Return the first of several rejections of one plugin, with the rest in its ``others``."""
    first, *rest = rejections
    every = [*first.others, *(each for one in rest for each in (one, *one.others))]
    first.others = tuple(every[:_MAX_OTHERS])
    return first


@contextmanager
def collected_rejections() -> Iterator[list[PluginRejected]]:
    """Collect the rejections that ``note_rejection`` gets in the block, in a list that grows with each.

    A class that raises ends the import of its file, and the mistakes of later classes stay unknown.
    """
    found: list[PluginRejected] = []
    token = _COLLECTED.set(found)
    try:
        yield found
    finally:
        _COLLECTED.reset(token)


def note_rejection(error: PluginRejected) -> bool:
    """Add a rejection to those that an import collects, and report whether one does; if not, the caller raises it."""
    found = _COLLECTED.get()
    if found is None:
        return False
    found.append(error)
    return True


class ApiConnectionError(ExternalError):
    """The connection failed or broke, the call exceeded its deadline (30 s), or the response cannot be read.

    It is unknown whether the server executed a write: read the object before writing again.
    """


class AnswerTooLargeError(ApiConnectionError):
    """A response exceeds the client's limit: 64 MiB for one object, 256 MiB for a whole list.

    ``Client.list`` raises it after trying smaller pages: narrow the list by namespace or selector.
    """


class ApiError(PluginOperatorError):
    """The API server responded with an error (a ``meta/v1 Status``).

    Subclasses stand for statuses. One that is not an ``ExternalError`` means that the request itself was wrong; so do
    405, 406, 412, 413 and 415, which have no subclass. The client raises 429 and 503 only after retries that obey
    ``Retry-After``, within the deadline of the call.

    Attributes:
        status: HTTP status code.
        reason: the machine-readable ``Status.reason`` ("NotFound", "Conflict", …); may be empty.
        message: the server's message.
        causes: ``details.causes`` as dicts with ``field``, ``reason``, ``message``.
        retry_after_seconds: value of ``Retry-After``, or None.
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
        super().__init__(f"{status} {reason or _PHRASES.get(status, 'Unknown')}: {message}")


class BadRequestError(ApiError):
    """400: the request is malformed, for example a patch that cannot be applied."""


class UnauthorizedError(ApiError, ExternalError):
    """401: the credentials are missing or expired; the client has renewed them once and retried."""


class ForbiddenError(ApiError, ExternalError):
    """403: RBAC does not allow the request, or an admission plugin denied it.

    The plugin's status shows a missing permission until it is granted.
    """


class NotFoundError(ApiError):
    """404: the object, subresource or namespace does not exist; a kind that is not served is a ``NoMatchError``."""


class NoMatchError(ApiError, ExternalError):
    """404: the API server does not serve the kind at present; a CRD may still add it.

    Any call of the client may raise it, also for a kind that was served before. The message suggests similar kinds. It
    says nothing about objects: it is no ``NotFoundError``, and its ``reason`` is "NoMatch".

    Args:
        message: says which kind is not served.
    """

    def __init__(self, message: str) -> None:
        super().__init__(404, "NoMatch", message)
        self.args = (message,)

    def __str__(self) -> str:
        return self.message


class ConflictError(ApiError):
    """409: the object has changed since it was read, or another field manager owns a field that ``apply`` sets.

    Let the reconcile fail: the retry reads a newer version.
    """


class AlreadyExistsError(ConflictError):
    """409 with reason AlreadyExists: ``create`` found the name in use, also by an object that is being deleted."""


class GoneError(ApiError, ExternalError):
    """410: the resource version or continue token has expired; list again. ``Client.list`` does so once itself."""


class InvalidError(ApiError):
    """The object breaks its schema or a rule: 422, or 500 to an apply; ``causes`` or ``message`` names the fields."""


class TooManyRequestsError(ApiError, ExternalError):
    """429: the server throttles requests; ``retry_after_seconds`` says for how long."""


class ServerError(ApiError, ExternalError):
    """5xx: the server failed; retry with backoff."""


class UnexpectedStatusError(ApiError, ExternalError):
    """A status that no API server sends to this client: a redirect, or the 407 or 408 of a proxy."""


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
    """Return an instance of the subclass of ``ApiError`` for ``status`` and apimachinery's ``reason``."""
    other = ApiError if status in _FAULTS_OF_THE_REQUEST else UnexpectedStatusError
    kind: type[ApiError] = ServerError if status >= 500 else _BY_STATUS.get(status, other)
    if reason == "AlreadyExists":
        kind = AlreadyExistsError
    elif reason == "Expired":
        kind = GoneError
    return kind(status, reason, message, causes=causes, retry_after_seconds=retry_after_seconds)


def is_external(error: BaseException) -> bool:
    """Report whether the cause of ``error`` lies outside the plugin that raised it.

    True for an ``ExternalError``, for any error with one in its chain of causes and contexts, and for a group whose
    members are all external: none of these shows that the plugin is wrong.
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
    """Return the first external error or exception group in the chain of ``error``, or None."""
    chain: set[int] = set()
    each: BaseException | None = error
    while each is not None and not issubclass(type(each), (ExternalError, BaseExceptionGroup)):
        chain.add(id(each))
        each = _CAUSE.__get__(each) or _CONTEXT.__get__(each)
        if id(each) in chain:
            return None
    return each


# The interpreter's own descriptors: a plugin's exception class may define properties of these names.
_MEMBERS = BaseExceptionGroup.__dict__["exceptions"]
_CAUSE = BaseException.__dict__["__cause__"]
_CONTEXT = BaseException.__dict__["__context__"]
