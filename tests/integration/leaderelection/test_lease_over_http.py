"""The Lease on a served API: real conflicts, real microseconds."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kube_apiserver import Endpoint
from plugin_operator.cache import InformerFactory
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.errors import LeadershipLost
from plugin_operator.fence import Fence
from plugin_operator.leaderelection import LeaderElector, LeaseLock, LeaseWatch, Timing
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

LEASE = "coordination.k8s.io/v1/Lease"


@pytest.fixture
async def connection(api_endpoint: Endpoint) -> AsyncIterator[Connection]:
    config = ConnectionConfig.for_endpoint(api_endpoint.url, token=api_endpoint.token, ca_pem=api_endpoint.ca_pem)
    async with Connection.open(config, Metrics()) as connection:
        yield connection


@pytest.fixture
def client(connection: Connection) -> ApiClient:
    return ApiClient(connection, RESTMapper(connection), field_manager="test", default_namespace=NAMESPACE)


@pytest.fixture
async def watch(connection: Connection) -> AsyncIterator[Any]:
    """Watch the Lease for an elector; the fence is all that ends it then, for it renews once a minute."""
    factory = InformerFactory(connection, RESTMapper(connection), clock=SystemClock(), metrics=Metrics())

    async def watch(elector: LeaderElector) -> None:
        await LeaseWatch(elector, factory).start()
        await eventually(lambda: all(informer.has_synced for informer in factory.informers()))

    yield watch
    await factory.stop()


@pytest.fixture
async def start(client: ApiClient) -> AsyncIterator[Any]:
    tasks: list[asyncio.Task[None]] = []

    def start(name: str, **timing: float) -> tuple[LeaderElector, asyncio.Task[None]]:
        elector = LeaderElector(
            LeaseLock(client, NAMESPACE, "lease", name), fence=Fence(SystemClock()), clock=SystemClock(),
            metrics=Metrics(),
            timing=Timing(
                **{"lease_duration_seconds": 15, "renew_deadline_seconds": 10, "retry_period_seconds": 0.05, **timing}
            ),
        )  # fmt: skip
        tasks.append(asyncio.create_task(elector.run(lambda: None)))
        return elector, tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def renewed_since(client: ApiClient, earlier: str) -> str:
    """Wait for the next renewal and return its time."""

    async def renewed() -> str:
        time = (await client.get(LEASE, "lease", NAMESPACE))["spec"]["renewTime"]
        assert time != earlier
        found: str = time
        return found

    return await eventually(renewed)


async def test_of_many_one_leads_and_the_next_takes_over_at_release(client: ApiClient, start: Any) -> None:
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


async def test_a_lease_that_is_not_renewed_is_taken_over(client: ApiClient, start: Any) -> None:
    first, task = start("a", lease_duration_seconds=1.0, renew_deadline_seconds=0.5)
    await eventually(first.is_leader)
    second, _ = start("b", lease_duration_seconds=1.0, renew_deadline_seconds=0.5)
    task.cancel()
    await eventually(second.is_leader)
    assert not first.is_leader()


async def test_somebody_who_writes_himself_into_the_lease_takes_it(client: ApiClient, start: Any) -> None:
    elector, task = start("a")
    await eventually(elector.is_leader)
    await client.patch(LEASE, "lease", {"spec": {"holderIdentity": "usurper"}}, NAMESPACE)
    with pytest.raises(LeadershipLost, match="held by usurper"):
        await asyncio.wait_for(task, 10)


SELDOM = {"lease_duration_seconds": 300.0, "renew_deadline_seconds": 200.0, "retry_period_seconds": 60.0}
RELEASED = {
    "holderIdentity": "",
    "leaseDurationSeconds": 1,
    "acquireTime": "2026-01-01T00:00:00.000000Z",
    "renewTime": "2026-01-01T00:00:00.000000Z",
}


async def make_lease(client: ApiClient, **spec: Any) -> None:
    metadata = {"name": "lease", "namespace": NAMESPACE}
    await client.create({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec})


async def led_by(client: ApiClient, start: Any, watch: Any, name: str) -> tuple[LeaderElector, asyncio.Task[None]]:
    """Return a leader that renews once a minute: what it learns sooner, it learns from its watch."""
    await make_lease(client, **RELEASED)
    elector, task = start(name, **SELDOM)
    await eventually(elector.is_leader)
    await watch(elector)
    return elector, task


async def test_a_leader_hears_of_the_deletion_of_its_lease(client: ApiClient, start: Any, watch: Any) -> None:
    elector, task = await led_by(client, start, watch, "a")
    await client.delete(LEASE, "lease", NAMESPACE)
    with pytest.raises(LeadershipLost, match="was deleted"):
        await asyncio.wait_for(task, 10)
    assert not elector.is_leader()


async def test_a_leader_hears_of_a_foreign_holder(client: ApiClient, start: Any, watch: Any) -> None:
    _, task = await led_by(client, start, watch, "a")
    await client.patch(LEASE, "lease", {"spec": {"holderIdentity": "usurper"}}, NAMESPACE)
    with pytest.raises(LeadershipLost, match="held by usurper"):
        await asyncio.wait_for(task, 10)


async def test_a_leader_whose_lease_is_edited_leads_on(client: ApiClient, start: Any, watch: Any) -> None:
    elector, task = await led_by(client, start, watch, "a")
    await client.patch(LEASE, "lease", {"metadata": {"labels": {"a": "b"}}}, NAMESPACE)
    await client.patch(LEASE, "lease", {"spec": {"holderIdentity": ""}}, NAMESPACE)

    async def taken_back() -> bool:
        lease = await client.get(LEASE, "lease", NAMESPACE)
        assert lease["spec"]["holderIdentity"] == "a"
        return elector.is_leader()

    await eventually(taken_back)
    assert not task.done()


async def test_a_lease_at_its_last_transition_is_taken_all_the_same(client: ApiClient, start: Any) -> None:
    await make_lease(client, holderIdentity="gone", leaseDurationSeconds=1, leaseTransitions=2**31 - 1)
    elector, _ = start("a", lease_duration_seconds=1.0, renew_deadline_seconds=0.5)
    await eventually(elector.is_leader)
    assert (await client.get(LEASE, "lease", NAMESPACE))["spec"]["leaseTransitions"] == 2**31 - 1
