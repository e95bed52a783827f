"""The guard of one controller's code in one revision."""

import contextvars
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, TypeVar

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.containment.coroutine_steps import in_context, run_without_task
from plugin_operator.containment.limiter import LineLimiter
from plugin_operator.kube import NamespacedName
from plugin_operator.rendering import Locate, describe, places_of, qualified_class_name

T = TypeVar("T")

#: Lines about the same place of a plugin's code, in each ``PERIOD_SECONDS``.
BURST = 3
#: Lines about all places, for a class made for each failure is a place of its own.
MOST = 30
PERIOD_SECONDS = 10.0

_log = logs.get_logger(__name__)


class PluginGuard:
    """Calls the code of one controller of one revision and keeps to the call whatever it does.

    Args:
        plugin, revision, controller: whose code it is.
        clock: for the limit of log lines.
        locate: returns the path that a person knows for a file name in a traceback, or None if it is not the plugin's.
        mark: called first in the context of each call; notes there whose code runs.
        on_error: told of each contained failure: what raised (``predicate``, ``map``, …) and the error. Must not keep
            the error, whose traceback holds the plugin's module.
    """

    __slots__ = (
        "_base",
        "_ids",
        "_limiter",
        "_locate",
        "_mark",
        "_on_error",
        "controller",
        "plugin",
        "revision",
    )

    def __init__(
        self,
        plugin: str,
        revision: str,
        controller: str,
        *,
        clock: Clock,
        locate: Locate = lambda _: None,
        mark: Callable[[], object] = lambda: None,
        on_error: Callable[[str, BaseException], None] = lambda _what, _error: None,
    ) -> None:
        self.plugin = plugin
        self.revision = revision
        self.controller = controller
        self._locate = locate
        self._mark = mark
        self._on_error = on_error
        self._limiter = LineLimiter(clock, burst=BURST, period_seconds=PERIOD_SECONDS, most=MOST)
        self._base = contextvars.Context()
        self._base.run(mark)
        self._ids: dict[NamespacedName, str] = {}

    def contain(
        self, what: str, about: NamespacedName | None, fallback: T, function: Callable[..., T], *args: Any
    ) -> T:
        """Call plain code in a clean context and return its result, or ``fallback`` if it raises anything at all.

        The code sees no current task: the one it runs in is not its own to cancel.

        A failure is logged, within limits, and told to ``on_error``. For code on tasks that all plugins share.

        Args:
            what: which part of the plugin it is, for people.
            about: the object it is called for.
            fallback: the result if it raises.
            function: what to call, with ``args``; must consume here what it calls of the plugin.
            args: positional arguments.
        """
        try:
            return run_without_task(self._base.copy(), function, *args)
        except BaseException as error:  # noqa: BLE001 - a shared task must survive all of it: see the package
            self.report(what, about, error)
            return fallback

    async def drive(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Await plugin code in a copy of the caller's context, so that nothing it sets there outlives the call.

        Raises:
            BaseException: what the plugin raises, as it is; the caller decides what follows.
        """
        context = contextvars.copy_context()
        context.run(self._mark)
        return await in_context(coroutine, context)

    def report(self, what: str, about: NamespacedName | None, error: BaseException) -> None:
        """Log a contained failure, within limits, and tell ``on_error``; never raises."""
        place = self.place_of(error)
        left_out = self._limiter.pass_one((what, qualified_class_name(error), place))
        if left_out is not None:
            more = {"left_out": left_out} if left_out else {}
            _log.error(
                "Plugin code raised",
                what=what,
                **self.fields(about),
                at=place or None,
                error=describe(error),
                exc_info=error,
                **more,
            )
        try:
            self._on_error(what, error)
        except Exception as raised:  # noqa: BLE001 - a listener must not undo the containment
            _log.error("Failure listener raised", what=what, exc_info=raised)

    @staticmethod
    def running_in(frame: FrameType) -> "PluginGuard | None":
        """Return the guard of the plugin that a frame of the operator works for, or None if its variables name none.

        Rendering a plugin's errors and taking its requests can block the event loop as its own code can.
        """
        known = frame.f_locals
        for each in (known.get("guard"), known.get("self"), getattr(known.get("self"), "guard", None)):
            if type(each) is PluginGuard:
                return each
        return None

    def fields(self, about: NamespacedName | None = None) -> dict[str, str]:
        """Return the fields that every log line about this code carries."""
        known = {"plugin": self.plugin, "revision": self.revision, "controller": self.controller}
        return known if about is None else {**known, "namespace": about.namespace, "name": about.name}

    def place_of(self, error: BaseException) -> str:
        """Return ``path:line`` of the innermost frame of the plugin's that an exception passed, or an empty text."""
        return next(iter(places_of(error, self._locate)), "")

    def note_reconcile(self, request: NamespacedName, reconcile_id: str) -> None:
        """Remember the id of a reconcile that has just failed, for the line that tells of it."""
        self._ids[request] = reconcile_id

    def take_reconcile_id(self, request: NamespacedName) -> str:
        """Return the id that was remembered for a key, and forget it; empty if there is none."""
        return self._ids.pop(request, "")
