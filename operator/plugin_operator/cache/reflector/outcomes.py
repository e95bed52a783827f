"""Reading an exception as an outcome of the reflector's state machine."""

from dataclasses import dataclass

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

# The words of apiextensions-apiserver's webhook converter; its Status has no reason that tells it from other failures.
# While its storage starts, kube-apiserver wraps them in a 429, which goes on for as long as the webhook is away.
_CONVERSION = "conversion webhook for "
_REFUSALS = frozenset({400, 405, 406, 415, 422})


class HistoryRewritten(PluginOperatorError):
    """The server says something older than what it said before: its data was restored or lost."""


class Unsupported(PluginOperatorError):
    """The server does not stream lists."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An outcome that is not what was hoped for; ``reason`` is for people."""

    outcome: Outcome
    reason: str
    retry_after_seconds: float | None = None


def failure_of(error: Exception) -> Failure:
    """Return how ``error`` reads; an unknown one is a failure like a server's, for a reflector must never end."""
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
