"""Guards of process-wide state: signal handlers, timers, resource limits and event loop settings.

Owns detecting changes by plugin code at run time, and restoring the state. A call from plugin code is ignored and
logged with its line. Changes that bypass Python's functions are found by a check once a second, which cannot name the
plugin. Trial imports reject plugins whose import changes this state.
"""

import asyncio
import gc
import os
import resource
import signal
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from plugin_operator import logs
from plugin_operator.manager.fork_guard import ForkGuard, culprit

_LOOK_SECONDS = 1.0
_STATUS = Path("/proc/self/status")
_CAUGHT = (signal.SIGINT, signal.SIGTERM)

#: Functions that would slow down the whole process or keep garbage from being collected.
_OF_THE_INTERPRETER = (
    (gc, "disable"),
    (gc, "set_threshold"),
    (sys, "setprofile"),
    (sys, "setswitchinterval"),
    (sys, "settrace"),
)
#: Functions that end the event loop, or change the handling of all tasks and errors.
_OF_THE_LOOP = (
    "add_signal_handler", "close", "remove_signal_handler", "set_debug", "set_default_executor",
    "set_exception_handler", "set_task_factory", "stop",
)  # fmt: skip
#: CPython 3.11 crashes on deeper recursion through some C functions (5,000 through ``sorted``).
MAX_RECURSION = 3000
_AWAITED_OF_THE_LOOP = ("shutdown_asyncgens", "shutdown_default_executor")

Limits = tuple[int, int]

_log = logs.get_logger(__name__)


class Guard(Protocol):
    """A guard of process-wide state outside this module."""

    def look(self) -> None:
        """Restore what has changed since the last call; the first call records the state."""

    def rest(self) -> None:
        """Stop guarding."""


