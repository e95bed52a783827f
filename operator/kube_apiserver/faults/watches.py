"""Injection of faults into watches."""

import asyncio

from multidict import CIMultiDict

import http1
from kube_apiserver import codec
from kube_apiserver.faults.fault import Action, Fault, Subject
from kube_apiserver.faults.plan import FaultPlan
from kube_apiserver.faults.requests import failure
from kube_apiserver.wire.request_info import RequestInfo
from kube_apiserver.wire.watch_events import WatchEvents

_PIECE_BYTES = 7
_ENDING = frozenset({Action.BREAK, Action.END, Action.TRUNCATE, Action.ERROR_EVENT})


def subject_of(request: http1.Request, target: RequestInfo | None, verb: str) -> Subject:
    """Return the properties of a request that faults match."""
    resource = target.plural if target is not None else ""
    if target is not None and target.subresource:
        resource = f"{resource}/{target.subresource}"
    return Subject(verb, resource, request.path, request.query_string, request.headers.get("User-Agent", ""))


class WatchResponse:
    """The stream of a watch, which passes its output through the injected faults."""

    def __init__(
        self,
        plan: FaultPlan,
        request: http1.Request,
        subject: Subject,
        headers: http1.Headers,
        events: WatchEvents,
    ) -> None:
        self.subject = subject
        self._headers = CIMultiDict(headers)
        self._headers["Content-Type"] = events.media
        self._events = events
        self._plan = plan
        self._request = request
        self._lasting: dict[Action, Fault] = {}
        self._last = self._second_last = self._reordered = b""
        self._ended = False
        self._stream: http1.Stream | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Send the headers and register the watch in the fault plan."""
        self._stream = await self._request.begin(headers=self._headers)
        self._plan.enter(self)

    def close(self) -> None:
        """Unregister the watch and cancel its pending faults."""
        self._plan.leave(self)
        for task in self._tasks:
            task.cancel()

    async def end(self) -> None:
        """Send the end of the watch."""
        if self._stream is not None:
            await self._stream.end()

    @property
    def is_impaired(self) -> bool:
        """Report whether a fault lasts in the watch."""
        return bool(self._lasting)

    def inject(self, fault: Fault) -> None:
        """Inject a fault: immediately, or into all further output."""
        if fault.action in {Action.SILENCE, Action.LAG, Action.REORDER, Action.SPLIT}:
            self._lasting[fault.action] = fault
            return
        if fault.action in _ENDING:
            self._plan.leave(self)  # the next planned fault must hit the next watch
        task = asyncio.ensure_future(self._write_unless_disconnected(fault))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def write(self, data: bytes) -> None:
        """Write a chunk of the watch, subject to the injected faults."""
        if self._ended:
            return
        if not self._lasting:
            self._second_last, self._last = self._last, data
            await self._send(data)
            return
        await self._write_faulty(data)

    async def _write_faulty(self, data: bytes) -> None:
        lasting = self._lasting
        if Action.SILENCE in lasting:
            return
        if Action.LAG in lasting:
            await asyncio.sleep(lasting[Action.LAG].seconds)
            if self._ended:  # a fault may have ended the stream during the sleep
                return
        if Action.REORDER in lasting:
            if not self._reordered:
                self._reordered = data
                return
            data, self._reordered = data + self._reordered, b""
            del lasting[Action.REORDER]
        self._second_last, self._last = self._last, data
        if Action.SPLIT not in lasting:
            await self._send(data)
            return
        for start in range(0, len(data), _PIECE_BYTES):
            if self._ended:
                return
            await self._send(data[start : start + _PIECE_BYTES])
            await asyncio.sleep(0)

    async def _write_unless_disconnected(self, fault: Fault) -> None:
        try:
            await self._write_fault(fault)
        except ConnectionError:
            return  # the client disconnected first

    async def _write_fault(self, fault: Fault) -> None:
        transport = self._request.transport
        if transport is None or self._ended:
            return
        if fault.action is Action.BREAK:
            self._ended = True
            transport.abort()
            return
        data = self._piece(fault)
        if data:
            await self._send(data)
        if fault.action in _ENDING:
            self._ended = True
            await self.end()
            transport.close()  # closes after sending the buffered data, so that the client cannot reuse the connection

    async def _send(self, data: bytes) -> None:
        if self._stream is not None:
            await self._stream.write(data)

    def _piece(self, fault: Fault) -> bytes:
        match fault.action:
            case Action.ERROR_EVENT:
                return self._events.event("ERROR", codec.encode(failure(fault).body()))
            case Action.GARBAGE:
                return fault.raw_body + b"\n"
            case Action.TRUNCATE:
                return self._events.half
            case Action.DUPLICATE:
                return self._events.last(self._last)
            case Action.STALE:
                return self._events.last(self._second_last)
            case _:
                return b""
