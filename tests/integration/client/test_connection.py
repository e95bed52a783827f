"""The connection over real HTTP, against a server that misbehaves on purpose."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.web_request import Request
from aiohttp.web_response import Response, StreamResponse

from plugin_operator.client import (
    Access,
    AccessSource,
    ApiRequest,
    ByteStream,
    Connection,
    ConnectionConfig,
    FixedAccess,
    TlsSettings,
)
from plugin_operator.client.http import limits
from plugin_operator.client.http.connection import REST_CLIENT_REQUESTS
from plugin_operator.errors import (
    AnswerTooLargeError,
    ApiConnectionError,
    ApiError,
    ConfigError,
    ForbiddenError,
    GoneError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
)
from plugin_operator.metrics import Metrics


class Server:
    """Answers each request with the next of ``answers``: handlers of aiohttp."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[Any] = []
        self.url = ""

    async def handle(self, request: Request) -> Response | StreamResponse:
        self.requests.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        answer = self.answers.pop(0)
        found: Response | StreamResponse = await answer(request) if callable(answer) else answer
        return found


class RenewableAccess:
    def __init__(self, host: str) -> None:
        self.host = host
        self.token = "old"
        self.renewed = 0
        self.fails = False

    async def current(self) -> Access:
        return Access(self.host, f"Bearer {self.token}")

    async def renew(self, rejected: Access) -> Access:
        assert rejected.authorization == f"Bearer {self.token}"
        if self.fails:
            raise ConfigError("no more")
        self.renewed += 1
        self.token = "new"
        return await self.current()

    async def reread(self, failed: Access) -> Access:
        return failed


async def read_all(stream: ByteStream) -> bytes:
    pieces = []
    while piece := await stream.read():
        pieces.append(piece)
    return b"".join(pieces)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served = Server()
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", served.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    await runner.cleanup()


