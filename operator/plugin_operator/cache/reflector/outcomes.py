"""Mapping exceptions to outcomes of the reflector's state machine."""

import msgspec

from plugin_operator.cache.reflector.states import Outcome
from plugin_operator.errors import (
    ApiConnectionError,
    ApiError,
    ConfigError,
    ForbiddenError,
    GoneError,
    NoMatchError,
    NotFoundError,
    PluginOperatorError,
    TooManyRequestsError,
)

# Message of apiextensions-apiserver's webhook converter, whose Status has no reason of its own. While the storage
# starts, kube-apiserver wraps it in a 429, which lasts as long as the webhook is unreachable.
_CONVERSION = "conversion webhook for "
_REFUSALS = frozenset({400, 405, 406, 415, 422})


class HistoryRewritten(PluginOperatorError):
    """The server returned an older resource version than before: its data was restored or lost."""


class Unsupported(PluginOperatorError):
    """The server does not support streaming lists."""


class Failure(msgspec.Struct, frozen=True):
    """An outcome other than success; ``reason`` describes it to users."""

    outcome: Outcome
    reason: str
    retry_after_seconds: float | None = None


def failure_of(error: Exception) -> Failure:
    """Return the failure for ``error``; an unknown error counts as a server failure, so that the reflector retries."""
    return Failure(_outcome_of(error), _reason(error), getattr(error, "retry_after_seconds", None))


def _outcome_of(error: Exception) -> Outcome:
    match error:
        case ApiError() if (error.status == 429 or error.status >= 500) and _CONVERSION in error.message:
            return Outcome.UNCONVERTED
        case NoMatchError() | NotFoundError():
            return Outcome.MISSING
        case ForbiddenError():
            return Outcome.FORBIDDEN
        case GoneError():
            return Outcome.EXPIRED
        case TooManyRequestsError():
            return Outcome.THROTTLED
        case ApiError() if error.status in _REFUSALS:
            return Outcome.REFUSED
        case ApiConnectionError():
            return Outcome.BROKEN
        case HistoryRewritten():
            return Outcome.REWRITTEN
        case Unsupported():
            return Outcome.UNSUPPORTED
        case _:
            return Outcome.FAILED


def _reason(error: Exception) -> str:
    if isinstance(error, PluginOperatorError | ConfigError):
        return str(error)
    return f"{type(error).__name__}: {error}"
