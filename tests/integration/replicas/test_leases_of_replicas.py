"""Records and the map reach the server and come back, also through faults and edits by hand."""

import pytest
from msgspec.structs import replace

from kube_apiserver import ThreadedApiServer
from kube_apiserver.faults import Action, Fault
from plugin_operator.client import ApiClient
from plugin_operator.errors import AlreadyExistsError, ConflictError, NotFoundError
from plugin_operator.replicas.lease_names import LEASE_TEXT, MAP_KEY, RECORD_KEY
from plugin_operator.replicas.map_lease import MapLease
from plugin_operator.replicas.member_leases import MemberLeases
from plugin_operator.replicas.store_answers import FAILURES
from plugin_operator.sharding import MemberRecord, Phase, Shard, ShardMap, StoredMap
from plugin_operator.sharding.lease_writer import LeaseState
from tests.integration.replicas.replica import NAMES

REFUSALS = [Fault(action=Action.REFUSE, resource="leases", code=code, count=None) for code in (403, 409, 410, 500)]
NO_ANSWERS = [
    Fault(action=Action.DROP, resource="leases", count=None),
    Fault(action=Action.STALL, resource="leases", count=None),
    Fault(action=Action.REFUSE, resource="leases", code=429, count=None),
]


async def joined(leases: MemberLeases) -> tuple[LeaseState, MemberRecord]:
    """Return a Lease with its first record."""
    state = await leases.create()
    record = MemberRecord(name=state.member, renewals=1)
    return await leases.write(record, state), record


async def founded(map_lease: MapLease) -> StoredMap:
    """Return a map whose object names itself."""
    first = await map_lease.write(ShardMap.found("series", 4), "")
    assert first.intact is not None
    content = first.intact.changed({"0": Shard("a/1", 1)}, object_uid=first.uid, version=2)
    return await map_lease.write(content, first.resource_version)


async def test_a_new_lease_has_no_record_and_is_listed(leases: MemberLeases) -> None:
    state = await leases.create()
    assert await leases.read(state.name) == (state, None)
    assert await leases.list() == [(state, None)]


async def test_a_record_comes_back_as_it_was_written(leases: MemberLeases) -> None:
    state, record = await joined(leases)
    record = replace(record, renewals=2, phase=Phase.LEAVING, acknowledged={"7": 3}, load={"1": 0.5})
    newer = await leases.write(record, state)
    assert newer.member == record.name
    assert await leases.list() == [(newer, record)]


async def test_a_lease_shows_people_who_holds_it(leases: MemberLeases, client: ApiClient) -> None:
    state, _ = await joined(leases)
    spec = (await client.get(LEASE_TEXT, state.name, "default"))["spec"]
    assert (spec["holderIdentity"], spec["leaseDurationSeconds"]) == ("pod-1", 2)


async def test_a_record_of_another_name_is_none(leases: MemberLeases, client: ApiClient) -> None:
    one, _ = await joined(leases)
    other, record = await joined(leases)
    annotations = {RECORD_KEY: record.encode().decode()}
    await client.patch(LEASE_TEXT, one.name, {"metadata": {"annotations": annotations}}, "default")
    found = await leases.read(one.name)
    assert found is not None
    assert found[1] is None
    assert await leases.read(other.name) == (other, record)


async def test_a_record_that_cannot_be_read_is_none(leases: MemberLeases, client: ApiClient) -> None:
    state, _ = await joined(leases)
    await client.patch(LEASE_TEXT, state.name, {"metadata": {"annotations": {RECORD_KEY: "{"}}}, "default")
    assert [record for _, record in await leases.list()] == [None]


async def test_a_write_of_an_older_version_is_refused(leases: MemberLeases) -> None:
    state, record = await joined(leases)
    await leases.write(replace(record, renewals=2), state)
    with pytest.raises(ConflictError):
        await leases.write(replace(record, renewals=3), state)


async def test_a_lease_that_was_deleted_is_not_written_again(leases: MemberLeases) -> None:
    state, record = await joined(leases)
    await leases.delete(state)
    with pytest.raises((ConflictError, NotFoundError)):
        await leases.write(replace(record, renewals=2), state)
    assert await leases.read(state.name) is None


async def test_a_renewal_saves_a_lease_from_its_revocation(leases: MemberLeases) -> None:
    state, record = await joined(leases)
    newer = await leases.write(replace(record, renewals=2), state)
    with pytest.raises(ConflictError):
        await leases.delete(state)
    await leases.delete(newer)
    with pytest.raises(NotFoundError):
        await leases.delete(newer)


