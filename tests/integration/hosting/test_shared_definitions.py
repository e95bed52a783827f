"""The custom kinds of plugins in several worker processes: the one that leads decides, and the others follow."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from kube_apiserver import ApiServer
from kube_apiserver.faults import Action, Fault
from plugin_operator.cache import OwnedShards
from plugin_operator.clock import SystemClock
from plugin_operator.errors import ApiError, NotFoundError
from plugin_operator.kube.shards import HASHES, HashRange, ShardRanges
from plugin_operator.testing.eventually import eventually
from tests.gadget_plugins import NAMESPACE, a_plugin
from tests.host_harness import HostHarness
from tests.linked_peers import LinkedPeers

_CRD, _NAME = "apiextensions.k8s.io/v1/CustomResourceDefinition", "gadgets.example.org"
_KIND = "example.org/v1/Gadget"
_TEXT, _NUMBER = a_plugin("V1", "size: str = ''"), a_plugin("V2", "size: int = 3")


class Workers:
    """Hosts that tell each other what they do."""

    def __init__(self, make: Callable[..., HostHarness], *, applies: bool = True) -> None:
        self._make = make
        self._applies = applies
        self.reported = LinkedPeers()
        self.shards: list[OwnedShards] = []
        self.hosts: list[HostHarness] = []

    async def start(self, *, leads: bool) -> HostHarness:
        shards = OwnedShards(SystemClock())
        shards.gain(ShardRanges([HashRange(0, HASHES)]) if leads else ShardRanges())
        if leads:
            shards.lead()
        host = self._make(peers=self.reported.join(), shards=shards, applies=self._applies)
        self.shards.append(shards)
        self.hosts.append(host)
        await host.host.start()
        host.host.lead()
        return host

    def write(self, text: str) -> None:
        self.hosts[0].write("one.py", text)

    async def all_are(self, state: str) -> set[str]:
        """Wait until the plugin is in a state in all hosts at one moment, and return the reasons of that moment."""
        for each in self.hosts:
            await each.state(state)
        reasons: set[str] = set()

        def are_all() -> bool:
            reasons.clear()
            statuses = [each.status() for each in self.hosts]
            reasons.update(each.reason for each in statuses)
            return {each.state.value for each in statuses} == {state}

        await eventually(are_all, timeout_seconds=20)
        return reasons

    @property
    def digests(self) -> set[str]:
        return {each.status().digest for each in self.hosts}


@pytest.fixture
async def workers(make_harness: Callable[..., HostHarness]) -> AsyncIterator[Workers]:
    """Two hosts that run a plugin whose field is a text; the first leads."""
    made = Workers(make_harness)
    lead = await made.start(leads=True)
    await made.start(leads=False)
    made.write(_TEXT)
    await made.all_are("Active")
    yield made
    await _delete(lead)


async def _delete(host: HostHarness) -> None:
    (host.root / "one.py").unlink()
    try:
        await host.client.delete(_CRD, _NAME)
    except NotFoundError:
        return


async def _create(host: HostHarness, name: str, **spec: Any) -> None:
    metadata = {"name": name, "namespace": NAMESPACE}

    async def done() -> bool:
        try:
            await host.client.create({"apiVersion": _KIND[:-7], "kind": "Gadget", "metadata": metadata, "spec": spec})
        except ApiError:
            return False
        return True

    await eventually(done)


async def test_a_refused_definition_holds_the_content_back_in_all_until_it_is_allowed(workers: Workers) -> None:
    lead = workers.hosts[0]
    good = workers.digests
    await _create(lead, "a", size="big")
    workers.write(_NUMBER)
    (reason,) = await workers.all_are("Rejected")
    assert ".spec.size: must be a whole number" in reason
    assert workers.digests == good
    assert {each.status().placed_reason.split(": ")[0] for each in workers.hosts} == {
        lead.status().placed_reason.split(": ")[0]
    }
    await lead.client.delete(_KIND, "a", NAMESPACE)
    assert await workers.all_are("Active") == {""}
    assert len(workers.digests) == 1
    assert workers.digests != good


async def test_a_worker_that_starts_later_is_held_back_too_and_runs_what_the_others_run(workers: Workers) -> None:
    lead = workers.hosts[0]
    (good,) = workers.digests
    await _create(lead, "a", size="big")
    workers.write(_NUMBER)
    (reason,) = await workers.all_are("Rejected")
    await workers.hosts[0].host.stop(5)
    workers.hosts.pop(0)
    late = await workers.start(leads=False)
    assert (await workers.all_are("Rejected"), late.status().digest) == ({reason}, good)
    leader = await workers.start(leads=True)
    assert (await workers.all_are("Rejected"), leader.status().digest) == ({reason}, good)
    await _create(leader, "b", size="small")
    await leader.ran("V1", "b")
    for name in ("a", "b"):
        await leader.client.delete(_KIND, name, NAMESPACE)
    await workers.all_are("Active")
    await _create(leader, "c", size=1)
    await leader.ran("V2", "c")


async def test_another_worker_decides_if_the_one_that_leads_has_ended(workers: Workers) -> None:
    lead, other = workers.hosts
    (good,) = workers.digests
    await lead.host.stop(5)
    other.write("one.py", _NUMBER)
    assert (
        f"the worker that leads has not installed this definition yet: {_NAME}" in (await other.state("Waiting")).reason
    )
    assert other.status().digest == good
    workers.shards[1].lead()
    await other.state("Active")
    assert other.status().digest != good
    crd = await other.client.get(_CRD, _NAME)
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert schema["properties"]["spec"]["properties"]["size"]["type"] == "integer"


async def test_a_content_that_was_replaced_since_is_decided_again(workers: Workers) -> None:
    lead = workers.hosts[0]
    workers.write(_NUMBER)
    await eventually(lambda: all(each.status().reloads == 2 for each in workers.hosts), timeout_seconds=20)
    newer = workers.digests
    await _create(lead, "a", size=1)
    workers.write(_TEXT)
    (reason,) = await workers.all_are("Rejected")
    assert ".spec.size" in reason
    assert workers.digests == newer
    await lead.client.delete(_KIND, "a", NAMESPACE)
    await workers.all_are("Active")


@pytest.mark.embedded_only("plans faults")
async def test_all_wait_while_the_server_fails(workers: Workers, api_server: ApiServer) -> None:
    good = workers.digests
    broken = Fault(action=Action.REFUSE, verb="patch", resource="customresourcedefinitions", code=500, count=None)
    api_server.faults.add(broken)
    workers.write(_NUMBER)
    reasons = await workers.all_are("Waiting")
    assert all("is not installed yet" in each or "not installed this definition yet" in each for each in reasons)
    assert workers.digests == good
    api_server.faults.clear()
    await workers.all_are("Active")
    assert len(workers.digests) == 1


async def test_what_runs_already_is_not_held_back_in_a_worker_that_starts_later(workers: Workers) -> None:
    """As in one process: a definition that was changed by hand is a note, and the code runs on."""
    first = workers.hosts[0]
    (good,) = workers.digests
    crd = await first.client.get(_CRD, _NAME)
    del crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"]
    await first.client.patch(_CRD, _NAME, {"spec": {"versions": crd["spec"]["versions"]}})
    await first.host.stop(5)
    late = await workers.start(leads=False)
    leader = await workers.start(leads=True)
    for each in (late, leader):
        assert (await each.state("Active")).digest == good


async def test_nobody_waits_where_definitions_are_not_installed(make_harness: Callable[..., HostHarness]) -> None:
    workers = Workers(make_harness, applies=False)
    host = await workers.start(leads=False)
    workers.write(_TEXT)
    assert "the worker that leads" not in (await host.state("Waiting")).reason
    assert workers.reported.said[-1][1].digest == host.status().digest
