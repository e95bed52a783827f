"""A server of ``http1`` on a socket, and clients that send and read bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from http1 import Answer, Handle, HttpServer, Limits, Request, Response

HOST = b"Host: h\r\n"


class Served:
    """A running server."""

    def __init__(self, server: HttpServer, port: int) -> None:
        self.server = server
        self._port = port

    async def connect(self) -> "Raw":
        return Raw(*await asyncio.open_connection("127.0.0.1", self._port))

    async def answers(self, sent: bytes) -> bytes:
        """Return all that comes until the server closes the connection."""
        raw = await self.connect()
        raw.writer.write(sent)
        return await raw.rest()


class Raw:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def rest(self) -> bytes:
        try:
            return await self.reader.read()
        finally:
            self.writer.close()

    async def call(self, sent: bytes) -> tuple[bytes, bytes]:
        """Send a request, and return head and body of its answer."""
        self.writer.write(sent)
        head = await self.head()
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        return head, await self.reader.readexactly(length)


@asynccontextmanager
async def serving(handle: Handle, limits: Limits | None = None) -> AsyncIterator[Served]:
    server = HttpServer(handle, limits)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    try:
        yield Served(server, listener.sockets[0].getsockname()[1])
    finally:
        listener.close()
        await server.shutdown(1)


async def echo(request: Request) -> Answer:
    """Answer with method, path and body."""
    body = await request.read(100)
    return Response(200, f"{request.method} {request.path} ".encode() + body, [("X-Query", request.query_string)])


def request(method: str = "GET", target: str = "/", *headers: str, body: bytes = b"", version: str = "1.1") -> bytes:
    lines = [f"{method} {target} HTTP/{version}", "Host: h", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
