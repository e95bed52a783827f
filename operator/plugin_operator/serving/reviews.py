"""Asking the API server who a client is and what it may do, as controller-runtime's metrics filter does.

Owns the two reviews, what of their answers is remembered and for how long, and the bounds on how many there are: a
scraper gone wild, or somebody who tries tokens, must not become a storm on the API server. Each peer may show a few
unknown tokens a second, so that nobody who tries tokens holds up a scraper. Times are those of
``WithAuthenticationAndAuthorization`` in controller-runtime's ``pkg/metrics/filters``. Tokens are kept as keyed digests
only.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

import msgspec

from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.transport import Transport
from plugin_operator.clock import Clock
from plugin_operator.errors import ApiConnectionError, ApiError

_TOKEN_SECONDS = 60.0
_ALLOWED_SECONDS = 300.0
_DENIED_SECONDS = 30.0
_DEADLINE_SECONDS = 10.0
_FAILED_SECONDS = 1.0
_MAX_AT_ONCE = 8
_TOKENS_AT_ONCE = 20
_TOKENS_PER_SECOND = 5.0
_MAX_REMEMBERED = 1024

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ReviewUnavailableError(Exception):
    """The API server gave no verdict: it cannot be reached, or refuses to be asked by us."""


class TooManyReviewsError(Exception):
    """A peer has shown more unknown tokens than are asked about."""


class User(msgspec.Struct, frozen=True):
    """Whom a token stands for; ``extra`` is kept as it came."""

    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def key(self) -> tuple[Hashable, ...]:
        """What tells two users apart."""
        return (self.username, self.uid, self.groups, bytes(self.extra))


class _TokenStatus(msgspec.Struct):
    authenticated: bool = False
    user: User = User()


class _TokenReview(msgspec.Struct):
    status: _TokenStatus


class _AccessStatus(msgspec.Struct):
    allowed: bool = False
    denied: bool = False


class _AccessReview(msgspec.Struct):
    status: _AccessStatus


class Reviews:
    """Asks, and remembers the answers for a while.

    Args:
        transport: the connection to the API server, with the operator's own rights.
        clock: measures how old an answer is.
    """

    def __init__(self, transport: Transport, *, clock: Clock) -> None:
        self._transport = transport
        # Apart, so that no number of made-up tokens pushes out those of real clients.
        self._known: _Remembered[bytes, User] = _Remembered(clock)
        self._unknown: _Remembered[bytes, None] = _Remembered(clock)
        self._verdicts: _Remembered[tuple[Hashable, ...], bool] = _Remembered(clock)
        # A server that fails at once is asked no more often for it.
        self._failed: _Remembered[Hashable, str] = _Remembered(clock)
        self._budgets = _Budgets(clock)
        self._places = asyncio.Semaphore(_MAX_AT_ONCE)
        self._secret = secrets.token_bytes(32)

    async def user_of(self, token: str, peer: str = "") -> User | None:
        """Return whom ``token``, which ``peer`` shows, stands for; None if nobody.

        Raises:
            TooManyReviewsError: the peer has to wait a moment.
            ReviewUnavailableError: the API server did not say, within ten seconds.
        """
        digest = hmac.digest(self._secret, token.encode(), hashlib.sha256)
        if (user := self._known.get(digest)) is not None:
            return user
        if digest in self._unknown:
            return None
        # A token that was good before is asked about again, whatever else comes from its address.
        if not self._known.ever_held(digest) and not self._budgets.take(peer):
            raise TooManyReviewsError
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        path = "/apis/authentication.k8s.io/v1/tokenreviews"
        status = (await self._ask(path, body, _TokenReview, about=digest, token=token)).status
        if not status.authenticated or not status.user.username:
            self._unknown.put(digest, None, _TOKEN_SECONDS)
            return None
        self._known.put(digest, status.user, _TOKEN_SECONDS)
        return status.user

    async def allows(self, user: User, verb: str, path: str) -> bool:
        """Tell whether ``user`` may do ``verb`` ("get") on a path that is no resource.

        Raises:
            ReviewUnavailableError: as ``user_of``.
        """
        key = (*user.key, verb, path)
        if (known := self._verdicts.get(key)) is not None:
            return known
        spec = {
            "user": user.username,
            "uid": user.uid,
            "groups": user.groups,
            "extra": user.extra,
            "nonResourceAttributes": {"path": path, "verb": verb},
        }
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        review = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        status = (await self._ask(review, body, _AccessReview, about=key, token="")).status
        allowed = status.allowed and not status.denied
        self._verdicts.put(key, allowed, _ALLOWED_SECONDS if allowed else _DENIED_SECONDS)
        return allowed

    async def _ask(self, path: str, body: dict[str, Any], kind: type[V], *, about: Hashable, token: str) -> V:
        if (reason := self._failed.get(about)) is not None:
            raise ReviewUnavailableError(reason)
        try:
            return await self._answer(path, body, kind)
        except ReviewUnavailableError as error:
            # Servers and proxies that refuse a request may quote it.
            reason = str(error).replace(token, "<token>") if token else str(error)
            self._failed.put(about, reason, _FAILED_SECONDS)
            raise ReviewUnavailableError(reason) from None

    async def _answer(self, path: str, body: dict[str, Any], kind: type[V]) -> V:
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS), self._places:
                answer = await self._transport.send(
                    ApiRequest("POST", path, body=msgspec.json.encode(body), timeout_seconds=_DEADLINE_SECONDS)
                )
            return msgspec.json.decode(answer.body, type=kind)
        except TimeoutError as error:
            raise ReviewUnavailableError("the API server did not answer in time") from error
        except (ApiError, ApiConnectionError, msgspec.MsgspecError, RecursionError) as error:
            raise ReviewUnavailableError(str(error)) from error


class _Budgets:
    """How many reviews each peer may cause: a few at once, then some a second; of too many peers, the oldest go."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, peer: str) -> bool:
        now = self._clock.monotonic()
        spent, at = self._spent.pop(peer, (0.0, now))
        spent = max(0.0, spent - (now - at) * _TOKENS_PER_SECOND)
        may = spent + 1 <= _TOKENS_AT_ONCE
        self._spent[peer] = (spent + may, now)
        if len(self._spent) > _MAX_REMEMBERED:
            self._spent.popitem(last=False)
        return may


class _Remembered(Generic[K, V]):
    """Values that are believed for a while; of too many, the oldest go."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K) -> V | None:
        until, value = self._values.get(key, (0.0, None))
        return value if until > self._clock.monotonic() else None

    def __contains__(self, key: K) -> bool:
        return key in self._values and self._values[key][0] > self._clock.monotonic()

    def ever_held(self, key: K) -> bool:
        return key in self._values

    def put(self, key: K, value: V, seconds: float) -> None:
        self._values[key] = (self._clock.monotonic() + seconds, value)
        self._values.move_to_end(key)
        if len(self._values) > _MAX_REMEMBERED:
            self._values.popitem(last=False)
