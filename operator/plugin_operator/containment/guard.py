"""``PluginGuard``: containment for the code of one controller in one revision."""

import contextvars
from collections.abc import Callable, Coroutine
from functools import lru_cache
from types import FrameType
from typing import Any, Protocol, TypeVar

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.containment.coroutine_steps import in_context, run_without_task
from plugin_operator.containment.limiter import LineLimiter
from plugin_operator.error_hints import described
from plugin_operator.kube import NamespacedName
from plugin_operator.rendering import Locate, WrongResult, places_of, qualified_class_name

T = TypeVar("T")

#: Most log lines about one code location, in ``PERIOD_SECONDS``.
BURST = 3
#: Most log lines about all locations: code that defines a class per failure has any number of locations.
MOST = 30
PERIOD_SECONDS = 10.0
#: Files of the frames in a traceback: the operator's own, those of the plugin, and of libraries.
_FILES = 256

_log = logs.get_logger(__name__)


class Around(Protocol):
    """Notes that plugin code runs."""

    def enter(self) -> int:
        """Note that the code runs, and return what to pass to ``leave``."""

    def leave(self, before: int) -> None:
        """Note that the code has ended."""


class PluginGuard:
    """Calls the code of one controller in one revision and contains its exceptions.

    Args:
        plugin, revision, controller: owner of the code.
        clock: measures the period of the log limit.
        locate: maps a file name in a traceback to the path shown to users; None if the code is not the plugin's.
        mark: called first in the context of each call, to set the owner of the running code.
        on_error: called with each contained failure: its role (``predicate``, ``map``, …) and the exception. It must
            not keep the exception, whose traceback references the plugin's module.
        around: called before and after each call of plain code; None for nothing.
    """

    __slots__ = (
        "_around",
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

    def __init__(  # noqa: PLR0913 - independent settings
        self,
        plugin: str,
        revision: str,
        controller: str,
        *,
        clock: Clock,
        locate: Locate = lambda _: None,
        mark: Callable[[], object] = lambda: None,
        on_error: Callable[[str, BaseException], None] = lambda _what, _error: None,
        around: Around | None = None,
    ) -> None:
        self.plugin = plugin
        self.revision = revision
        self.controller = controller
        self._locate = lru_cache(_FILES)(locate)
        self._mark = mark
        self._on_error = on_error
        self._around = around
        self._limiter = LineLimiter(clock, burst=BURST, period_seconds=PERIOD_SECONDS, most=MOST)
        self._base = contextvars.Context()
        self._base.run(mark)
        self._ids: dict[NamespacedName, Callable[[], str]] = {}

    def contain(
        self, what: str, about: NamespacedName | None, fallback: T, function: Callable[..., T], *args: Any
    ) -> T:
        """Call ``function`` in a clean context and return its result, or ``fallback`` if it raises any exception.

        For plain code on tasks that plugins share. The code sees no current task, so that it cannot cancel the shared
        one. A failure is logged at a limited rate and passed to ``on_error``.

        Args:
            what: role of the code in messages, for example ``predicate``.
            about: the object for which it is called.
            fallback: the result if it raises.
            function: the function to call with ``args``; it must not return a generator of plugin code.
            args: positional arguments.
        """
        around = self._around
        before = 0 if around is None else around.enter()
        try:
            return run_without_task(self._base.copy(), function, *args)
        except BaseException as error:  # noqa: BLE001 - a shared task must survive any exception: see the package
            self.report(what, about, error)
            return fallback
        finally:
            if around is not None:
                around.leave(before)

    async def drive(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Await plugin code in a copy of the caller's context, so that its context variables end with the call.

        Raises:
            BaseException: any exception of the plugin, unchanged.
        """
        context = contextvars.copy_context()
        context.run(self._mark)
        return await in_context(coroutine, context)

    def report(self, what: str, about: NamespacedName | None, error: BaseException) -> None:
        """Log a contained failure at a limited rate and call ``on_error``; never raises."""
        place = self.place_of(error)
        left_out = self._limiter.pass_one((what, qualified_class_name(error), place))
        if left_out is not None:
            more: dict[str, Any] = {"left_out": left_out} if left_out else {}
            if type(error) is not WrongResult:  # that has frames of this package only
                more["exc_info"] = error
            _log.error(
                "Plugin code raised",
                what=what,
                **self.fields(about),
                at=place or None,
                error=described(error),
                **more,
            )
        try:
            self._on_error(what, error)
        except Exception as raised:  # noqa: BLE001 - a listener must not undo the containment
            _log.error("Failure listener raised", what=what, exc_info=raised)

    @staticmethod
    def running_in(frame: FrameType) -> "PluginGuard | None":
        """Return the guard of the plugin for which an operator frame works, from its local variables, or None.

        Rendering a plugin's errors or enqueuing its requests can block the event loop like its own code.
        """
        known = frame.f_locals
        for each in (known.get("guard"), known.get("self"), getattr(known.get("self"), "guard", None)):
            if type(each) is PluginGuard:
                return each
        return None

    def fields(self, about: NamespacedName | None = None) -> dict[str, str]:
        """Return the fields of log lines about this code."""
        known = {"plugin": self.plugin, "revision": self.revision, "controller": self.controller}
        return known if about is None else {**known, "namespace": about.namespace, "name": about.name}

    def place_of(self, error: BaseException) -> str:
        """Return ``path:line`` of the innermost plugin frame in the traceback of ``error``, or an empty text."""
        return next(iter(self.places_of(error)), "")

    def places_of(self, error: BaseException) -> tuple[str, ...]:
        """Return ``path:line`` of the plugin's frames in the traceback of ``error``, innermost first."""
        return places_of(error, self._locate)

    def note_reconcile(self, request: NamespacedName, reconcile_id: Callable[[], str]) -> None:
        """Remember what returns the id of a reconcile that has just failed, for its log line."""
        self._ids[request] = reconcile_id

    def take_reconcile_id(self, request: NamespacedName) -> Callable[[], str]:
        """Return and remove what was noted for a key; it returns an empty text if there is nothing."""
        return self._ids.pop(request, str)
