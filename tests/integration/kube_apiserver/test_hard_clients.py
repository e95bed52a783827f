"""Clients that are slow, stuck, gone or rude, and what they must not do to others."""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
import uvloop
from aiohttp.client import ClientSession
from yarl import URL

from kube_apiserver import ApiServer, ApiServerConfig
from plugin_operator.testing.eventually import eventually
from tests.integration.kube_apiserver.conftest import JsonApi

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def impatient_server() -> AsyncIterator[ApiServer]:
    """A server that drops a stuck watcher soon, keeps little history and sends bookmarks often."""
    config = ApiServerConfig(tls=False, history_size=50, stuck_seconds=0.3, bookmark_seconds=0.05)
    server = ApiServer(config)
    await server.start()
    yield server
    await server.stop()


async def _create_large(session: ClientSession, url: str, count: int) -> None:
    for index in range(count):
        body = {"metadata": {"name": f"c{index}"}, "data": {"k": "v" * 200_000}}
        async with session.post(url + CONFIGMAPS, json=body) as answer:
            assert answer.status == 201


async def test_a_watcher_that_never_reads_is_dropped_and_harms_nobody(impatient_server: ApiServer) -> None:
    url = impatient_server.endpoint.url
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(f"GET {CONFIGMAPS}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    bucket = impatient_server.cluster.store.bucket("configmaps")
    await eventually(lambda: bucket.listener_count == 1)
    async with aiohttp.ClientSession() as session:
        await _create_large(session, url, 60)
        await eventually(lambda: bucket.listener_count == 0)
        async with session.get(url + CONFIGMAPS, params={"limit": "1"}) as answer:
            assert answer.status == 200
    writer.close()
    del reader


async def test_a_watcher_that_fell_off_the_history_is_told_to_list_again(impatient_server: ApiServer) -> None:
    url = impatient_server.endpoint.url
    store = impatient_server.cluster.store
    async with aiohttp.ClientSession() as session, session.get(url + CONFIGMAPS, params={"watch": "1"}) as stream:
        # All of this happens before the watcher's task gets its next turn.
        for index in range(200):
            obj = {"metadata": {"name": f"c{index}", "namespace": "default", "uid": str(index)}}
            store.put("configmaps", obj, "v1", "ConfigMap")
        event = json.loads(await stream.content.readline())
        assert (event["type"], event["object"]["code"]) == ("ERROR", 410)
        assert not await stream.content.readline()


async def test_an_idle_watch_gets_bookmarks_if_it_asks_for_them(impatient_server: ApiServer) -> None:
    url = impatient_server.endpoint.url
    query = {"watch": "1", "allowWatchBookmarks": "true"}
    async with aiohttp.ClientSession() as session, session.get(url + CONFIGMAPS, params=query) as stream:
        for _ in range(2):
            event = json.loads(await stream.content.readline())
            assert event["type"] == "BOOKMARK"
            assert event["object"]["kind"] == "ConfigMap"


async def _stop_with_an_open_watch(*, tls: bool) -> None:
    server = ApiServer(ApiServerConfig(tls=tls))
    endpoint = await server.start()
    headers = {"Authorization": f"Bearer {endpoint.token}"} if tls else {}
    context = ssl.create_default_context(cadata=endpoint.ca_pem) if tls else True
    url = endpoint.url + CONFIGMAPS
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(url, params={"watch": "1"}, ssl=context) as stream,
    ):
        assert stream.status == 200
        async with asyncio.timeout(5):
            await server.stop()


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_server_with_open_watches_stops_at_once(new_loop: Callable[[], asyncio.AbstractEventLoop], tls: bool) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_stop_with_an_open_watch(tls=tls))


async def test_large_answers_are_compressed_for_who_asks(api: JsonApi) -> None:
    body = {"metadata": {"name": "a"}, "data": {"k": "v" * 300_000}}
    url = f"{api.url}/api/v1/namespaces/{NAMESPACE}/configmaps"
    assert (await api("POST", url.removeprefix(api.url), body))[0] == 201
    async with api.session.get(url, params={"fieldSelector": "metadata.name=a"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert (await answer.json())["items"][0]["data"] == body["data"]
    async with api.session.get(url, headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/api/v1/%2e%2e/secrets", "//", "/api/v1/namespaces//configmaps", "/api/v1/configmaps/"]
)
async def test_odd_paths_get_an_answer_and_no_traceback(api: JsonApi, path: str) -> None:
    async with api.session.get(URL(api.url + path, encoded=True)) as answer:
        assert answer.status in {200, 404}
