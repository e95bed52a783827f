"""A server for hostile requests, the objects they are about, and how to send one."""

import asyncio
import io
import json

import aiohttp

from kube_apiserver import ApiServer
from kube_apiserver.config import ApiServerConfig
from tests.property.hostile_requests import CONFIG_MAPS, DEFINITIONS, JSON, KINDS, Hostile, custom_path, definitions
from tests.property.test_broken_bodies import OBJECTS

#: What a bystander reads: it takes a millisecond.
BYSTANDER = "/api/v1/namespaces/default"
_WAIT_SECONDS = 60
# Hostile requests may take long, only bystanders may not.
TIMEOUT = aiohttp.ClientTimeout(total=600)


async def started(port: int = 0) -> tuple[ApiServer, str]:
    """Start a server without TLS. Return it with its URL."""
    server = ApiServer(ApiServerConfig(tls=False, port=port))
    return server, (await server.start()).url


async def prepare(session: aiohttp.ClientSession) -> None:
    """Create the objects that the requests are about."""
    bodies = [(DEFINITIONS, each) for each in definitions(100)]
    for path, body in [*bodies, *OBJECTS]:
        named = body if "metadata" in body else {**body, "metadata": {"name": "broken"}}
        await send(session, Hostile("an object", "POST", path, JSON, json.dumps(named).encode()))
    await send(session, Hostile("an object", "POST", CONFIG_MAPS, JSON, b'{"metadata":{"name":"h"}}'))
    async with asyncio.timeout(_WAIT_SECONDS):
        for kind in KINDS:
            while (await send(session, Hostile("a list", "GET", custom_path(kind), JSON, b"")))[0] == 404:
                pass


async def send(session: aiohttp.ClientSession, request: Hostile) -> tuple[int, str]:
    """Send a request. Return the status and the text of its answer."""
    headers = {"Content-Type": request.media, "Accept": request.accept}
    data = io.BytesIO(request.body) if request.body else None
    async with session.request(request.method, request.target, data=data, headers=headers) as answer:
        return answer.status, (await answer.read()).decode(errors="replace")
