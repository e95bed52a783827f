"""Attacks on secure metrics: what clients invent, and what the API server does to its reviews."""

import asyncio
import contextlib
import ssl
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from plugin_operator.certificates import context_of, make_authority, renewing_context
from plugin_operator.errors import ApiConnectionError, ForbiddenError, ServerError, TooManyRequestsError
from plugin_operator.serving import reviews as reviews_module
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.integration.serving.test_secure_metrics import Reviewer, scrape
from tests.integration.serving.test_secure_metrics import clock as clock  # noqa: PLC0414 - a fixture
from tests.integration.serving.test_secure_metrics import http as http  # noqa: PLC0414 - a fixture
from tests.integration.serving.test_secure_metrics import reviewer as reviewer  # noqa: PLC0414 - a fixture

FAILED = "Authentication or authorization failed\n"
TARGETS = [
    "//metrics", "/metrics/", "/metrics/..", "/metrics/../metrics", "/./metrics", "/../metrics", "/%6detrics",
    "/metrics%2f", "/metrics%00", "/metrics;x=1", "/METRICS", "/metrics\\", "/x/%2e%2e/metrics", "/metrics?token=x",
    "/metrics#x", "http://other/metrics", "http://other//metrics", "metrics", "*", "/",
]  # fmt: skip


async def ask(http: aiohttp.ClientSession, request: bytes) -> bytes:
    """Send bytes as they are, and return the answer up to its end."""
    assert http._base_url is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", http._base_url.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


def get(target: str, *headers: str) -> bytes:
    lines = [f"GET {target} HTTP/1.1", "Host: x", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize("target", TARGETS)
async def test_no_spelling_of_the_path_goes_past_the_right_to_it(
    http: aiohttp.ClientSession, reviewer: Reviewer, target: str
) -> None:
    assert b"up 1" not in await ask(http, get(target))
    assert not reviewer.asked
    assert b"up 1" not in await ask(http, get(target, "Authorization: Bearer stranger"))
    served = b"up 1" in await ask(http, get(target, "Authorization: Bearer reader"))
    paths = {spec["nonResourceAttributes"]["path"] for spec in reviewer.bodies if "nonResourceAttributes" in spec}
    assert paths == ({"/metrics"} if served else paths & {"/metrics"})


async def test_paths_and_methods_that_a_client_invents_cost_no_question_and_push_nobody_out(
    http: aiohttp.ClientSession, reviewer: Reviewer
) -> None:
    assert (await scrape(http, "reader"))[0] == 200
    assert (await scrape(http, "stranger"))[0] == 403
    reviewer.asked.clear()
    header = {"Authorization": "Bearer stranger"}
    statuses: Counter[int] = Counter()
    for number in range(100):
        statuses[(await scrape(http, "stranger", f"/made/up/{number}"))[0]] += 1
        method = ("PUT", "DELETE", "PATCH", "PROPFIND")[number % 4]
        async with http.request(method, "/metrics", headers=header) as answer:
            statuses[answer.status] += 1
    assert statuses == {404: 100, 405: 100}
    assert not reviewer.asked
    assert await scrape(http, "reader") == (200, "up 1\n")
    assert not reviewer.asked


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "GARBAGE"])
async def test_no_method_goes_past_the_right_to_read(
    http: aiohttp.ClientSession, reviewer: Reviewer, method: str
) -> None:
    request = get("/metrics", "Content-Length: 0").replace(b"GET", method.encode())
    assert not (await ask(http, request)).startswith(b"HTTP/1.1 2")
    assert not reviewer.asked
    answer = await ask(http, request.replace(b"Host", b"Authorization: Bearer stranger\r\nHost"))
    assert not answer.startswith(b"HTTP/1.1 2")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (("Authorization: Bearer stranger", "Authorization: Bearer reader"), {b"400"}),
        (("Authorization: Bearer stranger, Bearer reader",), {b"401"}),
        (("Authorization: Bearer reader stranger",), {b"401"}),
        (("Authorization: Bearer\treader",), {b"401"}),
        (("Authorization: bearer  reader  ",), {b"200"}),
        (("Proxy-Authorization: Bearer reader",), {b"401"}),
        (("Cookie: token=reader",), {b"401"}),
        (("Impersonate-User: monitoring", "Authorization: Bearer stranger"), {b"403"}),
        (("X-Remote-User: monitoring",), {b"401"}),
        ((f"Authorization: Bearer {'x' * 100_000}",), {b"431"}),
        ((f"Authorization: Bearer {'x' * 8_000}",), {b"401"}),
        (("Authorization : Bearer reader",), {b"400"}),
        (("Authorization: Basic reader",), {b"401"}),
        (("Authorization:",), {b"401"}),
    ],
)
async def test_odd_headers_let_nobody_in(
    http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, headers: tuple[str, ...], status: set[bytes]
) -> None:
    answer = await ask(http, get("/metrics", *headers))
    assert answer.split(b" ", 2)[1] in status
    assert caplog.records == []


