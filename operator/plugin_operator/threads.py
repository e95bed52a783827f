"""Threads for whatever blocks: plain ``def`` reconcilers, and what the operator itself needs.

The threads are daemons: one that never returns must not keep the process from ending, as those of
``concurrent.futures`` would. The operator uses the event loop's default executor for nothing: a plugin that fills it
(``asyncio.to_thread``, ``loop.run_in_executor(None, …)``, ``loop.getaddrinfo``) must hold up nobody else.
"""

import asyncio
import contextvars
import queue
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")
Delivery = Callable[[], None]
Job = Callable[[], Delivery]

_IDLE_SECONDS = 30.0


class ThreadRunner:
    """Runs functions in threads that are kept for a while, as many as are called at once.

    The caller bounds how many that are; workers do by ``max_concurrent_reconciles``.
    """

    __slots__ = ("_idle", "_jobs", "_lock", "_name", "_running")

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._idle = 0
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Any, ...]] = {}

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call ``function`` in a thread, with this task's context variables.

        A thread cannot be interrupted: when this is cancelled, it waits until the function has returned and only then
        lets the cancellation through, so that whoever holds a lock meanwhile goes on holding it.
        """
        done = self._begin(function, *args)
        cancelled: asyncio.CancelledError | None = None
        while not done.done():
            try:
                await asyncio.wait([done])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            done.exception()
            raise cancelled
        return done.result()

    async def run_detached(self, function: Callable[..., T], *args: Any) -> T:
        """Call ``function`` in a thread, with this task's context variables.

        When this is cancelled, it returns at once; the function goes on, and what becomes of it is dropped.
        """
        done = self._begin(function, *args)
        try:
            return await done
        except asyncio.CancelledError:
            done.cancel()
            raise

    def frame_of(self, argument: object) -> FrameType | None:
        """Return where the function is now that was called with this very ``argument``; None if none runs.

        The innermost frame of its thread, which goes on meanwhile: read it at once and do not keep it.
        """
        for ident, args in self._running.copy().items():
            if any(each is argument for each in args):
                return sys._current_frames().get(ident)  # noqa: SLF001 - the documented way to see another thread
        return None

    def _begin(self, function: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._submit(_job(loop, done, contextvars.copy_context(), self._running, function, args))
        return done

    def _submit(self, job: Job) -> None:
        with self._lock:
            start = self._idle == 0
            if not start:
                self._idle -= 1
        if start:
            self._start()  # first, for if no thread can be had, no job may be left behind
        # By the queue also for a new thread: a Thread keeps its arguments alive for as long as it lives.
        self._jobs.put(job)

    def _start(self) -> None:
        threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _work(self) -> None:
        job: Job | None = self._jobs.get()
        while job is not None:
            deliver = job()
            job = None
            # Idle before the caller knows: what it runs next must find this thread, not start another.
            with self._lock:
                self._idle += 1
            try:
                deliver()
                del deliver  # it holds the result
                job = self._next()
            except BaseException:
                self._gone_while_idle()
                raise

    def _gone_while_idle(self) -> None:
        """Let nobody count on a thread that ended by an exception; a job that already does gets another."""
        with self._lock:
            is_counted_on = self._idle == 0
            if not is_counted_on:
                self._idle -= 1
        if is_counted_on:
            self._start()

    def _next(self) -> Job | None:
        try:
            return self._jobs.get(timeout=_IDLE_SECONDS)
        except queue.Empty:
            with self._lock:
                if self._idle == 0:  # somebody has just counted on this thread: its job is on the way
                    return self._jobs.get()
                self._idle -= 1
                return None


def _job(
    loop: asyncio.AbstractEventLoop,
    done: asyncio.Future[T],
    context: contextvars.Context,
    running: dict[int, tuple[Any, ...]],
    function: Callable[..., T],
    args: tuple[Any, ...],
) -> Job:
    def call() -> Delivery:
        ident = threading.get_ident()
        running[ident] = args
        try:
            result = context.run(function, *args)
        except StopIteration as error:
            # A future refuses StopIteration, because a coroutine would take it for its own end.
            wrapped = RuntimeError("a plain def raised StopIteration")
            wrapped.__cause__ = error
            return partial(_hand_over, loop, done, done.set_exception, wrapped)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
            return partial(_hand_over, loop, done, done.set_exception, error)
        finally:
            del running[ident]
        return partial(_hand_over, loop, done, done.set_result, result)

    return call


def _hand_over(
    loop: asyncio.AbstractEventLoop, done: asyncio.Future[Any], deliver: Callable[[Any], None], value: Any
) -> None:
    def settle() -> None:
        if not done.done():
            deliver(value)

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        # The loop is closed: the process is ending and nobody waits any more.
        return


_OWN = ThreadRunner("operator")


async def in_thread(function: Callable[..., T], *args: Any) -> T:
    """Call ``function`` in a thread of the operator's own: what ``asyncio.to_thread`` is, but no plugin can fill it.

    When this is cancelled, it returns at once; the function goes on, and what becomes of it is dropped.
    """
    return await _OWN.run_detached(function, *args)
