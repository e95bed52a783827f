"""Owning tasks: every background task has an owner, and one that ends unasked has a successor.

Owns three kinds of task and what follows from their end:

- a *service* (``TaskOwner.serve``) runs for ever: whatever ends it but its owner is an error, and it is started again;
- a *job* (``TaskOwner.complete``) has to come to its end: started again until it returns;
- a *one-shot* (``TaskOwner.spawn``) is not repeated: a failure is logged and its owner is told.

``TaskSupervisor`` knows the services and jobs of the process that do not work now. What a task does is left to whoever
spawns it; what a service or job finds when it is started again has to be right for it.
"""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any, TypeVar

from plugin_operator import logs
from plugin_operator.backoff import Backoff
from plugin_operator.clock import Clock, Timer
from plugin_operator.errors import PluginOperatorError
from plugin_operator.metrics import Counter

#: A task that was started again counts as working once it has gone on for so long.
PROVEN_SECONDS = 2.0

_RESTART_SECONDS = 0.1
_RESTART_CAP_SECONDS = 30.0
_FORGIVEN_AFTER_SECONDS = 60.0
_MAX_REASON = 200
_THREAD_LOOK_SECONDS = 5.0

_log = logs.get_logger(__name__)

T = TypeVar("T")
AnyTask = asyncio.Task[Any]
AnyFuture = asyncio.Future[Any]
Run = Callable[[], Awaitable[object]]


class TaskBroke(PluginOperatorError):
    """A background task raised what would have ended the process."""


def start_task(
    coroutine: Coroutine[Any, Any, T], name: str, *, context: contextvars.Context | None = None
) -> "asyncio.Task[T]":
    """Run a coroutine in a task that the caller waits for, or whose end it sees to by a callback."""
    return asyncio.get_running_loop().create_task(coroutine, name=name, context=context)


async def wait_until_done(tasks: Collection[AnyFuture], deadline_seconds: float, *, clock: Clock) -> set[AnyFuture]:
    """Wait until all tasks have ended or the deadline has passed, and return those that still run.

    The results stay with the tasks. Cancelling the wait does not cancel the tasks.
    """
    running = {task for task in tasks if not task.done()}
    if not running or deadline_seconds <= 0:
        return running
    over = asyncio.get_running_loop().create_future()

    def check(_: AnyFuture) -> None:
        if not over.done() and all(task.done() for task in running):
            over.set_result(None)

    timer = clock.call_later(deadline_seconds, lambda: None if over.done() else over.set_result(None))
    for task in running:
        task.add_done_callback(check)
    try:
        await over
    finally:
        timer.cancel()
        for task in running:
            task.remove_done_callback(check)
    return {task for task in running if not task.done()}


async def cancel_and_wait(tasks: Collection[AnyTask], deadline_seconds: float, *, clock: Clock) -> set[AnyTask]:
    """Cancel the tasks, wait for them, and return those that still run at the deadline because they do not obey."""
    for task in tasks:
        task.cancel()
    await wait_until_done(tasks, deadline_seconds, clock=clock)
    return {task for task in tasks if not task.done()}


