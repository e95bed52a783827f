"""What ``fetch.py`` does with a server that answers, fails and comes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from plugin_operator.testing import scenario


@pytest.fixture(autouse=True)
def hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETCH_HOSTS", "127.0.0.1,api.example.com")


@asynccontextmanager
async def website(answers: list[web.Response]) -> AsyncIterator[str]:
    """Serve one answer after the other; the last one stays."""

    async def answer(_request: web.Request) -> web.Response:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return web.Response(status=found.status, text=found.text, headers=found.headers)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def config_map(url: str) -> dict[str, Any]:
    metadata = {"name": "page", "namespace": "default", "labels": {"example.com/fetch": ""}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"url": url}}


async def test_the_answer_is_kept_and_fetched_again_after_an_hour() -> None:
    answers = [web.Response(text="one"), web.Response(text="two")]
    async with website(answers) as url, scenario("../plugins/fetch.py", objects=[config_map(url)]) as s:
        found = await s.get("v1/ConfigMap", "page", "default")
        assert found["data"] == {"url": url, "status": "200", "body": "one"}
        await s.advance(3600)
        assert (await s.get("v1/ConfigMap", "page", "default"))["data"]["body"] == "two"


async def test_a_busy_server_is_asked_again_when_it_says() -> None:
    answers = [web.Response(status=503, headers={"Retry-After": "120"}), web.Response(text="back")]
    async with website(answers) as url, scenario("../plugins/fetch.py", objects=[config_map(url)]) as s:
        await s.advance(119)
        assert s.writes == []
        await s.advance(2)
        assert (await s.get("v1/ConfigMap", "page", "default"))["data"]["body"] == "back"


async def test_a_server_that_names_a_date_is_asked_again_after_a_minute() -> None:
    answers = [
        web.Response(status=503, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        web.Response(text="b"),
    ]
    async with website(answers) as url, scenario("../plugins/fetch.py", objects=[config_map(url)]) as s:
        await s.advance(59)
        assert s.writes == []
        await s.advance(2)
        assert (await s.get("v1/ConfigMap", "page", "default"))["data"]["body"] == "b"


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "file:///etc/passwd", "nonsense"])
async def test_a_host_that_is_not_listed_is_not_asked(url: str) -> None:
    async with scenario("../plugins/fetch.py", objects=[config_map(url)]) as s:
        await s.advance(3600)
        assert (s.writes, len(s.requests)) == ([], 1)
