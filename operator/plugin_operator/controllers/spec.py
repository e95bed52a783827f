"""The spec of a controller, as plain values.

Owns ``ControllerSpec`` and its parts, which ``hosting`` builds from declarations.
"""

import msgspec
from msgspec.structs import force_setattr

from plugin_operator.cache import ShardBy
from plugin_operator.controllers import value_checks
from plugin_operator.controllers.cache_interface import InformerKey
from plugin_operator.controllers.handlers import EnqueueForObject, Handler
from plugin_operator.controllers.predicates import Predicate
from plugin_operator.controllers.reconcile import Request
from plugin_operator.workqueue import MAX_DELAY_SECONDS, ExponentialBackoff

#: Most workers of one controller; a larger number is a mistake.
MAX_CONCURRENT_RECONCILES = 100_000

_THE_OBJECT = EnqueueForObject()


class RateLimiterSpec(msgspec.Struct, frozen=True):
    """Exponential backoff of failing objects, from ``base_seconds`` doubling to ``cap_seconds``. A success resets it.

    Attributes:
        base_seconds: delay after the first failure, in seconds.
        cap_seconds: the longest delay, in seconds.

    Raises:
        TypeError: a value is not a number.
        ValueError: a value is not above 0, is NaN or longer than a century, or the cap is below the base.
    """

    base_seconds: float = 0.005
    cap_seconds: float = 1000.0

    def __post_init__(self) -> None:
        for field in ("base_seconds", "cap_seconds"):
            number = value_checks.seconds(field, getattr(self, field), most=MAX_DELAY_SECONDS, above_zero=True)
            force_setattr(self, field, number)
        if self.cap_seconds < self.base_seconds:
            raise ValueError(
                f"cap_seconds is {self.cap_seconds!r}, less than base_seconds, which is {self.base_seconds!r}; "
                "it takes at least as much"
            )

    def build(self) -> ExponentialBackoff[Request]:
        """Return a new rate limiter without failures. Raises nothing; the operator calls it."""
        return ExponentialBackoff(self.base_seconds, self.cap_seconds)


class Watch(msgspec.Struct, frozen=True):
    """One watch of a controller.

    Attributes:
        informer_keys: keys of its informers, one per watched namespace.
        map: handler that maps an event to requests.
        predicates: filters; an event is dropped if any returns False.
    """

    informer_keys: tuple[InformerKey, ...]
    map: Handler = _THE_OBJECT
    predicates: tuple[Predicate, ...] = ()


class ControllerSpec(msgspec.Struct, frozen=True):
    """The settings of a controller without its code; the first watch is the primary one.

    Attributes:
        name: name in logs and metrics.
        watches: the watches of the controller.
        max_concurrent_reconciles: most keys reconciled at once.
        rate_limiter: backoff of failing keys.
        resync_seconds: interval to reconcile all objects again at low priority; None for never.
        shard_by: what decides which process reconciles an object; None if one process reconciles all.

    Raises:
        TypeError: a value is not a number.
        ValueError: a number is out of range.
    """

    name: str
    watches: tuple[Watch, ...]
    max_concurrent_reconciles: int = 1
    rate_limiter: RateLimiterSpec = RateLimiterSpec()
    resync_seconds: float | None = None
    shard_by: ShardBy | None = None

    def __post_init__(self) -> None:
        size = value_checks.whole(
            "max_concurrent_reconciles", self.max_concurrent_reconciles, least=1, most=MAX_CONCURRENT_RECONCILES
        )
        force_setattr(self, "max_concurrent_reconciles", size)
        if self.resync_seconds is not None:
            number = value_checks.seconds(
                "resync_seconds", self.resync_seconds, most=MAX_DELAY_SECONDS, above_zero=True, hint=", or None"
            )
            force_setattr(self, "resync_seconds", number)

    @property
    def informer_keys(self) -> tuple[InformerKey, ...]:
        """Keys of the informers of all watches, without duplicates, the primary watch first."""
        return tuple(dict.fromkeys(key for watch in self.watches for key in watch.informer_keys))
