"""The watch over the event loop, from a thread of its own.

Owns noticing that code blocks the loop, naming it, measuring how late the loop is, and ending a leader whose time is
over while its loop is blocked and cannot notice by itself.
"""

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from types import FrameType

from plugin_operator import logs
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.manager.signals import EXIT_FAILED, leave_now
from plugin_operator.manager.standstill import Standstill
from plugin_operator.metrics import Histogram, exponential_buckets
from plugin_operator.metrics.declaration import histogram
from plugin_operator.tasks import TaskOwner, TaskSupervisor, run_thread

_LONGEST_INTERVAL_SECONDS = 0.25
_SHORTEST_INTERVAL_SECONDS = 0.01
_SHOWN_FRAMES = 12
_WAY_OUT = "end the loop there, or make it a plain def, which runs in a thread; restart the operator if it goes on"

Blame = Callable[[FrameType], str | None]
"""Names the plugin a frame belongs to, or None."""

OnBlocked = Callable[[str, float, Sequence[str]], None]
"""Takes a plugin's name, seconds, and the stack of its code."""

LOOP_STALL = histogram(
    "plugin_operator_loop_stall_seconds", "How late the event loop was", bounds=exponential_buckets(0.001, 4, 8)
)

_log = logs.get_logger(__name__)


class LoopWatchdog:
    """A Runnable that sends a beat through the loop a few times a second and speaks up when it does not come back.

    Args:
        threshold_seconds: a beat later than this is reported, with the code that blocks; 0 only measures.
        stalls: gets the lateness of every beat, in seconds.
        blame: names the plugin of a frame.
        on_blocked: told on the loop, once it turns again, of the plugin that blocked it: its name, for how long at
            least, and files and lines of its code, the innermost first.
        leads_until: the monotonic second at which leadership ends; None while not leading.
        leader_margin_seconds: how long after that a loop that runs may take to end the process by itself.
        leave: ends the process; tests pass their own.
        supervisor: is told if the thread ends unasked.
        clock: measures; that of ``leads_until``.
    """

    name = "event loop watchdog"

    def __init__(  # noqa: PLR0913 - each is a fact of its own
        self,
        threshold_seconds: float,
        stalls: Histogram,
        *,
        blame: Blame | None = None,
        on_blocked: OnBlocked | None = None,
        leads_until: Callable[[], float | None] = lambda: None,
        leader_margin_seconds: float = 0.5,
        leave: Callable[[int], None] = leave_now,
        supervisor: TaskSupervisor | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._threshold = threshold_seconds
        self._stalls = stalls
        self._blame: Blame = blame or (lambda _frame: None)
        self._on_blocked = on_blocked
        self._leads_until = leads_until
        self._margin = leader_margin_seconds
        self._leave = leave
        self._sent_at: float | None = None
        self._report_at = 0.0
        self._tasks = TaskOwner(self.name, clock=self._clock, supervisor=supervisor)

    async def start(self) -> None:
        """Start the thread."""
        self._tasks.serve(self._run, "", kind="loop-watchdog")
        await asyncio.sleep(0)  # from now on the thread watches, even if the loop never turns again

    async def stop(self, deadline_seconds: float) -> None:
        """End the thread."""
        await self._tasks.stop(deadline_seconds)

    async def _run(self) -> None:
        loop, ident = asyncio.get_running_loop(), threading.get_ident()
        self._sent_at = None
        await run_thread(lambda stop: self._watch(loop, ident, stop), self.name)

    def _watch(self, loop: asyncio.AbstractEventLoop, loop_thread: int, stop: threading.Event) -> None:
        quarter = self._threshold / 4 if self._threshold else _LONGEST_INTERVAL_SECONDS
        interval = min(_LONGEST_INTERVAL_SECONDS, max(_SHORTEST_INTERVAL_SECONDS, min(quarter, self._margin)))
        standstill = Standstill(self._clock, interval)
        while not stop.wait(interval):
            if stood_still := standstill.seconds():
                # Nothing in this process is to blame; and the loop, which was stopped as well, gets its turn first.
                _log.warning("Process stood still", seconds=round(stood_still, 3))
                self._sent_at = None
                continue
            try:
                self._check(loop, loop_thread)
            except RuntimeError:  # the loop was closed under us
                return

    def _check(self, loop: asyncio.AbstractEventLoop, loop_thread: int) -> None:
        now = self._clock.monotonic()
        until = self._leads_until()
        if until is not None and now > until + self._margin:
            self._report("Leadership is over and the event loop is blocked, ending at once", loop_thread, now)
            self._leave(EXIT_FAILED)
        sent_at = self._sent_at
        if sent_at is None:
            self._sent_at, self._report_at = now, now + self._threshold
            loop.call_soon_threadsafe(self._beat, now)
        elif self._threshold and now >= self._report_at:
            self._report_at = now + (now - sent_at)
            culprit = self._report("Event loop is blocked", loop_thread, now)
            if culprit is not None and self._on_blocked is not None:
                name, stack = culprit
                loop.call_soon_threadsafe(self._on_blocked, name, now - sent_at, stack)

    def _beat(self, sent_at: float) -> None:
        self._stalls.observe(self._clock.monotonic() - sent_at)
        self._sent_at = None

    def _report(self, message: str, loop_thread: int, now: float) -> tuple[str, list[str]] | None:
        """Log what the loop's thread is doing; return the plugin that is to blame and where in its code."""
        frame = sys._current_frames().get(loop_thread)  # noqa: SLF001 - the documented way to see another thread
        facts: dict[str, object] = {"seconds": round(now - (self._sent_at or now), 3)}
        theirs = [(name, at) for at in _outward(frame) if (name := self._blame(at))]
        if frame is not None:
            at = theirs[0][1] if theirs else frame
            facts |= {"plugin": theirs[0][0] if theirs else None, "file": at.f_code.co_filename, "line": at.f_lineno}
            facts["stack"] = "".join(traceback.format_stack(frame)[-_SHOWN_FRAMES:])
        _log.warning(message, **facts, way_out=_WAY_OUT)
        if not theirs:
            return None
        lines = [f"{at.f_code.co_filename}:{at.f_lineno}" for _, at in theirs[:_SHOWN_FRAMES]]
        return theirs[0][0], lines


def _outward(frame: FrameType | None) -> "list[FrameType]":
    """Return the frame and its callers."""
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames
