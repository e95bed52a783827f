"""Threads for blocking calls: plain ``def`` reconcilers, and the operator's own file and DNS access.

The threads are daemons: a thread that never returns must not block the end of the process, as one of
``concurrent.futures`` would. The operator never uses the event loop's default executor, because plugins may fill it
(``asyncio.to_thread``, ``loop.run_in_executor(None, …)``, ``loop.getaddrinfo``).
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
    """A thread pool without a size limit, whose idle threads end after a while.

    The caller bounds the number of concurrent calls; workers do so with ``max_concurrent_reconciles``.
    """

    __slots__ = ("_idle", "_jobs", "_lock", "_name", "_running")

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._idle = 0
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Any, ...]] = {}

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call ``function`` in a thread, with the context variables of this task, and return its result.

        On cancel it waits until the function has returned and raises ``CancelledError`` then. A thread cannot be
        interrupted, and a lock that the caller holds must stay held until the thread ends.
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
        """Call ``function`` in a thread, with the context variables of this task, and return its result.

        On cancel it returns at once; the thread continues and its result is dropped.
        """
        done = self._begin(function, *args)
        try:
            return await done
        except asyncio.CancelledError:
            done.cancel()
            raise

    def frame_of(self, argument: object) -> FrameType | None:
        """Return the innermost frame of the thread whose function was called with ``argument``; None if there is none.

        Arguments are compared by identity. The thread continues meanwhile: read the frame at once and do not keep it.
        """
        for ident, args in self._running.copy().items():
            if any(each is argument for each in args):
                return sys._current_frames().get(ident)  # noqa: SLF001 - the documented way to inspect another thread
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
            self._start()  # first: if no thread can start, no job may stay in the queue
        # A new thread takes its job from the queue too: a Thread keeps its arguments alive until it ends.
        self._jobs.put(job)

    def _start(self) -> None:
        threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _work(self) -> None:
        job: Job | None = self._jobs.get()
        while job is not None:
            deliver = job()
            job = None
            # Count as idle before delivering: the caller's next call must reuse this thread.
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
        """Take a thread that ended by an exception out of the idle count; start another if a job was queued for it."""
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
                if self._idle == 0:  # a caller has just reserved this thread, and its job follows
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
            # A future rejects StopIteration, which would end the awaiting coroutine.
            wrapped = RuntimeError("a plain def raised StopIteration")
            wrapped.__cause__ = error
            return partial(_hand_over, loop, done, done.set_exception, wrapped)
        except BaseException as error:  # noqa: BLE001 - delivered to the caller
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
        # The event loop is closed: the process is exiting and no task awaits the result.
        return


_OWN = ThreadRunner("operator")


async def in_thread(function: Callable[..., T], *args: Any) -> T:
    """Call ``function`` in a thread of the operator's own pool, as ``asyncio.to_thread`` does in the default executor.

    On cancel it returns at once; the thread continues and its result is dropped.
    """
    return await _OWN.run_detached(function, *args)
