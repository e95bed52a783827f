"""TokenReview and SubjectAccessReview of clients, as in controller-runtime's metrics filter.

Owns both reviews, the cache of their results, and the limits on their number: clients must not be able to flood the API
server. Each peer may send a few unknown tokens a second, so that an attacker who tries tokens does not delay scrapers.
Cache durations are those of ``WithAuthenticationAndAuthorization`` in controller-runtime's ``pkg/metrics/filters``.
Tokens are stored as keyed digests only.
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
    """The API server did not decide: it is unreachable, or forbids the review."""


class TooManyReviewsError(Exception):
    """A peer has sent too many unknown tokens."""


class User(msgspec.Struct, frozen=True):
    """The user of a token; ``extra`` is unchanged from the TokenReview."""

    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Identity of the user, as a cache key."""
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
    """Performs reviews and caches their results.

    Args:
        transport: sends requests with the operator's own credentials.
        clock: measures the age of results.
    """

    def __init__(self, transport: Transport, *, clock: Clock) -> None:
        self._transport = transport
        # Separate caches, so that invalid tokens cannot evict those of real clients.
        self._known: _Remembered[bytes, User] = _Remembered(clock)
        self._unknown: _Remembered[bytes, None] = _Remembered(clock)
        self._verdicts: _Remembered[tuple[Hashable, ...], bool] = _Remembered(clock)
        # Failures are cached too, so that a failing server does not get more requests.
        self._failed: _Remembered[Hashable, str] = _Remembered(clock)
        self._budgets = _Budgets(clock)
        self._places = asyncio.Semaphore(_MAX_AT_ONCE)
        self._secret = secrets.token_bytes(32)

    async def user_of(self, token: str, peer: str = "") -> User | None:
        """Return the user of a token that ``peer`` sent; None if it is invalid.

        Raises:
            TooManyReviewsError: the peer has exceeded its rate of unknown tokens.
            ReviewUnavailableError: the API server did not decide within ten seconds.
        """
        digest = hmac.digest(self._secret, token.encode(), hashlib.sha256)
        if (user := self._known.get(digest)) is not None:
            return user
        if digest in self._unknown:
            return None
        # A token that was valid before is always reviewed again, even if its peer has exceeded the rate.
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
        """Report whether ``user`` may perform ``verb`` ("get") on a non-resource path.

        Raises:
            ReviewUnavailableError: the API server did not decide within ten seconds.
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
            # The error message of a server or proxy may quote the token.
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
    """Token bucket per peer for reviews; if there are too many peers, the oldest bucket is dropped."""

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
    """Cache with a lifetime per value; if it is full, the oldest value is dropped."""

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
