"""The Lease on a served API: real conflicts, real microseconds."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from plugin_operator.apiserver import Endpoint
from plugin_operator.client import Client, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.errors import LeadershipLost
from plugin_operator.leaderelection import LeaderElector, LeaseLock
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

LEASE = "coordination.k8s.io/v1/Lease"


@pytest.fixture
async def client(api_endpoint: Endpoint) -> AsyncIterator[Client]:
    config = ConnectionConfig.for_endpoint(api_endpoint.url, token=api_endpoint.token, ca_pem=api_endpoint.ca_pem)
    async with Connection.open(config, Metrics()) as connection:
        yield Client(connection, RESTMapper(connection), field_manager="test", default_namespace=NAMESPACE)


@pytest.fixture
async def start(client: Client) -> AsyncIterator[Any]:
    tasks: list[asyncio.Task[None]] = []

    def start(name: str, **timing: float) -> tuple[LeaderElector, asyncio.Task[None]]:
        elector = LeaderElector(
            LeaseLock(client, NAMESPACE, "lease", name), clock=SystemClock(), metrics=Metrics(),
            **{"lease_duration_seconds": 15.0, "renew_deadline_seconds": 10.0, "retry_period_seconds": 0.05, **timing},
        )  # fmt: skip
        tasks.append(asyncio.create_task(elector.run(lambda: None)))
        return elector, tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def renewed_since(client: Client, earlier: str) -> str:
    """Wait for the next renewal and return its time."""

    async def renewed() -> str:
        time = (await client.get(LEASE, "lease", NAMESPACE))["spec"]["renewTime"]
        assert time != earlier
        return time

    return await eventually(renewed)


async def test_of_many_one_leads_and_the_next_takes_over_at_release(client: Client, start: Any) -> None:
    replicas = [start(f"replica-{number}") for number in range(5)]
    await eventually(lambda: any(elector.is_leader() for elector, _ in replicas))
    first = next(elector for elector, _ in replicas if elector.is_leader())
    begun = (await client.get(LEASE, "lease", NAMESPACE))["spec"]["renewTime"]
    # Every candidate has tried once the holder has renewed a few times at the same pace.
    for _ in range(4):
        begun = await renewed_since(client, begun)
    assert [elector for elector, _ in replicas if elector.is_leader()] == [first]
    next(task for elector, task in replicas if elector is first).cancel()
    await first.release()
    await eventually(lambda: any(elector.is_leader() for elector, _ in replicas if elector is not first))
    lease = await client.get(LEASE, "lease", NAMESPACE)
    assert lease["spec"]["leaseTransitions"] == 1
    assert lease["spec"]["leaseDurationSeconds"] == 15


async def test_a_lease_that_is_not_renewed_is_taken_over(client: Client, start: Any) -> None:
    first, task = start("a", lease_duration_seconds=1.0, renew_deadline_seconds=0.5)
    await eventually(first.is_leader)
    second, _ = start("b", lease_duration_seconds=1.0, renew_deadline_seconds=0.5)
    task.cancel()
    await eventually(second.is_leader)
    assert not first.is_leader()


async def test_somebody_who_writes_himself_into_the_lease_takes_it(client: Client, start: Any) -> None:
    elector, task = start("a")
    await eventually(elector.is_leader)
    await client.patch(LEASE, "lease", {"spec": {"holderIdentity": "usurper"}}, NAMESPACE)
    with pytest.raises(LeadershipLost, match="held by usurper"):
        await asyncio.wait_for(task, 10)
