"""Health of an informer's stream, for status, metrics and logs.

Owns the log level of failures. During an outage a stream fails every few seconds. So the first failure of its kind is a
warning, later ones are debug lines, and the recovery is logged again.
"""

from plugin_operator import logs
from plugin_operator.cache.keys import InformerKey
from plugin_operator.cache.reflector.outcomes import Failure
from plugin_operator.cache.reflector.states import Outcome
from plugin_operator.errors import NotFoundError, PluginOperatorError
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import counter

WATCH_RESTARTS = counter("plugin_operator_watch_restarts_total", "Streams opened again", "kind", "reason")

_log = logs.get_logger(__name__)

BLOCKING = frozenset({Outcome.MISSING, Outcome.FORBIDDEN, Outcome.REFUSED, Outcome.UNCONVERTED})
"""Outcomes that are a definite answer of the server; the reflector waits until the answer changes."""


class StreamHealth:
    """Failures and recoveries of one informer's stream.

    Args:
        key: key of the informer.
        metrics: counts restarts by outcome.

    Attributes:
        reason: the last failure, for users; empty after the recovery.
    """

    def __init__(self, key: InformerKey, metrics: Metrics) -> None:
        self._informer, self._kind = str(key), str(key.gvk)
        self._restarts = metrics.family(WATCH_RESTARTS)
        self._blocked: Outcome | None = None
        self._reported: set[Outcome] = set()
        self.reason = ""

    @property
    def is_waiting(self) -> bool:
        """Whether the server refused the request and has not accepted one since."""
        return self._blocked is not None

    def note(self, failure: Failure, error: Exception) -> None:
        """Record, count and log a failure."""
        self.reason = failure.reason
        if isinstance(error, NotFoundError):
            self.reason = f"the API server no longer serves {self._kind}"
        if failure.outcome is Outcome.UNSUPPORTED:
            return
        self._restarts.inc(self._kind, failure.outcome.value)
        if failure.outcome in BLOCKING:
            self._wait(failure.outcome)
        else:
            self._restart(failure.outcome)
        if failure.outcome is Outcome.FAILED and not isinstance(error, PluginOperatorError):
            _log.error("Reflector failed unexpectedly", informer=self._informer, exc_info=error)

    def answered(self) -> None:
        """Record that the server accepted a request."""
        if self._blocked is not None:
            _log.info("Informer is no longer waiting", informer=self._informer)
        self._blocked, self.reason = None, ""

    def lasted(self) -> None:
        """Record that the stream has been healthy for a while."""
        if self._reported:
            _log.info("Stream is healthy again", informer=self._informer)
        self._reported.clear()

    def _wait(self, outcome: Outcome) -> None:
        if outcome is not self._blocked:
            _log.warning("Informer is waiting", informer=self._informer, reason=self.reason)
        self._blocked = outcome

    def _restart(self, outcome: Outcome) -> None:
        log = _log.debug if outcome in self._reported else _log.info
        log("Stream restarts", informer=self._informer, outcome=outcome.value, reason=self.reason)
        self._reported.add(outcome)
