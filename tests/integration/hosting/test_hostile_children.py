"""``ctx.sync_children`` under hostile or unlucky circumstances, in a running operator."""

import base64
from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing import Scenario, scenario

pytestmark = pytest.mark.embedded_only("a scenario brings its own server")

PLUGIN = """
from plugin_operator import Context, Request, Result, controller, own

async def clean(ctx: Context, owner: dict) -> Result | None:
    found = await ctx.sync_children(owner, [])
    return None if found.is_complete else Result(requeue_after=5)

@controller(for_=FOR, owns=[own("v1/Secret")], label_selector="role=owner", cleanup=clean, max_prune=1000)
async def NAME(ctx: Context, request: Request) -> None:
    owner = ctx.lister.get(request)
    if owner is None:
        return
    children = []
    for place, value in (owner["metadata"].get("annotations") or {}).items():
        namespace, _, name = place.rpartition(".")
        metadata = {"name": name, "namespace": namespace or request.namespace}
        children.append({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"value": value}})
    await ctx.sync_children(owner, children)
"""
A = base64.b64encode(b"a").decode()
OTHER: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}}
LABEL, OWNER_UID = "plugin-operator/controller", "plugin-operator/owner-uid"


def plugin(folder: Path, name: str = "family", for_: str = "v1/ConfigMap") -> Path:
    path = folder / f"{name}.py"
    path.write_text(PLUGIN.replace("NAME", name).replace("FOR", repr(for_)))
    return path


def owner(*children: str, kind: str = "ConfigMap", name: str = "owner") -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": {"role": "owner"}, "annotations": dict.fromkeys(children, A)}
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": metadata | ({"namespace": "default"} if kind == "ConfigMap" else {}),
    }


async def secrets(run: Scenario, namespace: str = "default") -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in await run.list("v1/Secret", namespace)}


@pytest.mark.parametrize(
    "change",
    [
        {"labels": {LABEL: None}},
        {"ownerReferences": None},
        {"labels": {LABEL: None}, "ownerReferences": None},
    ],
)
async def test_a_mark_that_somebody_strips_from_a_child_comes_back(tmp_path: Path, change: dict[str, Any]) -> None:
    async with scenario(plugin(tmp_path), objects=[owner("one")]) as run:
        before = (await secrets(run))["one"]["metadata"]
        await run.patch("v1/Secret", "one", {"metadata": change})
        await run.patch("v1/ConfigMap", "owner", {"data": {"wake": "up"}})
        await run.advance(60)
        after = (await secrets(run))["one"]["metadata"]
        assert (after["uid"], after["labels"], after["ownerReferences"]) == (
            before["uid"], before["labels"], before["ownerReferences"],
        )  # fmt: skip


async def test_marks_of_a_far_child_that_somebody_strips_come_back(tmp_path: Path) -> None:
    async with scenario(plugin(tmp_path), objects=[OTHER, owner("other.one")]) as run:
        before = (await secrets(run, "other"))["one"]["metadata"]
        await run.patch("v1/Secret", "one", {"metadata": {"labels": {OWNER_UID: None}, "annotations": None}}, "other")
        await run.patch("v1/ConfigMap", "owner", {"data": {"wake": "up"}})
        await run.advance(60)
        after = (await secrets(run, "other"))["one"]["metadata"]
        assert (after["uid"], after["labels"], after["annotations"]) == (
            before["uid"], before["labels"], before["annotations"],
        )  # fmt: skip
        await run.delete("v1/ConfigMap", "owner")
        await run.advance(60)
        assert await secrets(run, "other") == {}


SYNCING = """found = await ctx.sync_children(owner, [])
    return None if found.is_complete else Result(requeue_after=5)"""


@pytest.mark.parametrize("change", [{"deleted": "yes"}, {"role": "none"}])
async def test_a_cleanup_that_forgets_the_far_children_leaves_none_behind(
    tmp_path: Path, change: dict[str, str]
) -> None:
    path = plugin(tmp_path)
    path.write_text(path.read_text().replace(SYNCING, 'ctx.log.info("forgotten")').replace("1000", "1"))
    async with scenario(path, objects=[OTHER, owner("one", "other.two", "other.three")]) as run:
        assert sorted(await secrets(run, "other")) == ["three", "two"]
        if "deleted" in change:
            await run.delete("v1/ConfigMap", "owner")
        else:
            await run.patch("v1/ConfigMap", "owner", {"metadata": {"labels": change}})
        # The limit of one deletion a minute holds here too, and the finalizer waits for it.
        assert len(await secrets(run, "other")) == 1
        assert len(await run.list("v1/ConfigMap")) == 1
        await run.advance(61)
        assert await secrets(run, "other") == {}
        left = await run.list("v1/ConfigMap")
        assert [each["metadata"].get("finalizers") for each in left] == ([] if "deleted" in change else [None])
        assert len([each for each in run.logs if each["event"] == "forgotten"]) == 1


