"""The event loop watchdog, which runs in a thread of its own.

Owns detecting that code blocks the loop, naming that code, and measuring loop latency. It also ends a leader whose
Lease expires while its loop is blocked.
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
_WAY_OUT = "fix the endless loop, or use a plain def, which runs in a thread; restart the operator if it stays blocked"

Blame = Callable[[FrameType], str | None]
"""Returns the plugin to which a frame belongs, or None."""

OnBlocked = Callable[[str, float, Sequence[str]], None]
"""Takes the name of a plugin, seconds, and the stack of its code."""

LOOP_STALL = histogram(
    "plugin_operator_loop_stall_seconds", "How late the event loop was", bounds=exponential_buckets(0.001, 4, 8)
)

_log = logs.get_logger(__name__)


class LoopWatchdog:
    """Runnable that schedules a heartbeat on the event loop a few times a second and reports late ones.

    Args:
        threshold_seconds: heartbeats later than this are reported with the blocking code; 0 only measures.
        stalls: receives the delay of every heartbeat, in seconds.
        blame: returns the plugin of a frame.
        on_blocked: called on the loop once after a plugin blocked it, with the plugin's name, the least duration in
            seconds, and ``file:line`` of its frames, innermost first.
        leads_until: returns the monotonic second at which leadership ends; None while not leading.
        leader_margin_seconds: time after that second in which a running loop may end the process itself.
        leave: ends the process; tests pass their own.
        supervisor: notified if the thread ends unexpectedly.
        clock: measures time; the clock of ``leads_until``.
    """

    name = "event loop watchdog"

    def __init__(  # noqa: PLR0913 - independent settings
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
        #: Of the current stall, by plugin: for how long it was seen, and its stack.
        self._culprits: dict[str, tuple[float, list[str]]] = {}
        self._tasks = TaskOwner(self.name, clock=self._clock, supervisor=supervisor)

    async def start(self) -> None:
        """Start the thread."""
        self._tasks.serve(self._run, "", kind="loop-watchdog")
        await asyncio.sleep(0)  # from now on the thread watches, even if the loop never turns again

    async def stop(self, deadline_seconds: float) -> None:
        """Stop the thread."""
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
                # No code blocked the loop; it was suspended too and runs before the next check.
                _log.warning("Process was suspended", seconds=round(stood_still, 3))
                self._sent_at = None
                continue
            try:
                self._check(loop, loop_thread)
            except RuntimeError:  # the loop has been closed meanwhile
                return

    def _check(self, loop: asyncio.AbstractEventLoop, loop_thread: int) -> None:
        now = self._clock.monotonic()
        until = self._leads_until()
        if until is not None and now > until + self._margin:
            self._report("Leadership expired while the event loop is blocked, exiting", loop_thread, now)
            self._leave(EXIT_FAILED)
        sent_at = self._sent_at
        if sent_at is None:
            self._sent_at, self._report_at = now, now + self._threshold
            loop.call_soon_threadsafe(self._beat, now)
        elif self._threshold and now >= self._report_at:
            self._report_at = now + (now - sent_at)
            culprit = self._report("Event loop is blocked", loop_thread, now)
            if culprit is not None and self._sent_at == sent_at:
                # Kept for the heartbeat: a long stall is logged several times, and counts once.
                self._culprits[culprit[0]] = now - sent_at, culprit[1]

    def _beat(self, sent_at: float) -> None:
        late = self._clock.monotonic() - sent_at
        self._stalls.observe(late)
        was_awake, self._sent_at = self._sent_at == sent_at, None
        culprits, self._culprits = self._culprits, {}
        if self._on_blocked is None:
            return
        for name, (seconds, stack) in tuple(culprits.items()):
            is_whole = was_awake and len(culprits) == 1
            self._on_blocked(name, max(seconds, late) if is_whole else seconds, stack)

    def _report(self, message: str, loop_thread: int, now: float) -> tuple[str, list[str]] | None:
        """Log the stack of the loop's thread; return the blocking plugin and ``file:line`` of its frames."""
        frame = sys._current_frames().get(loop_thread)  # noqa: SLF001 - the documented way to inspect another thread
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
    """Return the frame and its callers, innermost first."""
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames
