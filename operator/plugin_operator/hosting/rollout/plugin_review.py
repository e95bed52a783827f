"""``PluginReview``: what one plugin may lack permissions for, and what to do with the answer."""

from collections.abc import Callable
from typing import Any

import msgspec

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.missing_rules import MissingRules, allowed_by_now
from plugin_operator.hosting.permissions.plugin_needs import PluginFacts
from plugin_operator.hosting.reporting.reporter import StatusReporter
from plugin_operator.hosting.reporting.states import PluginState
from plugin_operator.hosting.rollout.plugin_definitions import WaitingForDefinition
from plugin_operator.hosting.rollout.revision_builder import RefusedElsewhere, WaitingForApi
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime

_MAY_LACK = frozenset({PluginState.ACTIVE, PluginState.WAITING})


class ReviewSubject(msgspec.Struct, frozen=True):
    """What is asked for.

    Attributes:
        facts: what the files of the plugin need.
        denied: calls that the API server has denied.
        waiting: keys of the caches that wait.
    """

    facts: PluginFacts
    denied: frozenset[Call] = frozenset()
    waiting: frozenset[Any] = frozenset()


class PluginReview:
    """The permissions of one plugin, as far as they are in question.

    Args:
        reporter: shows what is missing, and knows the other worker processes, which learn of rejections.
        runtime: returns the active revision, or None.
        refresh: updates the plugin's state and reason.
    """

    def __init__(
        self, reporter: StatusReporter, runtime: Callable[[], RevisionRuntime | None], refresh: Callable[[], None]
    ) -> None:
        self.name = reporter.name
        self._reporter = reporter
        self._runtime = runtime
        self._refresh = refresh
        self._votes = reporter.peers.votes if reporter.peers is not None else None
        self._edit: ReviewSubject | None = None
        if self._votes is not None:
            self._votes.amend(self.name, self._amend)

    def rejected(self, error: PluginRejected, digest: str) -> None:
        """Report that a content was rejected or waits; what it needs counts while the reporter says that it waits."""
        if isinstance(error, WaitingForApi):
            self._edit = ReviewSubject(error.facts, waiting=error.caches)
            self._reporter.wait(error, digest, error.caches)
        elif isinstance(error, WaitingForDefinition):
            self._reporter.missing.take(digest, error.missing)
            self._reporter.wait(error, digest, frozenset())
        else:
            self._reporter.reject(error, digest, self._runtime())
        if self._votes is not None and digest and not isinstance(error, RefusedElsewhere):
            self._votes.refuse(self.name, digest, error.reason)

    def _amend(self, digest: str, reason: str) -> None:
        """Report as the other workers do that a content which this one has rejected was rolled back in all."""
        if self._reporter.state is PluginState.REJECTED and self._reporter.candidate == digest:
            self._reporter.reason = reason

    def subject(self) -> ReviewSubject | None:
        """Return what to ask for; None while nothing waits and nothing was denied."""
        runtime = self._runtime()
        if self._reporter.state not in _MAY_LACK:
            return None
        if self._reporter.awaits:
            return self._edit
        if runtime is None or not (runtime.blocked or runtime.permissions.denied):
            return None
        return ReviewSubject(runtime.permissions.facts, runtime.permissions.denied, runtime.blocked)

    def reviewed(self, subject: ReviewSubject, missing: tuple[MissingRules, ...] | None) -> None:
        """Report the rules that the subject lacks; None if the API server did not tell."""
        runtime = self._runtime()
        self._reporter.missing.take(subject.facts.digest, missing)
        if self._reporter.awaits:
            self._reporter.update_wait()
            return
        if runtime is not None and missing is not None:
            runtime.permissions.granted(allowed_by_now(subject.denied, missing))
        self._refresh()
