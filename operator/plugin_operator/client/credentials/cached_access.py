"""``CachedAccess``: cached credentials with periodic refresh.

Owns the times of reading, and the reaction to failures. Requests use the last good credentials while these are valid.
So a missing file, a certificate without its new key, or a failed login command does not affect requests.
"""

import asyncio
from contextvars import Context
from typing import Protocol

from plugin_operator import logs
from plugin_operator.client.credentials.access import Access
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.connection_backoff import Backoff
from plugin_operator.errors import ConfigError
from plugin_operator.rendering import describe
from plugin_operator.tasks import AnyTask, TaskOwner

REREAD_SECONDS = 30.0
"""Maximum age of cached files: the kubelet and cert-manager rotate them well before the old ones expire."""

_RETRY_SECONDS = 5.0  # while the last good access is valid
_RETRY_WITHOUT_SECONDS = 1.0  # a login command must not run for each request
_RENEW_PAUSE_SECONDS = 1.0  # nor for each 401; grows with each renewal
_RENEW_PAUSE_AT_MOST_SECONDS = 15.0
_RENEW_FORGET_SECONDS = 60.0

_CLOSE_SECONDS = 2.0

_log = logs.get_logger(__name__)


class Source(Protocol):
    """Reads access from its origin.

    Attributes:
        description: name of the origin, for messages.
    """

    description: str

    @property
    def is_slow(self) -> bool:
        """Whether the next ``read`` waits for a command or another server, not only for files."""

    async def read(self, *, renew: bool) -> Access:
        """Read files, commands and identity providers.

        Args:
            renew: the API server rejected the last credentials, so run commands and ask identity providers again.

        Raises:
            ConfigError: the credentials cannot be read; the message names their origin.
        """


class CachedAccess:
    """An ``AccessSource`` that keeps the last good access of a source.

    Args:
        source: reads the access.
        clock: measures its age.
    """

    def __init__(self, source: Source, *, clock: Clock | None = None) -> None:
        self._source = source
        self._clock = clock or SystemClock()
        self._access: Access | None = None
        self._due = float("-inf")
        self._failure = ""
        self._renew_from = float("-inf")
        self._renewals = self._pauses(_RENEW_PAUSE_AT_MOST_SECONDS)
        self._stale = self._pauses(REREAD_SECONDS)
        self._is_stale = False
        self._lock = asyncio.Lock()
        self._tasks = TaskOwner("credentials", clock=self._clock)
        self._ahead: AnyTask | None = None

    async def current(self) -> Access:
        """Return the access; it is read at most once per ``REREAD_SECONDS``. See ``AccessSource.current``."""
        if self._clock.monotonic() < self._due:
            return self._require()
        if self._access is None or self._is_expired or not self._source.is_slow:
            async with self._lock:
                if self._clock.monotonic() >= self._due:
                    await self._read(renew=False)
        elif self._ahead is None:
            # No request waits for a command that runs before expiry; the task logs its own outcome.
            # It runs in a new context, because the current one belongs to the plugin that sends the request.
            self._ahead = Context().run(self._tasks.spawn, self._read_ahead(), "ahead-of-need")
        return self._require()

    async def close(self) -> None:
        """Cancel a command that runs before expiry; the access stays usable."""
        await self._tasks.stop(_CLOSE_SECONDS)
        self._ahead = None

    async def renew(self, rejected: Access) -> Access:
        """Run the command or read the files again; see ``AccessSource.renew``."""
        async with self._lock:
            now = self._clock.monotonic()
            if self._access is rejected and now >= self._renew_from:
                self._renew_from = now + self._renewals.next_seconds()
                await self._read(renew=True)
                if self._failure:
                    raise ConfigError(self._failure)
        return self._require()

    async def reread(self, failed: Access) -> Access:
        """Read the files again; see ``AccessSource.reread``."""
        async with self._lock:
            if self._access is failed and not self._source.is_slow:
                await self._read(renew=False)
        return self._require()

    async def _read_ahead(self) -> None:
        try:
            async with self._lock:
                await self._read(renew=False)
        finally:
            self._ahead = None

    async def _read(self, *, renew: bool) -> None:
        """Read the access; store it, or the reason of the failure."""
        try:
            access = await self._source.read(renew=renew)
            _check_tls(access)
        except ConfigError as error:
            self._failed(str(error))
            return
        except Exception as error:  # noqa: BLE001 - an unexpected error about a file must not stop the operator
            self._failed(describe(error))
            return
        if self._failure and self._access is not None:
            _log.info("Credentials read again", source=self._source.description)
        self._failure = ""
        if self._access is None or access != self._access or access.expires_at != self._access.expires_at:
            self._access = access
        self._due = self._clock.monotonic() + self._seconds_until_due()

    def _seconds_until_due(self) -> float:
        if self._access is None or self._access.expires_at is None:
            return REREAD_SECONDS
        left = (self._access.expires_at - self._clock.now()).total_seconds()
        self._say_whether_stale(is_stale=left <= 0)
        if left <= 0:
            return self._stale.next_seconds()
        self._stale.reset()
        return min(REREAD_SECONDS, max(_RETRY_WITHOUT_SECONDS, left))

    def _say_whether_stale(self, *, is_stale: bool) -> None:
        """Log credentials that have expired when they are read; they are used, as the local clock may be wrong."""
        if is_stale and not self._is_stale and self._access is not None and self._access.expires_at is not None:
            _log.warning(
                "Credentials have expired when they are read: is the clock of this machine right?",
                source=self._source.description,
                expired=self._access.expires_at.isoformat(),
                now=self._clock.now().isoformat(),
            )
        self._is_stale = is_stale

    def _pauses(self, at_most_seconds: float) -> Backoff:
        return Backoff(
            self._clock,
            base_seconds=_RENEW_PAUSE_SECONDS,
            cap_seconds=at_most_seconds,
            jitter=0.0,
            reset_after_seconds=_RENEW_FORGET_SECONDS,
        )

    def _failed(self, reason: str) -> None:
        if not self._failure and self._access is not None:
            _log.warning("Credentials not read, the last ones are used", source=self._source.description, reason=reason)
        self._failure = reason
        has_good = self._access is not None and not self._is_expired
        self._due = self._clock.monotonic() + (_RETRY_SECONDS if has_good else _RETRY_WITHOUT_SECONDS)

    @property
    def _is_expired(self) -> bool:
        access = self._access
        return access is not None and access.expires_at is not None and self._clock.now() >= access.expires_at

    def _require(self) -> Access:
        if self._access is None:
            raise ConfigError(f"{self._source.description} gives no usable credentials: {self._failure}")
        if self._failure and self._is_expired:
            raise ConfigError(f"the credentials of {self._source.description} have expired, and: {self._failure}")
        return self._access


def _check_tls(access: Access) -> None:
    if not access.host.startswith("https"):
        return
    try:
        access.tls.context()
    except OSError as error:
        raise ConfigError(f"the TLS material for {access.host} cannot be used: {error}") from error
