"""Hostile requests end in no error of the server's own, and leave the event loop to others meanwhile.

``make hostile`` sends thousands of larger ones to a server process and measures how long a bystander waits.
"""

import asyncio
import os

import aiohttp
from hypothesis import HealthCheck, given, settings

from kube_apiserver import ApiServer
from kube_apiserver.handler import OWN_FAULT
from tests.loop_turns import counted_turns
from tests.property.hostile_requests import JSON, Hostile, hostile_requests
from tests.property.hostile_server import BYSTANDER, TIMEOUT, prepare, send, started

#: The most calls that the loop's thread may make between two turns of another task.
MOST_CALLS = 500_000
MOST_MEMBERS = 10_000
EXAMPLES = settings(
    max_examples=int(os.environ.get("EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


async def _begun() -> tuple[ApiServer, aiohttp.ClientSession]:
    server, url = await started()
    session = aiohttp.ClientSession(url, timeout=TIMEOUT)
    await prepare(session)
    return server, session


async def _measured(session: aiohttp.ClientSession, request: Hostile) -> tuple[int, str, int]:
    """Send a request while another task takes turns. Return status, text, and the most calls between two turns."""
    async with counted_turns() as turns:
        status, text = await send(session, request)
    return status, text, turns.longest


def test_hostile_requests_are_answered_without_an_error_of_the_server_and_let_others_take_turns() -> None:
    with asyncio.Runner() as runner:
        server, session = runner.run(_begun())
        bystander = Hostile("a bystander", "GET", BYSTANDER, JSON, b"")

        @EXAMPLES
        @given(hostile_requests(MOST_MEMBERS))
        def holds(request: Hostile) -> None:
            status, text, longest = runner.run(_measured(session, request))
            assert OWN_FAULT not in text, (status, request.what)
            assert longest < MOST_CALLS, request.what
            assert runner.run(send(session, bystander))[0] == 200

        try:
            holds()
        finally:
            runner.run(session.close())
            runner.run(server.stop())
