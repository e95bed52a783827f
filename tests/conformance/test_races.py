"""Writers that race: each server lets exactly one win, and says so to the others."""

import asyncio
from collections import Counter
from typing import Any

import aiohttp
import pytest

from tests.conformance.differential.playing import new_word
from tests.conformance.differential.targets import Target

WRITERS = 20
ROUNDS = 5


def _lease(holder: int, transitions: int, version: str | None = None) -> dict[str, Any]:
    """Write a claim; the count makes it new each time, because a write of what is there already never conflicts."""
    metadata = {"name": "race"} | ({"resourceVersion": version} if version else {})
    spec = {"holderIdentity": f"writer-{holder}", "leaseDurationSeconds": 15, "leaseTransitions": transitions}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


@pytest.fixture(params=["real_server", "embedded_server"])
def server(request: pytest.FixtureRequest) -> Target:
    found: Target = request.getfixturevalue(request.param)
    return found


async def test_of_twenty_who_want_a_lease_one_gets_it(server: Target) -> None:
    namespace = f"race-{new_word()}"
    leases = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
    headers = {"Authorization": f"Bearer {server.token}"}
    connector = aiohttp.TCPConnector(ssl=server.context or True)
    async with aiohttp.ClientSession(server.url, headers=headers, connector=connector) as session:

        async def send(method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
            async with session.request(method, path, json=body) as answer:
                return answer.status, await answer.json()

        await send("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        answers = await asyncio.gather(*(send("POST", leases, _lease(n, 0)) for n in range(WRITERS)))
        assert Counter(status for status, _ in answers) == {201: 1, 409: WRITERS - 1}
        version = next(body for status, body in answers if status == 201)["metadata"]["resourceVersion"]
        for transitions in range(1, ROUNDS + 1):
            takes = (send("PUT", f"{leases}/race", _lease(n, transitions, version)) for n in range(WRITERS))
            answers = await asyncio.gather(*takes)
            assert Counter(status for status, _ in answers) == {200: 1, 409: WRITERS - 1}
            winner = next(body for status, body in answers if status == 200)
            _, stored = await send("GET", f"{leases}/race", None)
            assert stored["spec"]["holderIdentity"] == winner["spec"]["holderIdentity"]
            version = winner["metadata"]["resourceVersion"]
        await send("DELETE", f"/api/v1/namespaces/{namespace}", None)
