"""``PermissionReviews``: asks for plugins in trouble which permissions they lack.

Owns when a plugin is asked for, and how often. One plugin follows the other, so that many that wait at once send no
more requests at a time than one. Leaves the requests to ``hosting.permissions``.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.connection_backoff import Backoff
from plugin_operator.hosting.environment import HostSettings, PermissionsLike
from plugin_operator.hosting.permissions.missing_rules import MissingRules
from plugin_operator.hosting.rollout.plugin_review import ReviewSubject

# How much longer all reviews pause while the API server does not answer them.
_FAILED_FACTOR = 2.5

_log = logs.get_logger(__name__)


class Reviewed(Protocol):
    """A plugin that may lack permissions; see ``PluginReview``."""

    name: str

    def subject(self) -> ReviewSubject | None:
        """Return what to ask for; None while the plugin lacks nothing."""

    def reviewed(self, subject: ReviewSubject, missing: tuple[MissingRules, ...] | None) -> None:
        """Report the rules that the subject lacks; None if the API server did not tell."""


class PermissionReviews:
    """Reviews plugins in trouble, again and again until they lack nothing.

    Args:
        permissions: asks the API server.
        plugins: returns all plugins.
        settings: the pauses between two reviews of a plugin.
        clock: measures the pauses.
    """

    def __init__(
        self,
        permissions: PermissionsLike,
        plugins: Callable[[], Iterable[Reviewed]],
        *,
        settings: HostSettings,
        clock: Clock,
    ) -> None:
        self._permissions = permissions
        self._plugins = plugins
        self._clock = clock
        self._wake = asyncio.Event()
        self._turns: dict[str, _Turn] = {}
        self._settings = settings
        self._failures = self._backoff(_FAILED_FACTOR)
        self._resume_at = 0.0

    def look(self) -> None:
        """Start a round if a review is due; call it after each scan, and when a plugin gets into trouble."""
        if self._due():
            self._wake.set()

    async def run(self) -> None:
        """Review plugins until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._round()

    async def _round(self) -> None:
        for plugin, subject in self._due():
            if not await self._review(plugin, subject):
                self._give_up()
                return

    def _due(self) -> list[tuple[Reviewed, ReviewSubject]]:
        now = self._clock.monotonic()
        if now < self._resume_at:
            return []
        troubled = {each: subject for each in self._plugins() if (subject := each.subject()) is not None}
        names = {each.name for each in troubled}
        self._turns = {name: turn for name, turn in self._turns.items() if name in names}
        return [(each, subject) for each, subject in troubled.items() if self._is_due(each.name, subject, now)]

    def _is_due(self, name: str, subject: ReviewSubject, now: float) -> bool:
        turn = self._turns.get(name)
        return turn is None or turn.subject != subject or now >= turn.next_at

    async def _review(self, plugin: Reviewed, subject: ReviewSubject) -> bool:
        """Ask for one plugin; return False if the API server did not tell."""
        turn = self._turns.get(plugin.name)
        if turn is None or turn.subject != subject:
            turn = self._turns[plugin.name] = _Turn(subject, self._backoff(1.0))
        missing = None
        try:
            missing = await self._permissions.missing(subject.facts, subject.denied)
        except Exception:  # noqa: BLE001 - see below
            # An operator bug in a report must not take the plugin's other reports away.
            _log.exception("Plugin permissions not reviewed", plugin=plugin.name)
        finally:
            turn.next_at = self._clock.monotonic() + turn.backoff.next_seconds()
        if missing is not None:
            self._failures.reset()
            if plugin.subject() == subject:
                plugin.reviewed(subject, missing)
        return missing is not None

    def _backoff(self, factor: float) -> Backoff:
        base, cap = self._settings.review_base_seconds, self._settings.review_cap_seconds
        return Backoff(self._clock, base_seconds=base * factor, cap_seconds=cap * factor, jitter=0.5)

    def _give_up(self) -> None:
        """Pause all reviews, and withdraw answers that may not hold any more."""
        self._resume_at = self._clock.monotonic() + self._failures.next_seconds()
        for plugin in self._plugins():
            if (subject := plugin.subject()) is not None:
                plugin.reviewed(subject, None)


class _Turn(msgspec.Struct):
    """When a plugin is asked for again."""

    subject: ReviewSubject
    backoff: Backoff
    next_at: float = 0.0
