"""Every attempt of a call is admitted at the last moment, when its connection is there and nothing has been sent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.web_request import Request
from aiohttp.web_response import Response
from msgspec.structs import replace

from plugin_operator.app.fenced_transport import FencedTransport
from plugin_operator.client import Access, ApiRequest, Connection, ConnectionConfig, FixedAccess
from plugin_operator.client.http.direct import pool
from plugin_operator.clock import SystemClock
from plugin_operator.errors import ApiConnectionError, LeadershipLost
from plugin_operator.fence import Fence
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock

WRITES = ["POST", "PUT", "PATCH", "DELETE"]


class Server:
    """Notes what arrives and has each request answered by the next of ``answers``; says 200 when there is none."""

    def __init__(self) -> None:
        self.arrived: list[Any] = []
        self.answers: list[Any] = []
        self.url = ""

    async def handle(self, request: Request) -> Response:
        self.arrived.append(request.method)
        await request.read()
        return await self.answers.pop(0)(request) if self.answers else web.json_response({})


class SlowAccess:
    """Credentials whose renewal does something first."""

    def __init__(self, host: str, before_renewed: Callable[..., Any]) -> None:
        self.access = Access(host, "Bearer t")
        self.before_renewed = before_renewed

    async def current(self) -> Access:
        return self.access

    async def renew(self, rejected: Access) -> Access:
        await self.before_renewed()
        return self.access

    async def reread(self, failed: Access) -> Access:
        return failed


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", served.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    await runner.cleanup()


@pytest.fixture
def fence() -> Fence:
    return Fence(SystemClock())


def opened(access: Access, **settings: Any) -> AbstractAsyncContextManager[Connection]:
    return Connection.open(ConnectionConfig(access.host, FixedAccess(access)), Metrics(), **settings)


@pytest.mark.parametrize("method", WRITES)
async def test_no_write_is_sent_again_once_leadership_ended_during_retry_after(
    server: Server, fence: Fence, method: str
) -> None:
    async def overloaded(_request: Request) -> Response:
        fence.close()
        return web.Response(status=429, headers={"Retry-After": "0"})

    server.answers = [overloaded]
    async with opened(Access(server.url)) as connection:
        with pytest.raises(LeadershipLost):
            await FencedTransport(connection, fence).send(ApiRequest(method, "/x", body=b"{}"))
    assert server.arrived == [method]


@pytest.mark.parametrize("method", WRITES)
async def test_no_write_is_sent_again_once_leadership_ended_while_credentials_were_renewed(
    server: Server, fence: Fence, method: str
) -> None:
    async def refused(_request: Request) -> Response:
        return web.Response(status=401)

    async def leadership_ends() -> None:
        fence.close()

    server.answers = [refused]
    config = ConnectionConfig(server.url, SlowAccess(server.url, leadership_ends))
    async with Connection.open(config, Metrics()) as connection:
        with pytest.raises(LeadershipLost):
            await FencedTransport(connection, fence).send(ApiRequest(method, "/x", body=b"{}"))
    assert server.arrived == [method]


@pytest.mark.parametrize(
    ("method", "body"),
    [("PUT", b'{"metadata": {"resourceVersion": "1"}}'), ("DELETE", b'{"preconditions": {"uid": "a"}}')],
    ids=["PUT", "DELETE"],
)
async def test_no_write_is_sent_again_over_another_connection_once_leadership_ended(
    server: Server, fence: Fence, method: str, body: bytes
) -> None:
    async def cut(request: Request) -> Response:
        fence.close()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with opened(Access(server.url)) as connection:
        transport = FencedTransport(connection, fence)
        await transport.send(ApiRequest(method, "/x", body=body))
        server.answers = [cut]
        with pytest.raises(LeadershipLost):
            await transport.send(ApiRequest(method, "/x", body=body))
    assert server.arrived == [method, method]


@pytest.mark.parametrize("method", WRITES)
async def test_no_write_is_sent_once_leadership_ended_while_it_waited_for_a_connection(
    server: Server, fence: Fence, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, may_answer = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr(pool, "MOST_AT_ONCE", 1)

    async def slow(_request: Request) -> Response:
        arrived.set()
        await may_answer.wait()
        return web.json_response({})

    server.answers = [slow]
    async with opened(Access(server.url)) as connection, asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.send(ApiRequest("GET", "/holds-the-connection")))
        await arrived.wait()
        write = tasks.create_task(
            _refused(FencedTransport(connection, fence).send(ApiRequest(method, "/x", body=b"{}")))
        )
        await eventually(lambda: connection._unary.pool.waiting == 1)
        fence.close()
        may_answer.set()
        await write
    assert server.arrived == ["GET"]


async def _refused(call: Coroutine[Any, Any, Any]) -> None:
    with pytest.raises(LeadershipLost):
        await call


async def test_reads_go_on_without_leadership(server: Server, fence: Fence) -> None:
    async def overloaded(_request: Request) -> Response:
        fence.close()
        return web.Response(status=429, headers={"Retry-After": "0"})

    server.answers = [overloaded]
    async with opened(Access(server.url)) as connection:
        await FencedTransport(connection, fence).send(ApiRequest("GET", "/x"))
    assert server.arrived == ["GET", "GET"]


async def test_a_call_whose_deadline_passed_while_credentials_were_renewed_is_not_sent_again(server: Server) -> None:
    clock = VirtualClock()

    async def refused(_request: Request) -> Response:
        return web.Response(status=401)

    async def takes_long() -> None:
        await clock.advance(31)

    config = ConnectionConfig(server.url, SlowAccess(server.url, takes_long))
    async with Connection.open(config, Metrics(), clock=clock) as connection:
        await connection.send(ApiRequest("GET", "/x"))
        server.answers = [refused]
        with pytest.raises(ApiConnectionError, match="no answer in time"):
            await connection.send(ApiRequest("PUT", "/x", body=b"{}", timeout_seconds=30))
    assert server.arrived == ["GET", "PUT"]


async def test_a_guard_stops_no_request_but_its_own(server: Server, fence: Fence) -> None:
    fence.close()
    async with opened(Access(server.url)) as connection:
        unguarded = ApiRequest("PUT", "/x", body=b"{}")
        async with asyncio.TaskGroup() as tasks:
            for _ in range(10):
                tasks.create_task(_refused(FencedTransport(connection, fence).send(unguarded)))
                tasks.create_task(_refused(connection.send(replace(unguarded, send_guard=fence.check))))
                tasks.create_task(connection.send(unguarded))
    assert server.arrived == ["PUT"] * 10


async def test_a_stream_with_a_guard_is_guarded(server: Server, fence: Fence) -> None:
    fence.close()
    async with opened(Access(server.url)) as connection:
        with pytest.raises(LeadershipLost):
            await connection.stream(ApiRequest("GET", "/x", send_guard=fence.check)).__aenter__()
    assert server.arrived == []