class ProcessBelongings:
    """Runnable that guards process-wide state; it starts first and stops last.

    Args:
        blame: returns the plugin of a frame, or None.
        guard: restores further state that plugins may change.
    """

    name = "signals and limits"

    def __init__(self, blame: Callable[[FrameType], str | None], guard: Guard | None = None) -> None:
        self._blame = blame
        self._guard = guard
        self._forks = ForkGuard(blame)
        self._handlers: dict[signal.Signals, Any] = {}
        self._limits: dict[str, Limits] = {}
        self._unlimited: set[str] = set()
        self._replaced: list[tuple[Any, str, Any]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._process = os.getpid()

    async def start(self) -> None:
        """Record the state and guard it from now on."""
        self._process = os.getpid()
        self._handlers = _handlers()
        self._limits = _limits()
        self._forks.install()
        self._replace(signal, "signal", self._without_effect_on_signals)
        self._replace(resource, "setrlimit", self._without_effect_on_limits)
        # SIGALRM and similar signals have no handler, so a timer that fires would end the process.
        self._replace(signal, "setitimer", self._without_effect("timer", (0.0, 0.0)))
        self._replace(signal, "alarm", self._without_effect("timer", 0))
        self._replace(signal, "set_wakeup_fd", self._without_effect("call", -1))
        for module, name in _OF_THE_INTERPRETER:
            self._replace(module, name, self._without_effect("call", None))
        loop = asyncio.get_running_loop()
        for name in _OF_THE_LOOP:
            self._replace(loop, name, self._without_effect("call", None))
        for name in _AWAITED_OF_THE_LOOP:
            self._replace(loop, name, self._without_effect("call", _Done()))
        self._replace(sys, "setrecursionlimit", self._within_bounds)
        if hasattr(resource, "prlimit"):
            self._replace(resource, "prlimit", self._without_effect_on_limits_of)
        if self._guard is not None:
            self._guard.look()
        self._look_later()

    async def stop(self, deadline_seconds: float) -> None:
        """Stop guarding."""
        del deadline_seconds
        if self._timer is not None:
            self._timer.cancel()
        if self._guard is not None:
            self._guard.rest()
        while self._replaced:
            module, name, function = self._replaced.pop()
            setattr(module, name, function)
        self._forks.remove()

    def look(self) -> None:
        """Restore state that was changed without a call that can be attributed."""
        changed = [number for number, handler in _handlers().items() if self._handlers.get(number) is not handler]
        for number in dict.fromkeys([*changed, *_not_caught()]):
            # SIGCHLD is handled below Python; restoring a Python handler would replace that one.
            if number in self._handlers and number != signal.SIGCHLD:
                self._put_signal_back(number)
        for name, limits in _limits().items():
            if limits != self._limits[name] and name not in self._unlimited:
                self._put_limit_back(name)

    def _look_later(self) -> None:
        # A timer, not a task, because plugin code may cancel all tasks.
        self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._look_later()
        self.look()
        if self._guard is not None:
            self._guard.look()

    def _put_signal_back(self, number: signal.Signals) -> None:
        signal.signal(number, self._handlers[number])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        _log.error("Signal handler restored", plugin=None, signal=number.name, reason=_UNNAMED)

    def _put_limit_back(self, name: str) -> None:
        which, before = getattr(resource, name), self._limits[name]
        try:
            resource.setrlimit(which, before)
        except (OSError, ValueError):
            self._unlimited.add(name)
            hard = resource.getrlimit(which)[1]
            resource.setrlimit(which, (_smaller(before[0], hard), hard))
            _log.error("Resource limit cannot be restored", plugin=None, limit=name, now=hard, before=before)
        else:
            _log.error("Resource limit restored", plugin=None, limit=name, before=before, reason=_UNNAMED)

    def _replace(self, module: Any, name: str, guard: Callable[[Any], Any]) -> None:
        function = getattr(module, name)
        self._replaced.append((module, name, function))
        setattr(module, name, guard(function))

    def _without_effect_on_signals(self, function: Any) -> Any:
        def set_handler(signalnum: int, handler: Any) -> Any:
            if self._is_a_plugins(sys._getframe(1), signal=_name_of(signalnum)):  # noqa: SLF001 - the caller
                return signal.getsignal(signalnum)
            return function(signalnum, handler)

        return set_handler

    def _without_effect_on_limits(self, function: Any) -> Any:
        def set_limit(which: int, limits: Limits) -> None:
            if not self._is_a_plugins(sys._getframe(1), limit=self._limit(which)):  # noqa: SLF001 - the caller
                function(which, limits)

        return set_limit

    def _without_effect_on_limits_of(self, function: Any) -> Any:
        def set_limit_of(pid: int, which: int, *limits: Limits) -> Limits:
            own = pid in {0, os.getpid()} and limits
            if own and self._is_a_plugins(sys._getframe(1), limit=self._limit(which)):  # noqa: SLF001 - the caller
                limits = ()
            return function(pid, which, *limits)  # type: ignore[no-any-return]  # what resource.prlimit returns

        return set_limit_of

    def _without_effect(self, what: str, nothing: Any) -> Callable[[Any], Any]:
        """Return a decorator: the function returns ``nothing`` to plugin code; the log names it under ``what``."""

        def guarded(function: Any) -> Any:
            def call(*args: Any, **options: Any) -> Any:
                if self._is_a_plugins(sys._getframe(1), **{what: function.__name__}):  # noqa: SLF001 - the caller
                    return nothing
                return function(*args, **options)

            return call

        return guarded

    def _within_bounds(self, function: Any) -> Any:
        least = sys.getrecursionlimit()

        def set_recursion_limit(limit: int) -> None:
            bad = not least <= limit <= max(least, MAX_RECURSION)
            if not (bad and self._is_a_plugins(sys._getframe(1), recursion_limit=str(limit))):  # noqa: SLF001
                function(limit)

        return set_recursion_limit

    def _limit(self, which: int) -> str:
        return next((name for name in self._limits if getattr(resource, name) == which), str(which))

    def _is_a_plugins(self, frame: FrameType, **what: str) -> bool:
        # A child may change its own state: asyncio does so right after a fork, from Python 3.12 on.
        if os.getpid() != self._process:
            return False
        plugin, at = culprit(frame, self._blame)
        if plugin is None:
            return False
        _log.error(
            "Process-wide change by a plugin ignored",
            plugin=plugin,
            file=at.f_code.co_filename,
            line=at.f_lineno,
            reason="signal handlers, timers, limits and the event loop belong to the operator",
            **what,
        )
        return True


class _Done:
    """An awaitable that is already done."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


_UNNAMED = "code in this process changed it past Python's own functions"


def _handlers() -> dict[signal.Signals, Any]:
    return {number: signal.getsignal(number) for number in signal.Signals}


def _limits() -> dict[str, Limits]:
    # In reverse, because RLIMIT_OFILE is an old name of RLIMIT_NOFILE.
    names = {getattr(resource, name): name for name in reversed(dir(resource)) if name.startswith("RLIMIT_")}
    return {name: resource.getrlimit(which) for which, name in names.items()}


def _not_caught() -> list[signal.Signals]:
    """Return the stop signals that native code has set to be ignored, blocked or fatal."""
    try:
        lines = dict(line.split(":\t", 1) for line in _STATUS.read_text("ascii").splitlines() if line[:3] == "Sig")
        caught, blocked = int(lines["SigCgt"], 16), int(lines["SigBlk"], 16)
    except (OSError, ValueError, KeyError):
        return []
    return [number for number in _CAUGHT if not caught >> (number - 1) & 1 or blocked >> (number - 1) & 1]


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _smaller(soft: int, hard: int) -> int:
    if hard == resource.RLIM_INFINITY:
        return soft
    return hard if soft == resource.RLIM_INFINITY else min(soft, hard)
