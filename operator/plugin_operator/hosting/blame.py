"""Naming the plugin that misbehaves without breaking: it forgets tasks, or nearly everything it does fails.

Owns what is worth a line in the log, and that it is said once and not at every look. A plugin that blocks the event
loop is found by the loop's watchdog, from outside.
"""

from collections import Counter

from plugin_operator import logs
from plugin_operator.hosting.live import LiveRevision

_MANY_TASKS = 100
_MANY_FAILURES = 20
_SHOWN = 3

_log = logs.get_logger(__name__)


class Blame:
    """Looks at a running revision now and then."""

    def __init__(self, plugin: str) -> None:
        self._plugin = plugin
        self._revision = ""
        self._tasks_said = 0
        self._failing_said = False

    def look(self, live: LiveRevision) -> None:
        """Say what has become worth saying since the last look."""
        if live.label != self._revision:
            self._revision, self._tasks_said, self._failing_said = live.label, 0, False
        self._look_at_tasks(live)
        self._look_at_failures(live)

    def _look_at_tasks(self, live: LiveRevision) -> None:
        running = live.tasks.running()
        if len(running) < max(_MANY_TASKS, 2 * self._tasks_said):
            return
        self._tasks_said = len(running)
        kinds = Counter(getattr(task.get_coro(), "__qualname__", "?") for task in running)
        newest = running[-1].get_stack(limit=5)
        _log.warning(
            "Plugin leaves tasks unfinished",
            plugin=self._plugin,
            revision=live.label,
            tasks=len(running),
            most=dict(kinds.most_common(_SHOWN)),
            stack=[live.revision.modules.plain(f"{frame.f_code.co_filename}:{frame.f_lineno}") for frame in newest],
        )

    def _look_at_failures(self, live: LiveRevision) -> None:
        health = live.health
        failing = health.is_failing and health.failed >= _MANY_FAILURES
        if failing == self._failing_said:
            return
        self._failing_said = failing
        if failing:
            _log.error(
                "Plugin fails most of the time", plugin=self._plugin, revision=live.label, error=health.last_error
            )
        else:
            _log.info("Plugin works again", plugin=self._plugin, revision=live.label)
