"""``PluginReview``: what one plugin may lack permissions for, and what to do with the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.missing_rules import MissingRules, allowed_by_now
from plugin_operator.hosting.permissions.plugin_needs import PluginFacts
from plugin_operator.hosting.reporting.reporter import StatusReporter
from plugin_operator.hosting.reporting.states import PluginState
from plugin_operator.hosting.rollout.revision_builder import WaitingForApi
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime

_MAY_LACK = frozenset({PluginState.ACTIVE, PluginState.WAITING})


@dataclass(frozen=True, slots=True)
class ReviewSubject:
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
        reporter: shows what is missing.
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
        self._edit: ReviewSubject | None = None

    def edit_waits(self, error: WaitingForApi) -> None:
        """Take over what a waiting edit needs; it counts while the reporter says that the file waits."""
        self._edit = ReviewSubject(error.facts, waiting=error.caches)

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
