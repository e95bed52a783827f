"""The worker's end of the channel to the supervisor.

Owns what a worker does on each message: its fence, its shards, questions and quarantines. If the supervisor ends, the
worker ends at once.
"""

import asyncio
import math
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, NoReturn, Protocol

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import LeadershipLost
from plugin_operator.fence import Fence
from plugin_operator.processes.channel import Channel
from plugin_operator.processes.member_end import MemberEnd
from plugin_operator.processes.messages import (
    Alive,
    Answer,
    Ask,
    Held,
    HoldObject,
    MapState,
    Message,
    Outcome,
    Quarantine,
    Record,
    Renewed,
    Report,
    Ruling,
    Runs,
    Stop,
    Suspended,
    ToWorker,
    Vote,
    Welcome,
    body_of,
)
from plugin_operator.sharding import MemberRecord
from plugin_operator.tasks import TaskOwner, TaskSupervisor

_ALIVE_SECONDS = 0.5
#: A supervisor that runs loses leadership first, and ends its workers with itself; the fence has closed meanwhile.
_SUPERVISOR_FIRST_SECONDS = 0.25

_log = logs.get_logger(__name__)

Question = Callable[[str], Awaitable[Any]]
"""Returns what JSON can express, given the argument of the question."""


class PipedLeadership:
    """Leadership of a worker, as its supervisor sends it; stands in for a ``LeaderElector``.

    Args:
        fence: opened until the supervisor's own leadership would end.
        clock: the clock of all processes.
    """

    leader = ""

    def __init__(self, fence: Fence, clock: Clock) -> None:
        self._fence = fence
        self._clock = clock
        self._is_held = asyncio.Event()
        self._is_over = asyncio.Event()  # never set
        self._is_released = False
        self._until: float | None = None

    @property
    def leads_until(self) -> float | None:
        """Second at which leadership ends without a renewal; None while not leading, or without a limit."""
        return self._until

    def is_leader(self) -> bool:
        """Report whether this worker may reconcile now."""
        return self._is_held.is_set() and not self._fence.is_suspended and self._clock.monotonic() < self._fence.until

    def held(self, until: float | None) -> None:
        """Open the fence until a second of the common clock, None for no limit; no effect after ``release``."""
        if self._is_released:
            return
        self._until = until
        self._fence.open_until(math.inf if until is None else until)
        self._is_held.set()

    def suspended(self) -> None:
        """Close the fence until leadership is confirmed."""
        self._fence.suspend()

    async def run(self, on_lead: Callable[[], None]) -> NoReturn:
        """Wait for leadership, call ``on_lead``, and run until cancelled.

        Raises:
            LeadershipLost: the supervisor is stopped or hangs. One that runs ends a worker that lost leadership.
        """
        await self._is_held.wait()
        on_lead()
        while self._until is not None:
            if (left := self._until + _SUPERVISOR_FIRST_SECONDS - self._clock.monotonic()) <= 0:
                raise LeadershipLost("leadership is lost: the supervisor has not renewed it in time")
            await self._clock.sleep(left)
        while True:
            await self._is_over.wait()

    async def release(self) -> None:
        """Close the fence: all reconciles have stopped."""
        self._until, self._is_released = None, True
        self._fence.close()


class Worker(Protocol):
    """What the messages of the supervisor are about."""

    @property
    def is_settled(self) -> bool:
        """Whether all plugins have reached the state of their files."""

    @property
    def plugins(self) -> Mapping[str, str]:
        """Digest of the active revision by plugin."""

    @property
    def supervisor(self) -> TaskSupervisor:
        """Notified if a task ends unexpectedly; asked for once the worker is built."""

    def joined(self, life: str, publish: Callable[[MemberRecord], None]) -> MemberEnd:
        """Return this life of the worker as a member, which publishes its record."""

    def learn(self, what: Report | Outcome) -> None:
        """Follow what another worker has done with a content, or the supervisor has decided."""

    def need_no_trial(self, digests: Iterable[str]) -> None:
        """Load contents without a trial, because they run in another worker."""

    def request_stop(self) -> None:
        """Drain the reconciles and end."""

    def leave(self) -> None:
        """End the process at once."""


class SupervisorLink:
    """Runnable that reads the supervisor's messages, and tells it that the event loop works.

    Args:
        end: socket to the supervisor.
        worker: what the messages are about.
        leadership: receives the fence.
        questions: what may be asked, by kind.
        clock: measures the interval of signs of life.
    """

    name = "link to the supervisor"

    def __init__(
        self,
        end: socket.socket,
        worker: Worker,
        leadership: PipedLeadership,
        questions: Mapping[str, Question],
        *,
        clock: Clock,
    ) -> None:
        self._end = end
        self._worker = worker
        self._leadership = leadership
        self._questions = questions
        self._clock = clock
        self._tasks: TaskOwner | None = None
        self._channel: Channel[ToWorker] | None = None
        self._is_welcome = asyncio.Event()
        self._member: MemberEnd | None = None

    async def start(self) -> None:
        """Read messages, and wait for what a worker must know before it loads plugins."""
        self._channel = await Channel.open(self._end, ToWorker)
        tasks = self._tasks = TaskOwner(self.name, clock=self._clock, supervisor=self._worker.supervisor)
        tasks.complete(partial(self._read, self._channel, tasks), "messages", kind="supervisor-messages")
        tasks.serve(self._tell, "alive", kind="supervisor-alive")
        await self._is_welcome.wait()
        if self._member is not None:
            await self._member.start()

    async def stop(self, deadline_seconds: float) -> None:
        """Send and read no more."""
        if self._member is not None:
            await self._member.stop(deadline_seconds)
        if self._tasks is not None:
            await self._tasks.stop(deadline_seconds)
        if self._channel is not None:
            self._channel.close()

    def tell(self, what: Quarantine | Ruling | Runs | Vote) -> None:
        """Tell the supervisor what was done with a content here."""
        self._send(what)

    def _send(self, message: Message) -> None:
        if self._channel is not None:
            self._channel.send(message)

    async def _tell(self) -> None:
        while True:
            self._send(Alive(self._worker.is_settled, dict(self._worker.plugins)))
            await self._clock.sleep(_ALIVE_SECONDS)

    async def _read(self, channel: Channel[ToWorker], tasks: TaskOwner) -> None:
        async for message in channel.messages():
            if isinstance(message, Ask):
                tasks.spawn(self._answer(message), f"answer {message.number}")
            else:
                self._take(message)
        if problem := channel.problem:
            _log.error("Messages of the supervisor cannot be read, exiting", reason=problem)
        else:
            _log.error("Supervisor ended, exiting")
        self._worker.leave()

    def _take(self, message: ToWorker) -> None:
        match message:
            case Welcome():
                for each in message.reported:
                    self._worker.learn(each)
                self._worker.need_no_trial(message.tried)
                self._member = self._worker.joined(message.life, lambda record: self._send(Record(record)))
                self._is_welcome.set()
            case MapState() | Renewed():
                self._take_of_member(message)
            case Held():
                self._leadership.held(message.until)
            case Suspended():
                self._leadership.suspended()
            case Stop():
                self._worker.request_stop()
            case Quarantine() | Ruling() | HoldObject() | Outcome():
                self._worker.learn(message)

    def _take_of_member(self, message: MapState | Renewed) -> None:
        member = self._member
        if member is None:
            return  # the first message is a welcome
        match message:
            case MapState():
                member.follow(message.stored)
            case Renewed():
                member.renewed(message.number)

    async def _answer(self, asked: Ask) -> None:
        self._send(Answer(asked.number, body_of(await self._questions[asked.what](asked.about))))
