"""The soak's proxy answers as the server behind it, misbehaves as asked, and hides no end of the server."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from tests.soak.proxy import Proxy, listening

MAPS = "/api/v1/namespaces/default/configmaps"
BODY = {"metadata": {"name": "first"}, "data": {"step": "1"}}
AGENT = {"User-Agent": "plugin-operator/test"}


class ProxiedServer:
    """A server that can be stopped, and a client behind the proxy."""

    def __init__(self, server: ApiServer, client: aiohttp.ClientSession) -> None:
        self.server = server
        self.client = client

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.client.request(method, path, json=body, headers=AGENT) as answer:
            return answer.status, await answer.json()

    async def fault(self, **fault: Any) -> None:
        assert (await self.call("POST", "/debug/faults", {**fault, "agent": "plugin-operator"}))[0] == 201


@pytest.fixture
async def proxied() -> AsyncIterator[ProxiedServer]:
    server = ApiServer(ApiServerConfig(tls=False))
    await server.start()
    async with aiohttp.ClientSession(server.endpoint.url, auto_decompress=False) as behind:
        timeout = aiohttp.ClientTimeout(total=20)
        async with (
            listening(Proxy(behind)) as port,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=timeout) as client,
        ):
            yield ProxiedServer(server, client)
    await server.stop()


def watch(proxied: ProxiedServer) -> Any:
    return proxied.client.get(MAPS, params={"watch": "1", "resourceVersion": "0"}, headers=AGENT)


async def event(answer: aiohttp.ClientResponse) -> tuple[str, str]:
    said = json.loads(await answer.content.readline())
    return said["type"], said["object"]["metadata"].get("name", "")


async def test_requests_and_watches_pass_unchanged(proxied: ProxiedServer) -> None:
    assert (await proxied.call("POST", MAPS, BODY))[0] == 201
    assert (await proxied.call("POST", MAPS, BODY))[0] == 409
    async with watch(proxied) as answer:
        assert await event(answer) == ("ADDED", "first")
        await proxied.call("DELETE", f"{MAPS}/first")
        assert await event(answer) == ("DELETED", "first")


async def test_large_compressed_answer_passes(proxied: ProxiedServer) -> None:
    large = {"metadata": {"name": "large"}, "data": {"text": "x" * 300_000}}
    assert (await proxied.call("POST", MAPS, large))[0] == 201
    status, listed = await proxied.call("GET", MAPS)
    assert status == 200
    assert len(listed["items"][0]["data"]["text"]) == 300_000


async def test_refusal_meets_as_many_requests_as_were_asked_for(proxied: ProxiedServer) -> None:
    await proxied.fault(action="refuse", code=503, verb="list", resource="configmaps")
    assert [(await proxied.call("GET", MAPS))[0] for _ in range(2)] == [503, 200]


async def test_fault_in_a_watch_meets_the_open_one(proxied: ProxiedServer) -> None:
    await proxied.call("POST", MAPS, BODY)
    async with watch(proxied) as answer:
        await event(answer)
        await proxied.fault(action="duplicate", verb="watch")
        assert await event(answer) == ("ADDED", "first")
        await proxied.fault(action="error-event", code=410, verb="watch")
        assert (await event(answer))[0] == "ERROR"
        assert await answer.content.read() == b""


async def test_faults_are_forgotten_on_request(proxied: ProxiedServer) -> None:
    await proxied.fault(action="drop", count=None)
    with pytest.raises(aiohttp.ClientError):
        await proxied.call("GET", MAPS)
    await proxied.call("DELETE", "/debug/faults")
    assert (await proxied.call("GET", MAPS))[0] == 200


async def test_server_that_is_gone_looks_gone(proxied: ProxiedServer) -> None:
    async with watch(proxied) as answer:
        await proxied.server.stop()
        with pytest.raises(aiohttp.ClientError):
            await answer.content.read()
    with pytest.raises(aiohttp.ClientError):
        await proxied.call("GET", MAPS)