async def run_thread(work: Callable[[threading.Event], None], name: str) -> None:
    """Run ``work`` in a daemon thread until it returns, and raise what it raised; for services that are threads.

    ``work`` returns soon after the event it is given is set, which happens when this ends or is cancelled.

    Raises:
        TaskBroke: the thread ended by an exception, or is gone.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[BaseException | None] = loop.create_future()
    stop = threading.Event()

    def settle(error: BaseException | None) -> None:
        if not ended.done():
            ended.set_result(error)

    def body() -> None:
        error: BaseException | None = None
        try:
            work(stop)
        except BaseException as raised:  # noqa: BLE001 - whatever ends the thread, the service is told of it
            error = raised
        try:
            loop.call_soon_threadsafe(settle, error)
        except RuntimeError:
            return  # the loop is closed: the process is ending

    thread = threading.Thread(target=body, name=name, daemon=True)
    thread.start()
    try:
        while not ended.done():
            await asyncio.wait([ended], timeout=_THREAD_LOOK_SECONDS)
            if not thread.is_alive():
                await asyncio.sleep(0)
                break
    finally:
        stop.set()
    if not ended.done():
        raise TaskBroke(f"thread {name} is gone")
    if (error := ended.result()) is not None:
        raise TaskBroke(f"thread {name} ended") from error


class TaskSupervisor:
    """Knows what should run in the background of this process and does not; what readiness asks.

    Args:
        clock: measures how long a restarted task has to go on to count as working.
        restarts: ``{task}``: counts the ends that nobody asked for; ``task`` is a kind and not a name, of which there
            are few.
    """

    def __init__(self, clock: Clock, restarts: Counter | None = None) -> None:
        self._clock = clock
        self._restarts = restarts
        self._down: dict[object, str] = {}
        self._proofs: dict[object, Timer] = {}
        self._is_closed = False

    @property
    def down(self) -> list[str]:
        """What ended unasked and does not work again, each with the reason; empty while all is well."""
        return sorted(self._down.values())

    @property
    def is_closed(self) -> bool:
        """Whether the process ends, so that nothing is started again."""
        return self._is_closed

    def close(self) -> None:
        """Say that the process ends: tasks that end from now on are nobody's loss."""
        self._is_closed = True
        for timer in self._proofs.values():
            timer.cancel()
        self._proofs.clear()

    def lost(self, key: object, kind: str, name: str, error: BaseException | None, *, cancelled: bool = False) -> None:
        """Note, log and count that a task ended unasked; ``key`` stands for it until ``restarted`` and its proof."""
        if self._is_closed:
            return
        self._cancel_proof(key)
        reason = "was cancelled" if cancelled else "returned" if error is None else f"raised {_words(error)}"
        self._down[key] = f"{name} {reason}"
        if self._restarts is not None:
            self._restarts.inc(kind)
        _log.error("Background task ended, restarting it", task=name, kind=kind, reason=reason, exc_info=error)

    def restarted(self, key: object, name: str, is_working: Callable[[], bool] = lambda: True) -> None:
        """Note that the task runs again: it works once it has for a while and ``is_working`` says so."""
        self._cancel_proof(key)
        if key not in self._down or self._is_closed:
            return

        def look() -> None:
            if is_working():
                self.forget(key)
                _log.info("Background task works again", task=name)
            else:
                self._proofs[key] = self._clock.call_later(PROVEN_SECONDS, look)

        self._proofs[key] = self._clock.call_later(PROVEN_SECONDS, look)

    def forget(self, key: object) -> None:
        """Note that the task is not wanted any more, or works."""
        self._cancel_proof(key)
        self._down.pop(key, None)

    def _cancel_proof(self, key: object) -> None:
        if (timer := self._proofs.pop(key, None)) is not None:
            timer.cancel()


class Service:
    """A service or a job and, one after the other, the tasks that run it; made by ``TaskOwner``.

    Attributes:
        name: of its tasks.
        kind: what the restarts are counted by.
        finished: done once it is stopped or, for a job, has returned.
        task: the one that runs it now, or ran it last.
    """

    __slots__ = (
        "__weakref__", "_backoff", "_clock", "_is_job", "_is_working", "_run", "_stopping", "_supervisor",
        "_timer", "finished", "kind", "name", "task",
    )  # fmt: skip

    def __init__(
        self,
        run: Run,
        name: str,
        kind: str,
        *,
        is_job: bool,
        is_working: Callable[[], bool],
        supervisor: TaskSupervisor,
        clock: Clock,
    ) -> None:
        self.name = name
        self.kind = kind
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._run = run
        self._is_job = is_job
        self._is_working = is_working
        self._supervisor = supervisor
        self._clock = clock
        self._stopping = False
        self._timer: Timer | None = None
        self._backoff = Backoff(
            clock,
            base_seconds=_RESTART_SECONDS,
            cap_seconds=_RESTART_CAP_SECONDS,
            reset_after_seconds=_FORGIVEN_AFTER_SECONDS,
        )
        self.task = self._begin()

    def cancel(self) -> None:
        """End it; it is not started again."""
        self._stopping = True
        if self._timer is not None:
            self._timer.cancel()
        self._supervisor.forget(self)
        if self.task.done():
            self._finish()
        else:
            self.task.cancel()

    def _begin(self) -> AnyTask:
        task = start_task(_contained(self._run), self.name)
        task.add_done_callback(self._ended)
        return task

    def _begin_again(self) -> None:
        self._timer = None
        self.task = self._begin()
        self._supervisor.restarted(self, self.name, self._is_working)

    def _ended(self, task: AnyTask) -> None:
        error = None if task.cancelled() else task.exception()
        is_returned = error is None and not task.cancelled()
        if self._stopping or self._supervisor.is_closed or (self._is_job and is_returned):
            self._supervisor.forget(self)
            self._finish()
            return
        self._supervisor.lost(self, self.kind, self.name, error, cancelled=task.cancelled())
        self._timer = self._clock.call_later(self._backoff.next_seconds(), self._begin_again)

    def _finish(self) -> None:
        if not self.finished.done():
            self.finished.set_result(None)


