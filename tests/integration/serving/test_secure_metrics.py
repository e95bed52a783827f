"""Metrics over TLS for those whom the API server lets read them: who is let in, and what it costs the API server."""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import msgspec
import pytest
from structlog.testing import capture_logs

from plugin_operator.client import ApiRequest, Response, Transport
from plugin_operator.errors import ApiConnectionError, ForbiddenError
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.authorization import authorized
from plugin_operator.serving.reviews import Reviews
from plugin_operator.serving.routes import metrics_routes
from plugin_operator.serving.server import HttpServer
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock

TOKENS = {"reader": ("monitoring", True), "stranger": ("nobody", False)}


class Reviewer:
    """An API server that knows two tokens; can hold back its answers, or fail."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.at_once = self.most_at_once = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.failure: Exception | None = None

    async def send(self, request: ApiRequest) -> Response:
        assert request.method == "POST"
        assert request.body is not None
        kind = request.path.rpartition("/")[2]
        self.asked[kind] += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.answers.wait()
        finally:
            self.at_once -= 1
        if self.failure is not None:
            raise self.failure
        spec = msgspec.json.decode(request.body)["spec"]
        self.bodies.append(spec)
        return Response(201, {}, msgspec.json.encode({"status": self._status(kind, spec)}))

    def _status(self, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
        if kind == "tokenreviews":
            if spec["token"] not in TOKENS:
                return {"user": {}, "error": "invalid bearer token"}
            name = TOKENS[spec["token"]][0]
            return {"authenticated": True, "user": {"username": name, "groups": ["g"], "extra": {"x": ["y"]}}}
        return {"allowed": (spec["user"], True) in TOKENS.values()}


@pytest.fixture
async def reviewer() -> Reviewer:
    return Reviewer()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def http(reviewer: Reviewer, clock: VirtualClock) -> AsyncIterator[aiohttp.ClientSession]:
    routes = metrics_routes(lambda _accept: ("text/plain", b"up 1\n"))
    guard = authorized(Reviews(cast("Transport", reviewer), clock=clock))  # it needs no streams
    server = HttpServer("metrics server", BindAddress("127.0.0.1", 0), routes, middlewares=[guard])
    await server.start()
    url, connector = f"http://127.0.0.1:{server.port}", aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector) as session:
        yield session
    await server.stop(5)


async def scrape(http: aiohttp.ClientSession, token: str | None, path: str = "/metrics") -> tuple[int, str]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with http.get(path, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_who_may_read_metrics_gets_them(http: aiohttp.ClientSession, reviewer: Reviewer) -> None:
    assert await scrape(http, "reader") == (200, "up 1\n")
    assert reviewer.bodies[1] == {
        "user": "monitoring",
        "uid": "",
        "groups": ["g"],
        "extra": {"x": ["y"]},
        "nonResourceAttributes": {"path": "/metrics", "verb": "get"},
    }


@pytest.mark.parametrize("path", ["/metrics", "/no/such/path"])
async def test_who_shows_no_token_is_sent_away_without_asking(
    http: aiohttp.ClientSession, reviewer: Reviewer, path: str
) -> None:
    assert (await scrape(http, None, path))[0] == 401
    async with http.get(path, headers={"Authorization": "Basic cmVhZGVyOng="}) as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert not reviewer.asked


async def test_a_token_of_nobody_is_sent_away_and_one_without_the_right_refused(http: aiohttp.ClientSession) -> None:
    assert (await scrape(http, "made up"))[0] == 401
    assert await scrape(http, "stranger") == (403, "Authorization denied for user nobody\n")


async def test_answers_are_believed_for_as_long_as_controller_runtime_does(
    http: aiohttp.ClientSession, reviewer: Reviewer, clock: VirtualClock
) -> None:
    async def asked_by(token: str) -> dict[str, int]:
        reviewer.asked.clear()
        await scrape(http, token)
        return dict(reviewer.asked)

    both = {"tokenreviews": 1, "subjectaccessreviews": 1}
    assert await asked_by("reader") == both
    assert await asked_by("stranger") == both
    assert await asked_by("made up") == {"tokenreviews": 1}
    await clock.advance(29)
    assert [await asked_by(token) for token in ("reader", "stranger", "made up")] == [{}, {}, {}]
    await clock.advance(2)
    assert await asked_by("stranger") == {"subjectaccessreviews": 1}
    await clock.advance(30)
    assert await asked_by("reader") == {"tokenreviews": 1}
    assert await asked_by("made up") == {"tokenreviews": 1}
    await clock.advance(240)
    assert await asked_by("reader") == both


async def test_an_api_server_that_gives_no_verdict_lets_nobody_in_and_is_told_once(
    http: aiohttp.ClientSession, reviewer: Reviewer, clock: VirtualClock
) -> None:
    reviewer.failure = ApiConnectionError("no route")
    with capture_logs() as logs:
        assert [(await scrape(http, "reader"))[0] for _ in range(3)] == [500, 500, 500]
        assert reviewer.asked.total() == 1
        reviewer.failure = ForbiddenError(403, "Forbidden", "tokenreviews is forbidden")
        await clock.advance(1)
        assert (await scrape(http, "reader"))[0] == 500
        reviewer.failure = None
        await clock.advance(1)
        assert (await scrape(http, "reader"))[0] == 200
    told = [line["reason"] for line in logs if line["log_level"] == "warning"]
    assert len(told) == 2
    assert "no route" in told[0]
    assert "reader" not in str(logs)


async def test_made_up_tokens_are_no_storm_on_the_api_server_and_push_out_no_real_one(
    http: aiohttp.ClientSession, reviewer: Reviewer, clock: VirtualClock
) -> None:
    await scrape(http, "reader")
    reviewer.answers.clear()
    crowd = [asyncio.create_task(scrape(http, f"made up {number}")) for number in range(200)]
    await eventually(lambda: reviewer.at_once == 8)
    assert await scrape(http, "reader") == (200, "up 1\n")
    reviewer.answers.set()
    statuses = Counter(status for status, _ in await asyncio.gather(*crowd))
    assert statuses == {401: 19, 429: 181}
    assert reviewer.most_at_once == 8
    for number in range(1100):
        await clock.advance(0.2)
        await scrape(http, f"another {number}")
    reviewer.asked.clear()
    assert (await scrape(http, "reader"))[0] == 200
    assert reviewer.asked["tokenreviews"] <= 1


async def test_a_peer_that_tries_tokens_may_try_five_a_second_and_is_told_to_wait(
    http: aiohttp.ClientSession, reviewer: Reviewer, clock: VirtualClock
) -> None:
    for number in range(100):
        await scrape(http, f"made up {number}")
    assert reviewer.asked["tokenreviews"] == 20
    async with http.get("/metrics", headers={"Authorization": "Bearer again"}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    await clock.advance(1)
    for number in range(100):
        await scrape(http, f"more {number}")
    assert reviewer.asked["tokenreviews"] == 25


async def test_a_token_that_was_good_is_asked_about_again_during_a_flood_from_its_address(
    http: aiohttp.ClientSession, clock: VirtualClock
) -> None:
    assert (await scrape(http, "reader"))[0] == 200
    await clock.advance(61)
    flood = [(await scrape(http, f"made up {number}"))[0] for number in range(30)]
    assert flood[-1] == 429
    assert await scrape(http, "reader") == (200, "up 1\n")


async def test_a_flood_of_tokens_from_one_address_holds_up_no_scraper_at_another(
    http: aiohttp.ClientSession, reviewer: Reviewer
) -> None:
    reviewer.answers.clear()
    crowd = [asyncio.create_task(scrape(http, f"made up {number}")) for number in range(200)]
    await eventually(lambda: reviewer.at_once == 8)
    connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
    async with aiohttp.ClientSession(http._base_url, connector=connector) as scraper:
        scraped = asyncio.create_task(scrape(scraper, "reader"))
        reviewer.answers.set()
        assert await scraped == (200, "up 1\n")
    await asyncio.gather(*crowd)


@pytest.mark.parametrize("token", [b"\xff\xfe", b"a\tb", "ü".encode(), b"", b" "])
async def test_what_can_be_no_token_is_sent_away_without_asking_and_without_a_line_in_the_log(
    http: aiohttp.ClientSession, reviewer: Reviewer, caplog: pytest.LogCaptureFixture, token: bytes
) -> None:
    assert http._base_url is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", http._base_url.port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + b"\r\n\r\n")
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 401")
    writer.close()
    assert not reviewer.asked
    assert caplog.records == []


async def test_an_answer_that_makes_no_sense_lets_nobody_in(
    http: aiohttp.ClientSession, reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviewer, "_status", lambda *_: {"authenticated": "yes"})
    assert (await scrape(http, "reader"))[0] == 500


def test_tls_is_only_offered_from_1_2_and_without_renegotiation() -> None:
    from plugin_operator.certificates import make_authority, server_context

    now = VirtualClock().now()
    context = server_context(make_authority(now), "x", [], now)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_RENEGOTIATION
