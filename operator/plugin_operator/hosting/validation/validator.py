"""The operator's side of trial imports.

Owns the fork server process: it starts when a plugin is about to change, and stops after an idle time. An edit makes
another one likely, so the first process, which tries what is there at the start, stays for a shorter time.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Collection
from typing import Any, Self

import msgspec

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.hosting.scan.snapshot import PluginSource
from plugin_operator.hosting.validation.protocol import Frames, TrialRequest, Verdict, frame
from plugin_operator.hosting.validation.trial_process import TrialProcess
from plugin_operator.tasks import start_task
from plugin_operator.threads import ThreadRunner

IDLE_SECONDS = 60.0
FIRST_IDLE_SECONDS = 1.0
_START_SECONDS = 30.0
_GRACE_SECONDS = 5.0
_CHUNK = 65536
_ATTEMPTS = 2

_log = logs.get_logger(__name__)


class _Server:
    """One fork server process and its pending verdicts; create it with ``on``."""

    def __init__(
        self,
        process: TrialProcess,
        requests: asyncio.StreamWriter,
        output: asyncio.StreamWriter,
        verdicts: asyncio.StreamReader,
    ) -> None:
        self._process = process
        self._requests = requests
        self._output = output
        self._verdicts = verdicts
        self._waiting: dict[int, asyncio.Future[Verdict]] = {}
        self._threads = ThreadRunner("trial-process")
        self._reader = start_task(self._read(), "trial-verdicts")
        self._reader.add_done_callback(_tell_if_broken)

    @classmethod
    async def on(cls, process: TrialProcess) -> Self:
        """Connect the event loop to a process; if that fails or is cancelled, the process ends."""
        with contextlib.ExitStack() as undone:
            undone.enter_context(process)
            _, requests = await asyncio.open_connection(sock=process.requests)
            undone.callback(requests.close)
            verdicts, output = await asyncio.open_connection(sock=process.verdicts)
            undone.pop_all()
        return cls(process, requests, output, verdicts)

    @property
    def is_alive(self) -> bool:
        return not self._process.has_ended and not self._reader.done()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, request: TrialRequest) -> Verdict | None:
        """Send a request and return its verdict, or None if the process ended first."""
        answer: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = answer
        try:
            self._requests.write(frame(request))
            ends: list[asyncio.Future[Any]] = [answer, self._reader]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._waiting[request.id]
        return answer.result() if answer.done() else None

    async def close(self) -> None:
        """Stop the process, and kill it if it does not end."""
        self._requests.close()
        await asyncio.wait([self._reader], timeout=1.0)
        self.kill()  # if it did not end, or its output is no longer read
        await self._threads.run(self._process.wait)
        await asyncio.wait([self._reader])
        self._output.close()

    def kill(self) -> None:
        """Kill the process if it has not ended; pending verdicts become None."""
        self._process.kill()

    async def _read(self) -> None:
        frames = Frames()
        while data := await self._verdicts.read(_CHUNK):
            for each in frames.feed(data):
                verdict = msgspec.msgpack.decode(each, type=Verdict)
                answer = self._waiting.get(verdict.id)
                if answer is not None and not answer.done():
                    answer.set_result(verdict)
        await self._threads.run(self._process.wait)


class Validator:
    """Tries plugins in child processes, several at once.

    Args:
        clock: measures the idle time.
        deadline_seconds: deadline of an import.
        idle_seconds: how long the fork server stays without a trial; the first one stays for at most a second.
        first: the process of the first fork server, if it was started before.
        tried: digests of contents that run in another worker process, which need no trial here.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        deadline_seconds: float,
        idle_seconds: float = IDLE_SECONDS,
        first: TrialProcess | None = None,
        tried: Collection[str] = (),
    ) -> None:
        self._first = first
        self._tried = tried
        self._is_spared = False
        self._clock = clock
        self._deadline = deadline_seconds
        self._idle = idle_seconds
        self._stays = min(idle_seconds, FIRST_IDLE_SECONDS)
        self._server: _Server | None = None
        self._starting = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._running = 0
        self._uses = 0
        self._closing: set[asyncio.Task[None]] = set()

    async def warm(self) -> None:
        """Start the fork server unless it runs, so that the next trial does not wait for it.

        The first call has no effect if contents run elsewhere: they are likely to be all that is there at the start.
        """
        if self._tried and not self._is_spared:
            self._is_spared = True
            return
        await self._start()

    async def _start(self) -> None:
        async with self._starting:
            if self._server is None or not self._server.is_alive:
                if self._server is not None:
                    await self._server.close()
                process, self._first = self._first or TrialProcess(), None
                self._server = await _Server.on(process)
        self._end_when_idle()

    async def validate(self, source: PluginSource) -> Verdict:
        """Import the plugin in a child process and return the verdict; never raises for anything the plugin does.

        On cancel the child continues until its deadline.
        """
        if source.rejection is not None:
            return Verdict(reason=source.rejection.reason, path=source.rejection.path, line=source.rejection.line)
        if source.digest in self._tried:
            return Verdict()
        self._running += 1
        try:
            for _ in range(_ATTEMPTS):
                verdict = await self._try(source)
                if verdict is not None:
                    return verdict
        finally:
            self._running -= 1
            self._end_when_idle()
        return Verdict(reason="its import ended the trial process itself", path=source.path, is_passing=True)

    async def stop(self, deadline_seconds: float) -> None:
        """Stop the fork server."""
        del deadline_seconds  # the process is killed if it does not end within a second
        async with self._starting:
            server, self._server = self._server, None
            if server is not None:
                await server.close()
        if self._closing:
            await asyncio.wait(self._closing)

    async def _try(self, source: PluginSource) -> Verdict | None:
        await self._start()
        server = self._server
        if server is None:
            return None
        request = TrialRequest.of(next(self._numbers), source, self._deadline)
        # The fork server enforces the deadline; this one covers its failure.
        timer = self._clock.call_later(_START_SECONDS + self._deadline * self._running + _GRACE_SECONDS, server.kill)
        try:
            return await server.ask(request)
        finally:
            timer.cancel()

    def _end_when_idle(self) -> None:
        self._uses += 1
        seen = self._uses

        def check() -> None:
            if self._uses == seen and self._running == 0 and self._server is not None:
                server, self._server, self._stays = self._server, None, self._idle
                task = start_task(server.close(), "trial-close")
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

        self._clock.call_later(self._stays, check)


def _tell_if_broken(reader: "asyncio.Task[None]") -> None:
    """Log that reading verdicts failed while the process runs; the next trial starts another process."""
    if reader.cancelled() or reader.exception() is not None:
        error = None if reader.cancelled() else reader.exception()
        _log.error("Trial process connection lost, the next trial starts a new one", exc_info=error)
