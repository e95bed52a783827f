"""A kind that an edit takes out of ``owns=``: its children go once the edit cannot be rolled back any more."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from plugin_operator.errors import ForbiddenError
from plugin_operator.testing.eventually import eventually
from tests.host_harness import SHORT_DEADLINES, HostHarness

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

#: Each owner has one child of each owned kind, and the children of a longer set.
PLUGIN = """
from plugin_operator import controller

OWNS = {owns!r}

@controller(for_="v1/ConfigMap", id="family", owns=OWNS, label_selector="role=owner", max_prune={most})
async def one(ctx, request):
    owner = ctx.lister.get(request)
    if owner is None:
        return
    {body}
    names = owner["data"]["names"].split()
    await ctx.sync_children(
        owner,
        [
            {{"apiVersion": "v1", "kind": kind.partition("/")[2], "metadata": {{"name": name}}}}
            for kind in OWNS
            for name in names
        ],
    )
    ctx.recorder.event({{}}, "Normal", "synced", f"{{request.name}} {{len(OWNS)}}")
"""
BOTH, ONE = ["v1/Secret", "v1/ServiceAccount"], ["v1/ServiceAccount"]


def plugin(owns: list[str], *, most: int = 10, body: str = "pass") -> str:
    return PLUGIN.format(owns=owns, most=most, body=body)


Make = Callable[..., HostHarness]


async def started(make_harness: Make, *, probation_seconds: float) -> HostHarness:
    harness = make_harness(settings=replace(SHORT_DEADLINES, probation_seconds=probation_seconds))
    await harness.host.start()
    harness.host.lead()
    return harness


@pytest.fixture
async def harness(make_harness: Make) -> HostHarness:
    return await started(make_harness, probation_seconds=0.5)


async def create_owner(harness: HostHarness, names: str) -> None:
    metadata = {"name": "owner", "namespace": NAMESPACE, "labels": {"role": "owner"}}
    await harness.client.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"names": names}}
    )


async def children(harness: HostHarness, kind: str) -> list[str]:
    found = await harness.client.list(kind, NAMESPACE, {"plugin-operator/controller": "family"})
    return sorted(each["metadata"]["name"] for each in found)


async def have(harness: HostHarness, kind: str, names: list[str]) -> None:
    async def reached() -> bool:
        return await children(harness, kind) == names

    await eventually(reached, timeout_seconds=20)


async def reloaded(harness: HostHarness, times: int) -> None:
    await eventually(lambda: harness.status().reloads == times, timeout_seconds=20)


async def test_the_children_of_a_dropped_kind_are_deleted_and_those_of_others_stay(harness: HostHarness) -> None:
    await harness.client.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "labelled-by-hand",
                "namespace": NAMESPACE,
                "labels": {"plugin-operator/controller": "family"},
            },
        }
    )
    harness.write("one.py", plugin(BOTH))
    await create_owner(harness, "a b")
    await have(harness, "v1/Secret", ["a", "b", "labelled-by-hand"])
    harness.write("one.py", plugin(ONE))
    await have(harness, "v1/Secret", ["labelled-by-hand"])
    assert await children(harness, "v1/ServiceAccount") == ["a", "b"]


async def test_an_edit_that_is_rolled_back_has_deleted_nothing(make_harness: Make) -> None:
    harness = await started(make_harness, probation_seconds=60)
    harness.write("one.py", plugin(BOTH))
    await create_owner(harness, "a b c d e f")
    await have(harness, "v1/Secret", ["a", "b", "c", "d", "e", "f"])
    uids = {each["metadata"]["uid"] for each in await harness.client.list("v1/Secret", NAMESPACE)}
    harness.write("one.py", plugin(ONE, body="raise ValueError('broken')"))
    await harness.state("Quarantined")
    harness.write("one.py", plugin(BOTH) + "# mended\n")
    await eventually(lambda: harness.status().reloads == 3 and harness.status().state == "Active", timeout_seconds=20)
    assert uids <= {each["metadata"]["uid"] for each in await harness.client.list("v1/Secret", NAMESPACE)}


async def test_a_kind_that_is_owned_again_is_not_pruned(harness: HostHarness) -> None:
    harness.write("one.py", plugin(BOTH, most=1))
    await create_owner(harness, "a b c")
    await have(harness, "v1/Secret", ["a", "b", "c"])
    harness.write("one.py", plugin(ONE, most=1))
    await have(harness, "v1/Secret", ["b", "c"])  # the rest waits for the next minute
    harness.write("one.py", plugin(BOTH, most=1))
    await have(harness, "v1/Secret", ["a", "b", "c"])


async def test_an_edit_buys_no_more_deletions(harness: HostHarness) -> None:
    harness.write("one.py", plugin(BOTH, most=2))
    await create_owner(harness, "a b c d e")
    await have(harness, "v1/Secret", ["a", "b", "c", "d", "e"])
    await harness.client.patch("v1/ConfigMap", "owner", {"data": {"names": "e"}}, NAMESPACE)
    await have(harness, "v1/Secret", ["c", "d", "e"])
    for edit in range(3):
        harness.write("one.py", plugin(BOTH, most=2) + f"# {edit}\n")
        await reloaded(harness, edit + 2)
    assert await children(harness, "v1/Secret") == ["c", "d", "e"]


async def test_children_that_cannot_be_deleted_are_in_the_reason(
    harness: HostHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.write("one.py", plugin(BOTH))
    await create_owner(harness, "a")
    await have(harness, "v1/Secret", ["a"])
    client = type(harness.client)
    delete = client.delete

    async def refused(self: Any, kind: Any, *args: Any, **options: Any) -> None:
        if str(kind) == "v1/Secret":
            raise ForbiddenError(403, "Forbidden", "secrets is forbidden")
        await delete(self, kind, *args, **options)

    monkeypatch.setattr(client, "delete", refused)
    harness.write("one.py", plugin(ONE))

    def said() -> bool:
        assert "children of v1/Secret, which one does not own any more, cannot be deleted" in harness.status().reason
        assert "'plugin-operator orphans' lists them" in harness.status().reason
        return True

    await eventually(said, timeout_seconds=20)
    assert harness.status().state == "Active"
    monkeypatch.undo()


async def test_objects_with_copied_labels_and_another_owner_stay(harness: HostHarness) -> None:
    harness.write("one.py", plugin(BOTH))
    await create_owner(harness, "a")
    await have(harness, "v1/Secret", ["a"])
    await have(harness, "v1/ServiceAccount", ["a"])
    account = await harness.client.get("v1/ServiceAccount", "a", NAMESPACE)
    reference = {"apiVersion": "v1", "kind": "ServiceAccount", "name": "a", "uid": account["metadata"]["uid"]}
    metadata = {
        "name": "copied",
        "namespace": NAMESPACE,
        "labels": {"plugin-operator/controller": "family"},
        "ownerReferences": [{**reference, "controller": True}],
    }
    await harness.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
    with capture_logs() as lines:
        harness.write("one.py", plugin(ONE))
        await eventually(lambda: lines_of(lines, "Children of a dropped kind pruned"), timeout_seconds=20)
    assert await children(harness, "v1/Secret") == ["copied"]


SCALER = """
from plugin_operator import controller

