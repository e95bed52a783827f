"""The load server: a process of its own that speaks just enough HTTP/1.1 to feed an operator as fast as it can read.

Discovery, list (plain and paged), watch (plain and streaming list), and writes that are accepted and forgotten. Under
``/bench/`` the runner prepares data, fires bursts and reads what was asked. Everything is one process on the loopback.
"""

import asyncio
import contextlib
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from bench.dataset import Dataset
from bench.discovery import DOCUMENTS, GROUP, VERSION
from plugin_operator.certificates import make_authority, server_context

CONFIGMAPS = "/api/v1/configmaps"
CUSTOM = f"/apis/{GROUP}/{VERSION}/bench"
PIECE_BYTES = 256 * 1024
_CONFIGMAP = re.compile(r"/api/v1/namespaces/[^/]+/configmaps/settings-(\d+)")
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


class Load:
    """State shared by all connections: the data, the open watches and what has been asked since the last reset."""

    def __init__(self) -> None:
        self.data: dict[str, Dataset] = {}
        self.prepared: dict[str, list[bytes]] = {}
        self.watches: dict[Connection, str] = {}
        self.requests: Counter[str] = Counter()
        self.first_request_at: float | None = None

    def reset(self, objects: int, size: int, kinds: int = 0, metadata: int = 0) -> dict[str, object]:
        """Start over with ``objects`` of ``size`` bytes: ConfigMaps, or as many of each of so many custom kinds.

        With ``metadata`` the peer asks for nothing but that of ConfigMaps, and gets it as kube-apiserver gives it.
        """
        custom = {
            f"{CUSTOM}{number:02d}": Dataset(objects // kinds, size, f"{GROUP}/{VERSION}", f"Bench{number:02d}")
            for number in range(kinds)
        }
        partial = {CONFIGMAPS: Dataset(objects, 0, "meta.k8s.io/v1", "PartialObjectMetadata")}
        self.data = custom or (partial if metadata else {CONFIGMAPS: Dataset(objects, size)})
        for data in self.data.values():
            data.warm()
        self.prepared = {}
        self.requests.clear()
        self.first_request_at = None
        return {"objects": sum(map(len, self.data.values()))}

    def prepare(self, events: int) -> dict[str, object]:
        """Serialise a burst, so that firing it is nothing but writing."""
        self.prepared = {path: data.burst(events // len(self.data)) for path, data in self.data.items()}
        return {"events": sum(map(len, self.prepared.values()))}

    async def fire(self) -> dict[str, object]:
        """Send the prepared burst to every open watch; return when the last byte was handed to the kernel."""
        pieces = {path: _pieces(events) for path, events in self.prepared.items()}
        started = time.monotonic()
        await asyncio.gather(*(watch.send(pieces[path]) for watch, path in self.watches.items()))
        return {"started": started, "finished": time.monotonic()}

    async def pace(self, rate: int) -> dict[str, object]:
        """Send the prepared events of ConfigMaps one by one, ``rate`` per second; return when each was written."""
        times = []
        started = time.monotonic()
        for number, event in enumerate(self.prepared[CONFIGMAPS]):
            early = started + number / rate - time.monotonic()
            if early > 0:
                await asyncio.sleep(early)
            times.append(time.monotonic())
            await asyncio.gather(*(watch.send([event]) for watch in self.watches))
        return {"started": started, "times": times}

    def stats(self) -> dict[str, object]:
        """Return the open watches and the requests by kind."""
        return {
            "watches": len(self.watches),
            "requests": dict(self.requests),
            "first_request_at": self.first_request_at,
        }


def _pieces(chunks: list[bytes]) -> list[bytes]:
    """Join whole chunks into writes of about 256 KiB, as a busy server's socket buffer would."""
    pieces, piece, length = [], [], 0
    for item in chunks:
        piece.append(item)
        length += len(item)
        if length >= PIECE_BYTES:
            pieces.append(b"".join(piece))
            piece, length = [], 0
    return [*pieces, b"".join(piece)] if piece else pieces


class Connection(asyncio.Protocol):
    """One client connection, kept alive; requests are answered in order."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._writable = asyncio.Event()
        self._writable.set()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=4 * PIECE_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a watch that ended."""
        del exc
        self._writable.set()
        self._load.watches.pop(self, None)

    def pause_writing(self) -> None:
        """Wait for the peer to read."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on writing."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Answer every complete request in the buffer."""
        self._buffer += data
        while (head_end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:head_end].decode("latin-1")
            length = _content_length(head)
            if len(self._buffer) < head_end + 4 + length:
                return
            self._buffer = self._buffer[head_end + 4 + length :]
            method, target, _ = head.split("\r\n", 1)[0].split(" ", 2)
            self._answer(method, target)

    async def send(self, pieces: list[bytes]) -> None:
        """Write ``pieces``, waiting whenever the peer is slower."""
        for piece in pieces:
            if self._transport.is_closing():
                return
            self._transport.write(piece)
            await self._writable.wait()

    def _answer(self, method: str, target: str) -> None:
        url = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path.startswith("/bench/"):
            self._control(url.path.removeprefix("/bench/"), query)
        elif method != "GET":
            self._load.requests["write"] += 1
            self._write(url.path)
        elif url.path in DOCUMENTS:
            self._respond(DOCUMENTS[url.path])
        elif url.path in self._load.data:
            self._collection(url.path, query)
        elif query.get("watch") in {"1", "true"}:
            self._transport.write(_STREAM_HEAD)
        elif url.path in {"/api/v1/namespaces", "/api/v1/events"}:
            self._respond(b'{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}')
        else:
            self._respond(
                b'{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"NotFound","code":404}',
                "404 Not Found",
            )

    def _write(self, path: str) -> None:
        """Accept a write and forget it; a ConfigMap that is changed is answered with what it is."""
        changed = _CONFIGMAP.fullmatch(path)
        if changed is None:
            self._respond(b'{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"}', "201 Created")
        else:
            self._respond(self._load.data[CONFIGMAPS].object(int(changed[1])))

    def _collection(self, path: str, query: dict[str, str]) -> None:
        load = self._load
        data = load.data[path]
        if load.first_request_at is None:
            load.first_request_at = time.monotonic()
        if query.get("watch") not in {"1", "true"}:
            load.requests["list"] += 1
            self._respond(data.page(int(query.get("continue") or 0), int(query.get("limit") or 0)))
            return
        load.requests["watch"] += 1
        self._transport.write(_STREAM_HEAD)
        if query.get("sendInitialEvents") in {"1", "true"}:
            self._transport.write(data.initial_events())
        load.watches[self] = path

    def _control(self, verb: str, query: dict[str, str]) -> None:
        load = self._load
        if verb == "reset":
            self._respond_json(load.reset(**{name: int(value) for name, value in query.items()}))
        elif verb == "prepare":
            self._respond_json(load.prepare(int(query["events"])))
        elif verb == "fire":
            self._task = asyncio.create_task(self._respond_later(load.fire()))
        elif verb == "pace":
            self._task = asyncio.create_task(self._respond_later(load.pace(int(query["rate"]))))
        else:
            self._respond_json(load.stats())

    async def _respond_later(self, answer: Coroutine[Any, Any, dict[str, object]]) -> None:
        self._respond_json(await answer)

    def _respond_json(self, value: dict[str, object]) -> None:
        self._respond(json.dumps(value).encode())

    def _respond(self, body: bytes, status: str = "200 OK") -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


def _content_length(head: str) -> int:
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0


async def serve() -> None:
    """Listen on two free ports, one with TLS, and print them and the authority; end when standard input ends.

    The server never outlives its runner.
    """
    loop = asyncio.get_running_loop()
    load = Load()
    now = datetime.now(UTC)
    authority = make_authority(now)
    plain = await loop.create_server(lambda: Connection(load), "127.0.0.1", 0)
    secure = await loop.create_server(
        lambda: Connection(load), "127.0.0.1", 0, ssl=server_context(authority, "bench", ["127.0.0.1"], now)
    )
    port, tls_port = (server.sockets[0].getsockname()[1] for server in (plain, secure))
    print(json.dumps({"port": port, "tls_port": tls_port, "authority": authority.certificate_pem.decode()}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    plain.close()
    secure.close()


if __name__ == "__main__":
    try:
        import uvloop
    except ImportError:
        runner = asyncio.run
    else:
        runner = uvloop.run
    with contextlib.suppress(KeyboardInterrupt):
        runner(serve())