@pytest.mark.parametrize(
    "failure",
    [
        ServerError(500, "InternalError", "no etcd"),
        ForbiddenError(403, "Forbidden", "tokenreviews is forbidden"),
        TooManyRequestsError(429, "TooManyRequests", "slow down"),
        ApiConnectionError("no route"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_a_server_that_fails_is_not_asked_more_often_by_a_flood_of_one_token(
    http: aiohttp.ClientSession, reviewer: Reviewer, clock: VirtualClock, failure: Exception
) -> None:
    assert (await scrape(http, "stranger"))[0] == 403
    await clock.advance(40)  # its verdict is too old, its name is not
    reviewer.asked.clear()
    reviewer.failure = failure
    for _ in range(3):
        assert {(await scrape(http, "stranger"))[0] for _ in range(50)} == {500}
        await clock.advance(1)
    assert reviewer.asked == {"subjectaccessreviews": 3}
    reviewer.failure = None
    assert (await scrape(http, "stranger"))[0] == 403


async def test_a_refusal_that_quotes_the_token_is_not_logged_with_it(
    http: aiohttp.ClientSession, reviewer: Reviewer
) -> None:
    reviewer.failure = ServerError(500, "InternalError", 'cannot review {"spec":{"token":"MARKER"}}')
    with capture_logs() as logs:
        assert [await scrape(http, "MARKER") for _ in range(2)] == [(500, FAILED)] * 2
    assert "cannot review" in str(logs)
    assert "MARKER" not in str(logs)


async def test_a_server_that_hangs_holds_nobody_longer_than_the_deadline(
    http: aiohttp.ClientSession, reviewer: Reviewer, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews_module, "_DEADLINE_SECONDS", 0.05)
    reviewer.answers.clear()
    crowd = [scrape(http, f"token {number}") for number in range(15)]
    assert {status for status, _ in await asyncio.gather(*crowd)} == {500}
    assert (reviewer.at_once, reviewer.most_at_once) == (0, 8)
    reviewer.answers.set()
    assert (await scrape(http, "reader"))[0] == 200


async def test_clients_that_hang_up_during_a_review_leave_no_place_taken(
    http: aiohttp.ClientSession, reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews_module, "_DEADLINE_SECONDS", 0.05)
    reviewer.answers.clear()
    assert http._base_url is not None
    for number in range(12):
        _, writer = await asyncio.open_connection("127.0.0.1", http._base_url.port)
        writer.write(get("/metrics", f"Authorization: Bearer token {number}".replace("token ", "token")))
        await writer.drain()
        await eventually(lambda: reviewer.asked["tokenreviews"] > 0)
        writer.transport.abort()
    await eventually(lambda: reviewer.at_once == 0)
    reviewer.answers.set()
    assert (await scrape(http, "reader"))[0] == 200


@pytest.mark.parametrize(
    ("token_status", "access_status", "status"),
    [
        ({"authenticated": True, "user": {"username": ""}}, {"allowed": True}, 401),
        ({"authenticated": True}, {"allowed": True}, 401),
        ({"authenticated": False, "user": {"username": "monitoring"}}, {"allowed": True}, 401),
        ({"error": "token has expired", "user": {"username": "monitoring"}}, {"allowed": True}, 401),
        ({}, {"allowed": True}, 401),
        ({"authenticated": 1, "user": {"username": "monitoring"}}, {"allowed": True}, 500),
        ({"authenticated": True, "user": {"username": ["x"]}}, {"allowed": True}, 500),
        ({"authenticated": True, "user": {"username": "x", "groups": "all"}}, {"allowed": True}, 500),
        ({"authenticated": True, "user": {"username": "x"}}, {}, 403),
        ({"authenticated": True, "user": {"username": "x"}}, {"allowed": True, "denied": True}, 403),
        ({"authenticated": True, "user": {"username": "x"}}, {"allowed": "true"}, 500),
        ({"authenticated": True, "user": {"username": "x"}}, {"allowed": None}, 500),
        ({"authenticated": True, "user": {"username": "x"}}, None, 500),
    ],
)
async def test_verdicts_that_make_no_sense_let_nobody_in(
    http: aiohttp.ClientSession,
    reviewer: Reviewer,
    monkeypatch: pytest.MonkeyPatch,
    token_status: Any,
    access_status: Any,
    status: int,
) -> None:
    verdicts = {"tokenreviews": token_status, "subjectaccessreviews": access_status}
    monkeypatch.setattr(reviewer, "_status", lambda kind, _: verdicts[kind])
    assert (await scrape(http, "anything"))[0] == status


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.parametrize("made", ["from files", "by itself"])
async def test_a_client_cannot_choose_an_old_tls(made: str, version: ssl.TLSVersion) -> None:
    now = datetime.now(UTC)
    authority = make_authority(now)
    if made == "from files":
        context = context_of(b"\n".join((authority.key_pem, authority.certificate_pem)))
    else:
        context = renewing_context(authority, "x", ["x"], lambda: now)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLS"), contextlib.suppress(ValueError):
        client.minimum_version = client.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1], ssl=client)
    server.close()
