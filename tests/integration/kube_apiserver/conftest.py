"""A small JSON client for talking to an API server, so that its tests depend on no client library."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from kube_apiserver import Endpoint


class JsonApi:
    """Sends JSON, returns status and JSON."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def __call__(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **query: str
    ) -> tuple[int, Any]:
        async with self.session.request(method, self.url + path, json=body, headers=headers, params=query) as response:
            raw = await response.read()
            is_json = response.content_type == "application/json"
            return response.status, (await response.json()) if is_json and raw else raw.decode()


@pytest.fixture
async def api(api_endpoint: Endpoint, tls_context: ssl.SSLContext | bool) -> AsyncIterator[JsonApi]:
    headers = {"Authorization": f"Bearer {api_endpoint.token}"} if api_endpoint.token else {}
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=20), headers=headers, connector=aiohttp.TCPConnector(ssl=tls_context)
    ) as session:
        yield JsonApi(session, api_endpoint.url)
    for _ in range(3):
        # TLS takes a few turns of the loop to let its sockets go.
        await asyncio.sleep(0)