async def test_what_a_cleanup_has_deleted_itself_is_neither_deleted_nor_counted_again(tmp_path: Path) -> None:
    path = plugin(tmp_path)
    path.write_text(path.read_text().replace("1000", "2"))
    async with scenario(path, objects=[OTHER, owner("other.one", "other.two")]) as run:
        await run.delete("v1/ConfigMap", "owner")
        assert await run.list("v1/ConfigMap") == []
        deleted = [each.name for each in run.writes if (each.verb, each.kind) == ("delete", "v1/Secret")]
        assert deleted == ["one", "two"]
        assert [each for each in run.events if each.reason == "PruningHeld"] == []


async def test_a_child_in_a_namespace_that_is_deleted_keeps_neither_owner_nor_siblings(tmp_path: Path) -> None:
    async with scenario(plugin(tmp_path), objects=[OTHER, owner("one", "other.two")]) as run:
        await run.delete("v1/Namespace", "other")
        await run.advance(60)
        await run.patch("v1/Secret", "one", {"data": {"value": None}})
        await run.advance(60)
        assert (await secrets(run))["one"]["data"] == {"value": A}
        await run.delete("v1/ConfigMap", "owner")
        await run.advance(600)
        assert await secrets(run) == {}
        assert await run.list("v1/ConfigMap") == []


async def test_a_cluster_scoped_owner_has_children_in_any_namespace(tmp_path: Path) -> None:
    space = owner("default.one", "other.two", kind="Namespace", name="space")
    async with scenario(plugin(tmp_path, for_="v1/Namespace"), objects=[OTHER, space]) as run:
        assert (await secrets(run))["one"]["metadata"]["ownerReferences"][0]["kind"] == "Namespace"
        assert list(await secrets(run, "other")) == ["two"]
        await run.patch("v1/Namespace", "space", {"metadata": {"annotations": {"other.two": None}}})
        assert list(await secrets(run)) == ["one"]
        assert await secrets(run, "other") == {}


async def test_two_plugins_with_one_child_leave_it_to_the_first(tmp_path: Path) -> None:
    paths = [plugin(tmp_path), plugin(tmp_path, "tribe")]
    async with scenario(*paths, objects=[owner("one")]) as run:
        (found,) = (await secrets(run)).values()
        before = len([each for each in run.writes if each.kind == "v1/Secret"])
        await run.advance(3600)
        assert (await secrets(run))["one"]["metadata"]["uid"] == found["metadata"]["uid"]
        assert len([each for each in run.writes if each.kind == "v1/Secret"]) == before


async def test_an_owner_made_again_under_its_name_gets_children_of_its_own(tmp_path: Path) -> None:
    async with scenario(plugin(tmp_path), objects=[OTHER, owner("one", "other.two")]) as run:
        first = (await secrets(run))["one"]["metadata"]
        await run.delete("v1/ConfigMap", "owner")
        await run.advance(60)
        await run.create(owner("one", "other.two"))
        await run.advance(60)
        (made,) = await run.list("v1/ConfigMap")
        again = (await secrets(run))["one"]["metadata"]
        assert again["uid"] != first["uid"]
        assert again["ownerReferences"][0]["uid"] == made["metadata"]["uid"]
        assert (await secrets(run, "other"))["two"]["metadata"]["labels"][OWNER_UID] == made["metadata"]["uid"]


async def test_a_huge_set_is_applied_changed_and_removed(tmp_path: Path) -> None:
    many = [f"s{number}" for number in range(300)]
    async with scenario(plugin(tmp_path), objects=[owner(*many)], timeout_seconds=120) as run:
        assert len(await secrets(run)) == len(many)
        await run.patch("v1/ConfigMap", "owner", {"metadata": {"annotations": dict.fromkeys(many[10:])}})
        await run.advance(60)
        assert sorted(await secrets(run)) == sorted(many[:10])


async def test_a_taken_name_in_one_namespace_keeps_no_child_in_another(tmp_path: Path) -> None:
    taken = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "two", "namespace": "other"}}
    async with scenario(plugin(tmp_path), objects=[OTHER, taken, owner("one", "three", "other.two")]) as run:
        await run.patch("v1/ConfigMap", "owner", {"metadata": {"annotations": {"one": None}}})
        await run.advance(60)
        assert list(await secrets(run)) == ["three"]
        assert LABEL not in ((await secrets(run, "other"))["two"]["metadata"].get("labels") or {})


async def test_a_child_that_outlived_its_owner_is_no_child_of_the_next_and_an_event_says_so(tmp_path: Path) -> None:
    async with scenario(plugin(tmp_path), objects=[OTHER, owner("one", "two")]) as run:
        await run.client.delete("v1/ConfigMap", "owner", "default", propagation="Orphan")
        await run.advance(60)
        left = (await secrets(run))["one"]["metadata"]
        assert ("ownerReferences" in left, left["labels"][LABEL]) == (False, "family")
        await run.create(owner("one", "two"))
        await run.advance(600)
        event, *_ = [each for each in run.events if each.reason == "ChildExists"]
        assert (event.type, event.kind, event.name) == ("Warning", "v1/ConfigMap", "owner")
        assert "Secret default/one exists already" in event.message
        assert "has no owner any more, as after kubectl delete --cascade=orphan" in event.message
        assert "Child(obj, adopt=True)" in event.message
        assert "1 other child" in event.message
        assert "ownerReferences" not in (await secrets(run))["one"]["metadata"]
