"""What a controller is to do, as plain values.

Owns ``ControllerSpec`` and its parts; ``plugin`` builds them from what an author declares.
"""

from dataclasses import dataclass

from plugin_operator.controllers import value_checks
from plugin_operator.controllers.cache_interface import InformerKey
from plugin_operator.controllers.handlers import EnqueueForObject, Handler
from plugin_operator.controllers.predicates import Predicate
from plugin_operator.controllers.reconcile import Request
from plugin_operator.workqueue import MAX_DELAY_SECONDS, ExponentialBackoff

#: More workers than this in one controller are a mistake in a number.
MAX_CONCURRENT_RECONCILES = 100_000

_THE_OBJECT = EnqueueForObject()


@dataclass(frozen=True, slots=True)
class RateLimiterSpec:
    """Backoff of failing objects: from ``base_seconds``, doubling, to ``cap_seconds``. A success starts it over.

    Attributes:
        base_seconds: the wait after the first failure, in seconds.
        cap_seconds: the longest wait, in seconds.

    Raises:
        TypeError: one of them is no number.
        ValueError: one of them is not above 0, NaN or longer than a century, or the cap is below the base.
    """

    base_seconds: float = 0.005
    cap_seconds: float = 1000.0

    def __post_init__(self) -> None:
        for field in ("base_seconds", "cap_seconds"):
            number = value_checks.seconds(field, getattr(self, field), most=MAX_DELAY_SECONDS, above_zero=True)
            object.__setattr__(self, field, number)
        if self.cap_seconds < self.base_seconds:
            raise ValueError(
                f"cap_seconds is {self.cap_seconds!r}, less than base_seconds, which is {self.base_seconds!r}; "
                "it takes at least as much"
            )

    def build(self) -> ExponentialBackoff[Request]:
        """Return a rate limiter that has seen no failure. Raises nothing; the operator calls it."""
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
        rate_limiter: backoff of failing keys.
        resync_seconds: reconcile everything again, at low priority, every so often; None for never.

    Raises:
        TypeError: a number is none.
        ValueError: a number is out of range.
    """

    name: str
    watches: tuple[Watch, ...]
    max_concurrent_reconciles: int = 1
    rate_limiter: RateLimiterSpec = RateLimiterSpec()
    resync_seconds: float | None = None

    def __post_init__(self) -> None:
        size = value_checks.whole(
            "max_concurrent_reconciles", self.max_concurrent_reconciles, least=1, most=MAX_CONCURRENT_RECONCILES
        )
        object.__setattr__(self, "max_concurrent_reconciles", size)
        if self.resync_seconds is not None:
            number = value_checks.seconds(
                "resync_seconds", self.resync_seconds, most=MAX_DELAY_SECONDS, above_zero=True, hint=", or None"
            )
            object.__setattr__(self, "resync_seconds", number)

    @property
    def informer_keys(self) -> tuple[InformerKey, ...]:
        """The caches of all watches, each once, those of the primary watch first."""
        return tuple(dict.fromkeys(key for watch in self.watches for key in watch.informer_keys))
