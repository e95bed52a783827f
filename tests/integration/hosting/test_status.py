"""``ctx.status`` on the API server: fields of other managers stay theirs, and a lost answer changes nothing."""

from pathlib import Path
from typing import Any

import pytest

from kube_apiserver.faults import Action, Fault
from plugin_operator.testing import scenario
from tests.widgets import definition

PLUGIN = """
from plugin_operator import Context, Request, controller

@controller(for_="KIND", reads=["v1/ConfigMap"])
async def reporter(ctx: Context, request: Request) -> None:
    obj = ctx.lister.get(request)
    if obj is None:
        return
    async with ctx.status(obj) as status:
        wish = obj["metadata"].get("annotations", {}).get("wish")
        if wish:
            ctx.set_condition(obj, "Mine", wish != "false", "Asked")
        elif any(each["type"] == "Mine" for each in status.get("conditions", [])):
            status["conditions"] = [each for each in status["conditions"] if each["type"] != "Mine"]
"""
SPEC: dict[str, Any] = {
    "selector": {"matchLabels": {"a": "b"}},
    "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
}
#: Conditions of a Deployment are a map by type, those of a Job are one value.
SPECS = {
    "apps/v1/Deployment": SPEC,
    "batch/v1/Job": {"template": {"spec": {**SPEC["template"]["spec"], "restartPolicy": "Never"}}},
}


@pytest.mark.parametrize("kind", SPECS)
async def test_conditions_of_two_managers_live_side_by_side(kind: str, tmp_path: Path) -> None:
    (tmp_path / "reporter.py").write_text(PLUGIN.replace("KIND", kind))
    api_version, _, name = kind.rpartition("/")
    metadata = {"name": "w", "namespace": "default", "annotations": {"wish": "true"}}
    whole = {"apiVersion": api_version, "kind": name, "metadata": metadata, "spec": SPECS[kind]}
    async with scenario(tmp_path / "reporter.py") as run:

        async def conditions() -> dict[str, str]:
            found = (await run.get(kind, "w")).get("status", {}).get("conditions", [])
            return {each["type"]: each["status"] for each in found}

        async def other(status: str) -> None:
            """Set the condition of another manager, as an update of the whole status."""
            obj = await run.client.get(kind, "w")
            kept = [each for each in obj["status"].get("conditions", []) if each["type"] != "Theirs"]
            theirs = {"type": "Theirs", "status": status, "lastTransitionTime": "2026-01-01T00:00:00Z"}
            obj["status"]["conditions"] = [*kept, theirs] if status else kept
            await run.client.update_status(obj, field_manager="others")
            await run.settle()

        async def wish(value: str | None) -> None:
            await run.patch(kind, "w", {"metadata": {"annotations": {"wish": value}}})
            await run.settle()

        await run.create(whole)
        await run.settle()
        assert await conditions() == {"Mine": "True"}
        await other("True")
        await wish("false")
        assert await conditions() == {"Mine": "False", "Theirs": "True"}
        await other("Unknown")
        await wish("true")
        assert await conditions() == {"Mine": "True", "Theirs": "Unknown"}
        await other("")
        await wish("false")
        assert await conditions() == {"Mine": "False"}
        await other("True")
        await wish(None)
        assert await conditions() == {"Theirs": "True"}
        # The kind has no such field: learnt once, from the refusal of a server-side apply.
        assert all("observedGeneration: field not declared" in each.error for each in run.failed_writes)
        before = len(run.writes)
        await run.advance(60)
        assert run.writes[before:] == []


async def test_an_apply_that_fails_ends_in_the_same_status(tmp_path: Path) -> None:
    kind = "apps/v1/Deployment"
    (tmp_path / "reporter.py").write_text(PLUGIN.replace("KIND", kind))
    metadata = {"name": "w", "namespace": "default", "annotations": {"wish": "true"}}
    async with scenario(tmp_path / "reporter.py", fail={"apply": [500, 409]}) as run:
        await run.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": SPEC})
        await run.settle()
        await run.advance(1)
        found = await run.get(kind, "w")
    assert [each["type"] for each in found["status"]["conditions"]] == ["Mine"]
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"]


COLLECTS = """
from plugin_operator import Context, Request, controller

@controller(for_="example.com/v1/Widget")
async def collects(ctx: Context, request: Request) -> None:
    obj = ctx.lister.get(request)
    if obj is not None:
        async with ctx.status(obj) as status:
            status[obj["spec"]["add"]] = True
"""


async def test_a_field_whose_write_was_applied_and_its_answer_lost_is_not_removed_by_the_next_write(
    tmp_path: Path,
) -> None:
    """The field is the controller's own by then, and an apply without it would remove it."""
    (tmp_path / "collects.py").write_text(COLLECTS)
    kind, metadata = "example.com/v1/Widget", {"name": "w", "namespace": "default"}
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata, "spec": {"add": "a"}}
    async with scenario(tmp_path / "collects.py", crds=[definition("example.com", status=True)], objects=[widget]) as s:
        s.server.faults.add(Fault(action=Action.LOSE, verb="write", agent="plugin-operator"))
        await s.patch(kind, "w", {"spec": {"add": "b"}})
        await s.advance(1)
        await s.patch(kind, "w", {"spec": {"add": "c"}})
        assert len(s.failed_writes) == 1
        assert (await s.get(kind, "w"))["status"].keys() >= {"a", "b", "c"}
