"""``WorkerSlot``: one worker over its lives.

Owns the restart of a worker that ended, and its end if its event loop is blocked. A new process starts only after the
old one was reaped, so its part of the objects needs no lease to be free.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.connection_backoff import Backoff
from plugin_operator.errors import PluginOperatorError, UsageError
from plugin_operator.processes.blame.endings import Ending, EndKind, Killed, is_stopped
from plugin_operator.processes.forked import WorkerProcess
from plugin_operator.processes.messages import (
    Alive,
    Answer,
    Ask,
    Failed,
    FromWorker,
    Message,
    Quarantine,
    Record,
    Renewed,
    Ruling,
    Runs,
    Stop,
    Vote,
)
from plugin_operator.sharding import MemberRecord
from plugin_operator.tasks import wait_until_done

#: A worker whose event loop has sent nothing for this long is killed.
BLOCKED_SECONDS = 10.0
_FIRST_RESTART_SECONDS = 0.05
#: Less than its shards wait: an object that ends its worker each time must not move to the others and end them too.
LAST_RESTART_SECONDS = 3.0
_FORGIVEN_AFTER_SECONDS = 60.0
#: A process that has closed its channel ends by itself within this time.
_LEAVING_SECONDS = 6.0

_log = logs.get_logger(__name__)


class Forks(Protocol):
    """Starts and kills worker processes; see ``forked.ForkedWorkers``.

    Attributes:
        gone: set once no process can be started any more.
        ending: how what starts them has ended, in words; empty if that is not known.
    """

    gone: asyncio.Event
    ending: str

    async def open(self) -> None:
        """Note ends of processes from now on."""

    async def close(self) -> None:
        """Kill what is left."""

    async def start(self, number: int) -> WorkerProcess:
        """Fork the worker with a number."""

    def kill(self, process: WorkerProcess) -> None:
        """Kill a worker."""

    def wake(self) -> None:
        """Have ends of processes noted, even if a signal has stopped what notes them."""


class SlotEvents(Protocol):
    """What a slot tells the set of all."""

    def greet(self, slot: "WorkerSlot") -> list[Message]:
        """Return the first messages to a new process."""

    def reported(self, slot: "WorkerSlot", what: Quarantine | Ruling | Runs | Vote) -> None:
        """Tell the others what a worker has done with a content."""

    def published(self, slot: "WorkerSlot", record: MemberRecord) -> None:
        """Note the record of a worker as a member."""

    def exited(self, slot: "WorkerSlot") -> None:
        """Note that the process of a worker has ended."""

    def cannot_start(self, slot: "WorkerSlot", error: PluginOperatorError) -> None:
        """End the operator, because its first process cannot start."""


class WorkerSlot:
    """Keeps one worker running.

    Args:
        number: its number, from 0.
        forks: starts the process.
        events: what it tells.
        clock: measures silence and backoff.

    Attributes:
        restarts: how often its process was started again.
        alive: its last sign of life; None until the first.
        plugins: digest of the active revision by plugin, as last reported.
        exit_status: of the last process that ended.
        ending: how it has ended; None before the first end.
        on_restart: called before each restart.
    """

    def __init__(self, number: int, forks: Forks, events: SlotEvents, clock: Clock) -> None:
        self.number = number
        self.restarts = 0
        self.alive: Alive | None = None
        self.plugins: dict[str, str] = {}
        self.exit_status: int | None = None
        self.ending: Ending | None = None
        self.on_restart: Callable[[], None] = lambda: None
        self._forks = forks
        self._events = events
        self._clock = clock
        self._backoff = Backoff(
            clock,
            base_seconds=_FIRST_RESTART_SECONDS,
            cap_seconds=LAST_RESTART_SECONDS,
            jitter=0.0,
            reset_after_seconds=_FORGIVEN_AFTER_SECONDS,
        )
        self._process: WorkerProcess | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._silent_seconds = 0.0
        self._killed: Killed | None = None
        self._was_up = False
        self._is_stopping = False
        self._failures: list[PluginOperatorError] = []

    @property
    def pid(self) -> int | None:
        """Process id; None while no process runs."""
        return self._process.pid if self._process is not None else None

    @property
    def is_up(self) -> bool:
        """Whether its process has given a sign of life."""
        return self._process is not None and self.alive is not None

    @property
    def silent_seconds(self) -> float:
        """Time since the last message of its process, in turns of the supervisor's loop."""
        return self._silent_seconds

    @property
    def life(self) -> str:
        """Name of the current life of the worker; no other has it."""
        return f"{self.number}-{self.restarts}"

    def kill(self, why: EndKind = EndKind.REFUSED) -> None:
        """Kill its process, if one runs."""
        if self._process is not None:
            self._killed = self._killed or (why, self._silent_seconds)
            self._forks.kill(self._process)

    def send(self, message: Message) -> None:
        """Send a message to its process, if one runs."""
        if self._process is not None:
            self._process.channel.send(message)

    async def ask(self, what: str, about: str = "", *, seconds: float) -> Any:
        """Return the answer of its process, as decoded JSON; None if it has not answered after ``seconds``."""
        if not self.is_up:
            return None
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self.send(Ask(number, what, about))
            late = await wait_until_done([answer], seconds, clock=self._clock)
        finally:
            del self._asked[number]
        return None if late or answer.cancelled() else msgspec.json.decode(answer.result())

    def tick(self, seconds: float) -> None:
        """Note that ``seconds`` have passed; a process that was silent for too long is killed."""
        if self._process is None or self._is_stopping or self._killed is not None:
            return
        self._silent_seconds += seconds
        if self._silent_seconds >= BLOCKED_SECONDS:
            _log.error("Worker blocked, killing it", worker=self.number, pid=self._process.pid)
            self.kill(EndKind.STOPPED if is_stopped(self._process.pid) else EndKind.BLOCKED)

    async def run(self) -> None:
        """Start the process, and start it again whenever it ends, until ``stop``."""
        while not self._is_over():
            await self._live()
            if self._is_over():
                return
            self.restarts += 1
            self.on_restart()
            pause = self._backoff.next_seconds()
            self._tell_end(pause)
            await self._clock.sleep(pause)

    def _tell_end(self, pause: float) -> None:
        ending = self.ending
        facts = {} if ending is None else {"how": ending.how, "way_out": ending.way_out or None}
        _log.error(
            "Worker ended, restarting it", worker=self.number, status=self.exit_status, in_seconds=pause, **facts
        )

    async def stop(self, deadline_seconds: float) -> int:
        """Let the process end in order, kill it after the deadline, and return its exit status."""
        self._is_stopping = True
        process = self._process
        if process is None:
            return 0
        process.channel.send(Stop())
        timer = self._clock.call_later(deadline_seconds, lambda: self._forks.kill(process))
        try:
            return await asyncio.shield(process.ended)
        finally:
            timer.cancel()

    def _is_over(self) -> bool:
        return self._is_stopping

    async def _live(self) -> None:
        process = self._process = await self._forks.start(self.number)
        self._silent_seconds = 0.0
        self._killed = None
        self._failures.clear()
        if self._is_stopping:
            self._forks.kill(process)  # it has no work yet, and was not there to be stopped in order
        else:
            for each in self._events.greet(self):
                process.channel.send(each)
        process.ended.add_done_callback(lambda _: process.channel.finish())
        try:
            await self._follow(process)
        finally:
            timer = self._clock.call_later(_LEAVING_SECONDS, lambda: self._forks.kill(process))
            self.exit_status = status = await asyncio.shield(process.ended)
            self.ending = Ending.of(status, self._killed)
            timer.cancel()
            process.channel.close()
            self._process = self.alive = None
            self._events.exited(self)
            for answer in self._asked.values():
                answer.cancel()
        for error in [] if self._was_up else self._failures:
            self._events.cannot_start(self, error)

    async def _follow(self, process: WorkerProcess) -> None:
        problem = ""
        async for message in process.channel.messages():
            if problem := self._problem_of(message):
                break
            self._take(message)
        if problem := problem or process.channel.problem:
            _log.error(
                "Worker wrote something else than messages to the supervisor, killing it: a plugin may have used "
                "a file descriptor that is not its own",
                worker=self.number, pid=process.pid, reason=problem,
            )  # fmt: skip
            self.kill()

    def _problem_of(self, message: FromWorker) -> str:
        """Return why a message cannot be of this worker; shards of a member without a process would have no work."""
        if isinstance(message, Record) and message.record.name != self.life:
            return f"a record of the member {message.record.name!r}; this one is {self.life!r}"
        return ""

    def _take(self, message: FromWorker) -> None:
        self._silent_seconds = 0.0
        match message:
            case Alive():
                self.alive, self._was_up = message, True
                self.plugins = message.plugins or self.plugins
            case Answer():
                answer = self._asked.get(message.number)
                if answer is not None and not answer.done():
                    answer.set_result(message.body)
            case Record():
                self.send(Renewed(message.record.renewals))
                self._events.published(self, message.record)
            case Quarantine() | Ruling() | Runs() | Vote():
                self._events.reported(self, message)
            case Failed():
                kind = UsageError if message.is_usage else PluginOperatorError
                self._failures.append(kind(message.reason))