class TaskOwner:
    """Keeps a strong reference to every task it spawned and sees to their end.

    Args:
        name: prefix of the tasks' names, seen in logs and in stack dumps.
        clock: measures the deadline of ``stop`` and the pauses before a restart.
        on_error: called with a one-shot and its exception when one ends by an exception nobody handled; the failure is
            logged in any case.
        supervisor: is told of services and jobs that end unasked; a private one unless given.
    """

    __slots__ = ("_clock", "_name", "_on_error", "_services", "_supervisor", "_tasks")

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        on_error: Callable[[AnyTask, BaseException], None] | None = None,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self._name = name
        self._clock = clock
        self._on_error = on_error
        self._supervisor = supervisor if supervisor is not None else TaskSupervisor(clock)
        self._tasks: set[AnyTask] = set()
        self._services: set[Service] = set()

    def __len__(self) -> int:
        return len(self._tasks) + len(self._services)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> AnyTask:
        """Run a one-shot in a task of its own until it ends or ``stop`` cancels it."""
        task = start_task(coroutine, f"{self._name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def serve(self, run: Run, name: str, *, kind: str, is_working: Callable[[], bool] = lambda: True) -> Service:
        """Run a service until ``stop``, or until it is cancelled by ``Service.cancel``.

        Args:
            run: makes the coroutine, at each start; that it returns is an error.
            name: of this one.
            kind: what its restarts are counted by.
            is_working: asked some time after a restart whether it does its work again.
        """
        return self._add(run, name, kind, is_job=False, is_working=is_working)

    def complete(self, run: Run, name: str, *, kind: str) -> Service:
        """Run a job: as ``serve``, but once it returns it is done."""
        return self._add(run, name, kind, is_job=True, is_working=lambda: True)

    async def stop(self, deadline_seconds: float) -> list[str]:
        """Cancel what still runs and wait for it; return the names of the tasks that did not obey in time."""
        tasks = {*self._tasks, *(service.task for service in self._services)}
        for service in list(self._services):
            service.cancel()
        stubborn = await cancel_and_wait(tasks, deadline_seconds, clock=self._clock)
        return sorted(task.get_name() for task in stubborn)

    async def finish(self, deadline_seconds: float) -> list[str]:
        """Let what runs end on its own until the deadline, then ``stop`` the rest within as long again."""
        ends = [*self._tasks, *(service.finished for service in self._services)]
        await wait_until_done(ends, deadline_seconds, clock=self._clock)
        return await self.stop(deadline_seconds)

    def _add(self, run: Run, name: str, kind: str, *, is_job: bool, is_working: Callable[[], bool]) -> Service:
        service = Service(
            run,
            f"{self._name}/{name}" if name else self._name,
            kind,
            is_job=is_job,
            is_working=is_working,
            supervisor=self._supervisor,
            clock=self._clock,
        )
        self._services.add(service)
        service.finished.add_done_callback(lambda _: self._services.discard(service))
        return service

    def _ended(self, task: AnyTask) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        _log.error("Background task failed", task=task.get_name(), exc_info=error)
        if self._on_error is not None:
            self._on_error(task, error)


async def _contained(run: Run) -> None:
    try:
        await run()
    except (SystemExit, KeyboardInterrupt) as error:
        # asyncio would end the event loop for these two, and the process with it.
        raise TaskBroke(f"raised {type(error).__name__}") from error


def _words(error: BaseException) -> str:
    cause = error.__cause__ if isinstance(error, TaskBroke) else None
    try:
        text = f"{type(error).__name__}: {error}" + (f" by {type(cause).__name__}: {cause}" if cause else "")
    except Exception:  # noqa: BLE001 - a foreign __str__ may raise; the type has a name
        text = type(error).__name__
    return text[:_MAX_REASON]
