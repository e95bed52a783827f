"""Waiting for the API server's first answer."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from plugin_operator.app.managed_connection import ManagedConnection
from plugin_operator.client import ApiRequest, ConnectionConfig
from plugin_operator.clock import SystemClock
from plugin_operator.errors import ApiConnectionError, PluginOperatorError
from plugin_operator.metrics import Metrics

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def link_to(port: int, *, patience_seconds: float) -> ManagedConnection:
    return ManagedConnection(
        ConnectionConfig.for_endpoint(f"http://127.0.0.1:{port}"), Metrics(),
        clock=SystemClock(), patience_seconds=patience_seconds, user_agent="test",
    )  # fmt: skip


async def serve(listener: socket.socket, answer: Answer) -> web.ServerRunner:
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner


def answering(status: int, reason: str = "") -> Answer:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        body = {"kind": "Status", "apiVersion": "v1", "code": status, "reason": reason, "message": reason}
        return web.Response(status=status, text=json.dumps(body), content_type="application/json")

    return answer


@pytest.fixture
def listener() -> socket.socket:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    return made


async def test_a_server_that_comes_up_late_is_waited_for(listener: socket.socket) -> None:
    link = link_to(listener.getsockname()[1], patience_seconds=20)
    start = asyncio.create_task(link.start())
    await asyncio.sleep(0.15)
    opened = [link.is_open]
    runner = await serve(listener, answering(200))
    await asyncio.wait_for(start, 20)
    opened.append(link.is_open)
    assert opened == [False, True]
    await link.stop(1)
    await runner.cleanup()


async def test_one_request_that_is_never_answered_does_not_use_up_the_patience(listener: socket.socket) -> None:
    answered = 0

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal answered
        answered += 1
        if answered == 1:
            await asyncio.Event().wait()
        return await answering(200)(request)

    runner = web.ServerRunner(web.Server(answer, handler_cancellation=True))
    await runner.setup()
    await web.SockSite(runner, listener).start()
    link = link_to(listener.getsockname()[1], patience_seconds=3)
    await link.start()
    assert link.is_open
    await link.stop(1)
    await runner.cleanup()


async def test_a_server_that_never_answers_is_told_with_its_address(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    link = link_to(port, patience_seconds=0.3)
    with pytest.raises(
        PluginOperatorError, match=rf"no API server responds at http://127\.0\.0\.1:{port}, which given"
    ):
        await link.start()
    await link.stop(1)
    listener.close()


async def test_refused_credentials_are_told_at_once(listener: socket.socket) -> None:
    runner = await serve(listener, answering(401, "Unauthorized"))
    link = link_to(listener.getsockname()[1], patience_seconds=60)
    with pytest.raises(PluginOperatorError, match="rejects the credentials"):
        await link.start()
    await link.stop(1)
    await runner.cleanup()


async def test_a_server_that_forbids_its_version_is_there_all_the_same(listener: socket.socket) -> None:
    runner = await serve(listener, answering(403, "Forbidden"))
    link = link_to(listener.getsockname()[1], patience_seconds=5)
    await link.start()
    assert link.is_open
    await link.stop(1)
    await runner.cleanup()


async def test_requests_before_the_start_fail_as_a_broken_connection() -> None:
    with pytest.raises(ApiConnectionError):
        await link_to(1, patience_seconds=1).send(ApiRequest("GET", "/version"))