class Connect:
    """Opens connections to the server of the test, and counts in metrics of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.metrics = Metrics()

    def __call__(self, access: AccessSource | None = None) -> AbstractAsyncContextManager[Connection]:
        config = ConnectionConfig(self._url, access) if access else ConnectionConfig.for_endpoint(self._url, token="t")
        return Connection.open(config, self.metrics)


@pytest.fixture
async def connect(server: Server) -> Connect:
    return Connect(server.url)


def refusal(code: int, reason: str = "", **headers: Any) -> Response:
    body = {"kind": "Status", "code": code, "reason": reason, "message": "words", "details": {"causes": []}}
    return web.json_response(body, status=code, headers=headers)


async def test_a_request_carries_query_body_token_and_types(server: Server, connect: Connect) -> None:
    server.answers = [web.json_response({"a": 1})]
    async with connect() as connection:
        answer = await connection.send(
            ApiRequest(
                "POST",
                "/api/v1/x",
                query=[("a", "b c"), ("s", "x=1,y in (2)")],
                body=b"{}",
                content_type="text/x",
                accept="text/y",
            )
        )
    assert (answer.status, answer.body) == (200, b'{"a": 1}')
    assert answer.headers["content-type"].startswith("application/json")
    method, path, headers, body = server.requests[0]
    assert (method, path, body) == ("POST", "/api/v1/x?a=b+c&s=x%3D1%2Cy+in+%282%29", b"{}")
    assert (headers["Authorization"], headers["Content-Type"], headers["Accept"]) == ("Bearer t", "text/x", "text/y")
    assert connect.metrics.family(REST_CLIENT_REQUESTS).get("200", "POST", server.url[7:]) == 1


async def test_impersonation_goes_along_with_every_value(server: Server, connect: Connect) -> None:
    headers = (("Impersonate-User", "jane"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b"))
    groups = []

    async def note(request: Request) -> Response:
        groups.append(request.headers.getall("Impersonate-Group"))
        return web.json_response({})

    server.answers = [note]
    async with connect(FixedAccess(Access(server.url, "Bearer t", impersonation=headers))) as connection:
        await connection.send(ApiRequest("GET", "/x"))
    assert groups == [["a", "b"]]
    assert server.requests[0][2]["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [(403, "Forbidden", ForbiddenError), (410, "Expired", GoneError), (500, "", ServerError), (302, "", ApiError)],
)
async def test_a_failure_becomes_the_exception_that_fits(
    server: Server, connect: Connect, code: int, reason: str, kind: type[ApiError]
) -> None:
    server.answers = [refusal(code, reason)]
    async with connect() as connection:
        with pytest.raises(kind) as caught:
            await connection.send(ApiRequest("GET", "/x"))
    assert (caught.value.status, caught.value.reason, caught.value.message) == (code, reason, "words")


async def test_a_failure_that_is_no_status_keeps_its_text(server: Server, connect: Connect) -> None:
    server.answers = [web.Response(status=502, text="<html>bad gateway</html>")]
    async with connect() as connection:
        with pytest.raises(ServerError, match="bad gateway"):
            await connection.send(ApiRequest("GET", "/x"))


@pytest.mark.parametrize("code", [429, 503])
async def test_a_server_that_names_a_wait_is_asked_again_after_it(server: Server, connect: Connect, code: int) -> None:
    server.answers = [refusal(code, **{"Retry-After": "0"}), web.json_response({})]
    async with connect() as connection:
        assert (await connection.send(ApiRequest("GET", "/x"))).status == 200
    assert connect.metrics.family(REST_CLIENT_REQUESTS).get(str(code), "GET", server.url[7:]) == 1


async def test_a_wait_beyond_the_deadline_is_not_begun(server: Server, connect: Connect) -> None:
    server.answers = [refusal(429, **{"Retry-After": "60"})]
    async with connect() as connection:
        with pytest.raises(TooManyRequestsError) as caught:
            await connection.send(ApiRequest("GET", "/x", timeout_seconds=5))
    assert caught.value.retry_after_seconds == 60


async def test_a_server_that_asks_to_retry_for_ever_is_given_up(server: Server, connect: Connect) -> None:
    server.answers = [refusal(429, **{"Retry-After": "0"}) for _ in range(20)]
    async with connect() as connection:
        with pytest.raises(TooManyRequestsError):
            await connection.send(ApiRequest("GET", "/x"))
    assert len(server.requests) == 11


async def test_refused_credentials_are_renewed_once_for_calls_and_streams(server: Server, connect: Connect) -> None:
    access = RenewableAccess(server.url)
    server.answers = [
        refusal(401),
        web.json_response({}),
        refusal(401),
        web.Response(body=b"x"),
        refusal(401),
        refusal(401),
    ]
    async with connect(access) as connection:
        await connection.send(ApiRequest("GET", "/x"))
        async with connection.stream(ApiRequest("GET", "/x", timeout_seconds=5)) as stream:
            assert await stream.read() == b"x"
        with pytest.raises(UnauthorizedError):
            await connection.send(ApiRequest("GET", "/x"))
    assert access.renewed == 3
    assert server.requests[1][2]["Authorization"] == "Bearer new"


async def test_credentials_that_cannot_be_renewed_leave_the_refusal(server: Server, connect: Connect) -> None:
    access = RenewableAccess(server.url)
    access.fails = True
    server.answers = [refusal(401)]
    async with connect(access) as connection:
        with pytest.raises(UnauthorizedError):
            await connection.send(ApiRequest("GET", "/x"))


async def test_a_body_cut_short_is_a_broken_connection(server: Server, connect: Connect) -> None:
    async def cut(request: Request) -> StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return answer

    server.answers = [cut, cut]
    async with connect() as connection:
        with pytest.raises(ApiConnectionError):
            await connection.send(ApiRequest("GET", "/x"))
        async with connection.stream(ApiRequest("GET", "/x", timeout_seconds=5)) as stream:
            with pytest.raises(ApiConnectionError):
                await read_all(stream)
    assert connect.metrics.family(REST_CLIENT_REQUESTS).get("<error>", "GET", server.url[7:]) == 1


async def test_an_answer_beyond_the_size_limit_is_refused(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_DOCUMENT_BYTES", 1000)
    server.answers = [web.Response(body=b"x" * 1001), web.Response(body=b"x" * 1000)]
    async with connect() as connection:
        with pytest.raises(AnswerTooLargeError, match="larger than 1000"):
            await connection.send(ApiRequest("GET", "/x"))
        assert len((await connection.send(ApiRequest("GET", "/x"))).body) == 1000


async def hang(request: Request) -> None:
    await asyncio.sleep(30)


async def test_a_call_without_an_answer_ends_at_its_deadline(server: Server, connect: Connect) -> None:
    server.answers = [hang]
    async with connect() as connection:
        with pytest.raises(ApiConnectionError, match="in time"):
            await connection.send(ApiRequest("GET", "/x", timeout_seconds=0.1))


async def test_a_silent_stream_ends_at_its_deadline(server: Server, connect: Connect) -> None:
    async def silent(request: Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"one\n")
        await asyncio.sleep(30)
        return answer

    server.answers = [silent]
    async with connect() as connection, connection.stream(ApiRequest("GET", "/x", timeout_seconds=0.2)) as stream:
        assert await stream.read() == b"one\n"
        with pytest.raises(ApiConnectionError):
            await stream.read()


async def test_streams_never_starve_calls(server: Server, connect: Connect) -> None:
    async def endless(request: Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"x")
        await asyncio.sleep(30)
        return answer

    server.answers = [endless] * 120 + [web.json_response({})]
    async with connect() as connection, asyncio.timeout(20):
        held = [connection.stream(ApiRequest("GET", "/x", timeout_seconds=20)) for _ in range(120)]
        for stream in held:
            await (await stream.__aenter__()).read()
        assert (await connection.send(ApiRequest("GET", "/y"))).status == 200
        for stream in held:
            await stream.__aexit__(None, None, None)


async def test_nobody_listening_is_a_connection_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        config = ConnectionConfig.for_endpoint(f"http://127.0.0.1:{unused.getsockname()[1]}")
        async with Connection.open(config, Metrics()) as connection:
            with pytest.raises(ApiConnectionError):
                await connection.send(ApiRequest("GET", "/x"))
            with pytest.raises(ApiConnectionError):
                await connection.stream(ApiRequest("GET", "/x", timeout_seconds=1)).__aenter__()


async def test_bad_tls_material_is_a_configuration_error() -> None:
    config = ConnectionConfig.for_endpoint("https://127.0.0.1:1", ca_pem="not a certificate")
    async with Connection.open(config, Metrics()) as connection:
        with pytest.raises(ConfigError, match="TLS material"):
            await connection.send(ApiRequest("GET", "/x"))
    with pytest.raises(OSError):
        TlsSettings(certificate_pem=b"not a certificate").context()


async def test_many_calls_share_one_connection_from_many_tasks(server: Server, connect: Connect) -> None:
    server.answers = [web.json_response({"n": n}) for n in range(50)]
    async with connect() as connection:
        answers = await asyncio.gather(*(connection.send(ApiRequest("GET", f"/{n}")) for n in range(50)))
    assert len(answers) == 50
