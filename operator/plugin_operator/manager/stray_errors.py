"""Errors and warnings without a caller: from callbacks, abandoned tasks, finalizers and the interpreter.

Owns their log lines, which name the plugin, and limits their rate. A plugin can raise thousands per object, and
rendering all of them would block the event loop.
"""

import asyncio
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plugin_operator import logs
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.containment import LineLimiter
from plugin_operator.plugin.runtime.task_tracking import fields_of_task
from plugin_operator.rendering import describe, places_of, qualified_class_name, safe_repr, safe_text

#: Most lines per code location, and over all locations, in ``PERIOD_SECONDS``.
BURST = 3
MOST = 30
PERIOD_SECONDS = 10.0

_log = logs.get_logger(__name__)


class StrayErrors:
    """Logs errors and warnings that no code catches, at a limited rate.

    Args:
        clock: measures the period of the limit.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._limiter = LineLimiter(clock or SystemClock(), burst=BURST, period_seconds=PERIOD_SECONDS, most=MOST)

    @contextmanager
    def logged(self) -> Iterator[None]:
        """Log errors of finalizers, and warnings, which the interpreter would print to standard error."""
        hook, show = sys.unraisablehook, warnings.showwarning
        sys.unraisablehook = self.unraisable
        warnings.showwarning = self.warning
        try:
            yield
        finally:
            sys.unraisablehook = hook
            warnings.showwarning = show

    def on_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log the error of a callback or an abandoned task; the exception handler of the event loop."""
        error = context.get("exception")
        of = context.get("task") or context.get("future")
        task = of if isinstance(of, asyncio.Task) else None
        self._tell(
            "Unhandled exception on the event loop",
            error if isinstance(error, BaseException) else None,
            fields_of_task(task) if task is not None else {},
            reason=safe_text(context.get("message", "")),
            task=safe_text(task.get_name()) if task is not None else None,
        )

    def exits(self, error: BaseException) -> None:
        """Log that a callback raised ``SystemExit`` or ``KeyboardInterrupt`` through the loop."""
        self._tell("Callback tried to exit the process", error, {})

    def unraisable(self, unraisable: Any) -> None:
        """Log the error of a finalizer; a ``sys.unraisablehook``."""
        self._tell(
            "Exception ignored",
            unraisable.exc_value,
            {},
            reason=safe_text(unraisable.err_msg or "Exception ignored in"),
            object=safe_repr(unraisable.object)[:_MAX_REPR],
        )

    def warning(
        self, message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any, **__: Any
    ) -> None:
        """Log a Python warning; a ``warnings.showwarning``."""
        left_out = self._limiter.pass_one(("warning", filename, lineno))
        if left_out is not None:
            owner = _owner_of(filename)
            _log.warning(
                "Python warning",
                **_fields(owner),
                category=category.__name__,
                warning=_with_way_out(safe_text(message)[:_MAX_REPR]),
                at=f"{_user_path(filename) if owner else filename}:{lineno}",
                **({"left_out": left_out} if left_out else {}),
            )

    def _tell(self, event: str, error: BaseException | None, known: dict[str, str], **facts: str | None) -> None:
        owners: list[tuple[str, str]] = []

        def locate(filename: str) -> str | None:
            owner = _owner_of(filename)
            if owner is None:
                return None
            owners.append(owner)
            return _user_path(filename)

        kind = qualified_class_name(error) if error is not None else facts.get("reason")
        place = next(iter(places_of(error, locate)), "") if error is not None else ""
        left_out = self._limiter.pass_one((event, place or kind))
        if left_out is None:
            return
        _log.error(
            event,
            **(known or _fields(owners[0] if owners else None)),
            at=place or None,
            **facts,
            error=describe(error) if error is not None else None,
            exc_info=error,
            **({"left_out": left_out} if left_out else {}),
        )


_MAX_REPR = 500


def _with_way_out(warning: str) -> str:
    return f"{warning}: add await" if warning.endswith("was never awaited") else warning


def _owner_of(filename: str) -> tuple[str, str] | None:
    """Return plugin and revision of the code with this file name."""
    found = logs.owner_of("", filename)
    return found[:2] if found is not None else None


def _fields(owner: tuple[str, str] | None) -> dict[str, str]:
    return {} if owner is None else {"plugin": owner[0], "revision": owner[1]}


def _user_path(filename: str) -> str:
    return filename.rpartition("@")[0]
