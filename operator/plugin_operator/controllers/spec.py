"""What a controller is to do, as plain values.

Owns ``ControllerSpec`` and its parts; ``plugin`` builds them from what an author declares.
"""

from dataclasses import dataclass

from plugin_operator.controllers.handlers import EnqueueForObject, Handler
from plugin_operator.controllers.ports import InformerKey
from plugin_operator.controllers.predicates import Predicate
from plugin_operator.controllers.types import Request
from plugin_operator.workqueue import ExponentialBackoff

_THE_OBJECT = EnqueueForObject()


@dataclass(frozen=True, slots=True)
class RateLimiterSpec:
    """Backoff of failing keys: from ``base_seconds``, doubling, to ``cap_seconds``."""

    base_seconds: float = 0.005
    cap_seconds: float = 1000.0

    def build(self) -> ExponentialBackoff[Request]:
        """Return a rate limiter that has seen no failure."""
        return ExponentialBackoff(self.base_seconds, self.cap_seconds)


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing a controller listens to.

    Attributes:
        informer_keys: the caches that feed it, one for each namespace watched.
        map: which requests follow from an event.
        predicates: events that any of them refuses are dropped.
    """

    informer_keys: tuple[InformerKey, ...]
    map: Handler = _THE_OBJECT
    predicates: tuple[Predicate, ...] = ()


@dataclass(frozen=True, slots=True)
class ControllerSpec:
    """Everything about a controller but its code; the first watch is the primary one.

    Attributes:
        name: as it appears in logs and metrics.
        watches: what it listens to.
        max_concurrent_reconciles: how many keys may be reconciled at once.
        reconcile_timeout_seconds: a reconcile that runs longer is cancelled and retried; None for no limit.
        rate_limiter: backoff of failing keys.
        resync_seconds: reconcile everything again, at low priority, every so often; None for never.

    Raises:
        ValueError: a number is out of range.
    """

    name: str
    watches: tuple[Watch, ...]
    max_concurrent_reconciles: int = 1
    reconcile_timeout_seconds: float | None = None
    rate_limiter: RateLimiterSpec = RateLimiterSpec()
    resync_seconds: float | None = None

    def __post_init__(self) -> None:
        if self.max_concurrent_reconciles < 1:
            raise ValueError(f"max_concurrent_reconciles is {self.max_concurrent_reconciles}; it takes 1 or more")
        for field in ("reconcile_timeout_seconds", "resync_seconds"):
            seconds = getattr(self, field)
            if seconds is not None and not seconds > 0:
                raise ValueError(f"{field} is {seconds!r}; it takes seconds above 0, or None")

    @property
    def informer_keys(self) -> tuple[InformerKey, ...]:
        """The caches of all watches, each once, those of the primary watch first."""
        return tuple(dict.fromkeys(key for watch in self.watches for key in watch.informer_keys))