OWNS = {owns!r}

@controller(for_="v1/ConfigMap", id="family", owns=OWNS, label_selector="role=owner")
async def one(ctx, request):
    owner = ctx.lister.get(request)
    metadata, target = {{"name": "a"}}, {{"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}}
    scaler = {{"kind": "HorizontalPodAutoscaler", "metadata": metadata}}
    scaler |= {{"apiVersion": OWNS[0].rpartition("/")[0], "spec": {{"maxReplicas": 1, "scaleTargetRef": target}}}}
    secret = {{"apiVersion": "v1", "kind": "Secret", "metadata": metadata}}
    await ctx.sync_children(owner, [scaler, secret][: len(OWNS)])
"""


async def test_another_version_of_a_kind_is_no_dropped_kind(harness: HostHarness) -> None:
    before, after = (f"autoscaling/{version}/HorizontalPodAutoscaler" for version in ("v1", "v2"))
    harness.write("one.py", SCALER.format(owns=[before, "v1/Secret"]))
    await create_owner(harness, "")
    await have(harness, "v1/Secret", ["a"])
    made = await harness.client.get(after, "a", NAMESPACE)
    with capture_logs() as lines:
        harness.write("one.py", SCALER.format(owns=[after]))
        await eventually(lambda: lines_of(lines, "Children of a dropped kind pruned"), timeout_seconds=20)
    assert [each["kind"] for each in lines_of(lines, "Children of a dropped kind pruned")] == ["v1/Secret"]
    assert (await harness.client.get(after, "a", NAMESPACE))["metadata"]["uid"] == made["metadata"]["uid"]


def lines_of(lines: list[Any], event: str) -> list[Any]:
    return [each for each in lines if each["event"] == event]