@pytest.mark.parametrize("fault", [*REFUSALS, *NO_ANSWERS], ids=lambda each: f"{each.action}-{each.code}")
async def test_no_request_waits_or_answers_wrongly_in_trouble(
    leases: MemberLeases, map_lease: MapLease, kube_api_server: ThreadedApiServer, fault: Fault
) -> None:
    state, record = await joined(leases)
    stored = await founded(map_lease)
    assert stored.intact is not None
    newer = stored.intact.changed({}, version=3)
    for request in (
        lambda: leases.read(state.name),
        leases.list,
        leases.create,
        map_lease.read,
        lambda: leases.write(replace(record, renewals=2), state),
        lambda: map_lease.write(newer, stored.resource_version),
        lambda: leases.delete(state),
    ):
        kube_api_server.faults.add(fault)
        with pytest.raises(FAILURES):
            await request()
        kube_api_server.faults.clear()
    assert await leases.read(state.name) == (state, record)
    assert await map_lease.read() == stored


async def test_a_lost_answer_leaves_a_record_that_a_look_finds(
    leases: MemberLeases, kube_api_server: ThreadedApiServer
) -> None:
    state, record = await joined(leases)
    kube_api_server.faults.add(Fault(action=Action.LOSE, verb="update", resource="leases"))
    with pytest.raises(FAILURES):
        await leases.write(replace(record, renewals=2), state)
    found = await leases.read(state.name)
    assert found is not None
    assert found[1] == replace(record, renewals=2)


async def test_a_map_that_the_coordinator_wrote_is_intact(map_lease: MapLease) -> None:
    assert await map_lease.read() is None
    stored = await founded(map_lease)
    assert await map_lease.read() == stored
    assert stored.intact == stored.content


async def test_of_two_first_maps_one_is_stored(map_lease: MapLease) -> None:
    first = await map_lease.write(ShardMap.found("one", 4), "")
    with pytest.raises(AlreadyExistsError):
        await map_lease.write(ShardMap.found("two", 4), "")
    assert await map_lease.read() == first


async def test_a_map_that_was_deleted_is_not_written_again(map_lease: MapLease, client: ApiClient) -> None:
    stored = await founded(map_lease)
    assert stored.intact is not None
    await client.delete(LEASE_TEXT, NAMES.map, "default")
    with pytest.raises((ConflictError, NotFoundError)):
        await map_lease.write(stored.intact.changed({}, version=3), stored.resource_version)
    assert await map_lease.read() is None


async def test_a_map_edited_by_hand_is_not_intact(map_lease: MapLease, client: ApiClient) -> None:
    stored = await founded(map_lease)
    assert stored.intact is not None
    edited = stored.intact.changed({"0": Shard("b/2", 2)}, version=2).encode().decode()
    other = client.with_field_manager("kubectl-edit")
    await other.patch(LEASE_TEXT, NAMES.map, {"metadata": {"annotations": {MAP_KEY: edited}}}, "default")
    found = await map_lease.read()
    assert found is not None
    assert found.content is not None
    assert found.intact is None


async def test_an_older_map_that_is_applied_again_is_not_intact(map_lease: MapLease, client: ApiClient) -> None:
    stored = await founded(map_lease)
    assert stored.intact is not None
    older = await client.get(LEASE_TEXT, NAMES.map, "default")
    await map_lease.write(stored.intact.changed({"1": Shard("a/1", 1)}, version=3), stored.resource_version)
    applied = {"metadata": {"annotations": older["metadata"]["annotations"]}}
    await client.with_field_manager("kubectl-client-side-apply").patch(LEASE_TEXT, NAMES.map, applied, "default")
    found = await map_lease.read()
    assert found is not None
    assert found.intact is None


async def test_a_map_that_is_restored_after_its_deletion_is_not_intact(map_lease: MapLease, client: ApiClient) -> None:
    await founded(map_lease)
    older = await client.get(LEASE_TEXT, NAMES.map, "default")
    await client.delete(LEASE_TEXT, NAMES.map, "default")
    for key in ("uid", "resourceVersion", "managedFields", "creationTimestamp"):
        older["metadata"].pop(key)
    await client.with_field_manager("plugin-operator-shard-map").create(older)
    found = await map_lease.read()
    assert found is not None
    assert found.intact is None


async def test_an_edit_of_something_else_leaves_the_map_intact(map_lease: MapLease, client: ApiClient) -> None:
    stored = await founded(map_lease)
    other = client.with_field_manager("kubectl-annotate")
    await other.patch(LEASE_TEXT, NAMES.map, {"metadata": {"annotations": {"note": "hello"}}}, "default")
    found = await map_lease.read()
    assert found is not None
    assert found.intact == stored.intact
    assert found.resource_version != stored.resource_version


async def test_a_map_without_its_managers_is_not_intact(map_lease: MapLease, client: ApiClient) -> None:
    await founded(map_lease)
    await client.patch(LEASE_TEXT, NAMES.map, {"metadata": {"managedFields": [{}]}}, "default")
    found = await map_lease.read()
    assert found is not None
    assert found.intact is None


async def test_an_object_with_no_map_is_a_state_without_content(map_lease: MapLease, client: ApiClient) -> None:
    await client.create(
        {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NAMES.map}, "spec": {}}
    )
    found = await map_lease.read()
    assert found is not None
    assert (found.content, found.intact, found.generation) == (None, None, 0)
