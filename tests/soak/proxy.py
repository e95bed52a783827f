"""A proxy before a real API server that misbehaves as the embedded one does, asked for at the same path.

Owns the faults between the operators and the server: ``POST`` and ``DELETE /debug/faults`` mean what they mean at the
embedded server, whose fault code this is. Serves TLS with the server's own certificate, so that a kubeconfig needs
another port and nothing else. A server that is gone looks as it does without a proxy: the connection is reset.

Ends with its standard input.
"""

import argparse
import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

import http1
from kube_apiserver.dispatch import verb_name
from kube_apiserver.faults import FaultPlan, endpoint
from kube_apiserver.faults.requests import LOST, cut, inject
from kube_apiserver.faults.watches import WatchResponse, subject_of
from kube_apiserver.storage import Store
from kube_apiserver.wire.request_info import parse_target
from kube_apiserver.wire.response import Response, failed, respond
from kube_apiserver.wire.status_error import StatusError
from kube_apiserver.wire.watch_events import JsonEvents

# RFC 9110 section 7.6.1, and what the server writes by itself.
_OF_ONE_CONNECTION = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "upgrade",
    "host",
    "content-length",
    "date",
}
_BODY_LIMIT_BYTES = 8 * 2**20


class Proxy:
    """Answers requests with what the server behind it answers, unless a fault is planned.

    Attributes:
        plan: the faults.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.plan = FaultPlan()
        self._nothing = Store()

    async def __call__(self, request: http1.Request) -> http1.Answer:
        """Answer one request."""
        try:
            return await self._answer(request)
        except StatusError as failure:
            return await respond(request, failed(failure))
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()
            return http1.Response(502)

    async def _answer(self, request: http1.Request) -> http1.Answer:
        path, target = request.path, parse_target(request.path)
        if path == endpoint.PATH:
            return await respond(request, await endpoint.answer(self.plan, self._nothing, request, path))
        verb = request.method.lower()
        if target is not None and target.plural:
            watching = request.query.get("watch", "") not in {"", "0", "false"}
            verb = verb_name(request.method, target, watching=watching)
        subject = subject_of(request, target, verb)
        fault = self.plan.take(subject)
        reply: Response | None = None if fault is None else await inject(fault, request)
        if reply is not None and reply is not LOST:
            return await respond(request, reply)
        body = await request.read(_BODY_LIMIT_BYTES)
        async with self._session.request(
            request.method,
            URL(request.target, encoded=True),
            headers=_forwarded(request.headers),
            data=body or None,
            allow_redirects=False,
        ) as answer:
            if verb == "watch" and answer.status == 200:
                passed = WatchResponse(self.plan, request, subject, _forwarded(answer.headers), JsonEvents())
                return await self._watch(answer, passed)
            content = await answer.read()
            if reply is LOST:
                raise cut(request)
            return http1.Response(answer.status, content, _forwarded(answer.headers))

    async def _watch(self, answer: aiohttp.ClientResponse, response: WatchResponse) -> WatchResponse:
        await response.open()
        try:
            async for lines in _whole_lines(answer.content):
                await response.write(lines)
            await response.end()
        finally:
            response.close()
        return response


def _forwarded(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _OF_ONE_CONNECTION)


async def _whole_lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    rest = b""
    async for piece in content.iter_any():
        whole, newline, rest = (rest + piece).rpartition(b"\n")
        if newline:
            yield whole + newline
    if rest:
        yield rest


@asynccontextmanager
async def listening(proxy: Proxy, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve a proxy on 127.0.0.1; yield its port."""
    server = http1.HttpServer(proxy)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", port, ssl=tls)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await server.shutdown(0.2)


async def _serve(url: str, data: Path, port: int) -> None:
    trust = ssl.create_default_context(cafile=str(data / "ca.crt"))
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(data / "apiserver.crt", data / "apiserver.key")
    connector = aiohttp.TCPConnector(ssl=trust, limit=0)
    timeout = aiohttp.ClientTimeout(total=None)  # patience is the client's affair
    async with (
        aiohttp.ClientSession(url, connector=connector, timeout=timeout, auto_decompress=False) as session,
        listening(Proxy(session), port, own),
    ):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.buffer.read)


def main() -> None:
    """Serve until the standard input ends."""
    parser = argparse.ArgumentParser(description="Misbehave before a real API server.")
    parser.add_argument("url", help="of the server")
    parser.add_argument("data", type=Path, help="the server's data directory, with its certificates")
    parser.add_argument("port", type=int, help="on 127.0.0.1")
    given = parser.parse_args()
    asyncio.run(_serve(given.url, given.data, given.port))


if __name__ == "__main__":
    main()
