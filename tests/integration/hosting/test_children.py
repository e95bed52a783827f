"""``ctx.sync_children`` in a running operator: a settled system sends nothing, and each kind of event heals it."""

from pathlib import Path
from typing import Any

import pytest

from plugin_operator.plugin.children.gates import closed_gates
from plugin_operator.testing import scenario
from plugin_operator.testing.eventually import eventually
from tests.host_harness import NAMESPACE, HostHarness

PLUGIN = """
from plugin_operator import Child, Context, Request, controller, own, ready

@controller(
    for_="v1/ConfigMap",
    owns=[own("v1/Secret", namespaces=["default", "other"])],
    label_selector="role=owner",
    namespaces=["default"],
    resync_seconds=60,
)
async def family(ctx: Context, request: Request) -> None:
    owner = ctx.lister.get(request)
    if owner is None:
        return
    await ctx.ensure_finalizer(owner)
    children = []
    for place, value in (owner.get("data") or {}).items():
        namespace, _, name = place.rpartition(".")
        metadata = {"name": name, "namespace": namespace or "default"}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"value": value}}
        children.append(Child(secret, after=ready("v1/Secret", "gate") if name == "gated" else ()))
    deleted = owner["metadata"].get("deletionTimestamp")
    found = await ctx.sync_children(owner, [] if deleted else children)
    if deleted and found.is_complete:
        await ctx.remove_finalizer(owner)
"""
A, B = "QQ==", "Qg=="


def owner(**data: str) -> dict[str, Any]:
    metadata = {"name": "owner", "namespace": "default", "labels": {"role": "owner"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


OTHER = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}}


async def test_the_life_of_a_family(tmp_path: Path) -> None:
    (tmp_path / "family.py").write_text(PLUGIN)
    async with scenario(tmp_path / "family.py", objects=[OTHER]) as run:

        async def secrets() -> dict[str, Any]:
            found = [*await run.list("v1/Secret"), *await run.list("v1/Secret", "other")]
            return {each["metadata"]["name"]: each["data"] for each in found}

        # Each child is applied; one that no owner reference reaches too.
        await run.create(owner(one=A, **{"other.two": A, "gated": A}))
        await run.settle()
        assert await secrets() == {"one": {"value": A}, "two": {"value": A}}

        # An hour of resyncs sends nothing.
        before = len(run.writes)
        await run.advance(3600)
        assert run.writes[before:] == []

        # A change of a declared field is undone, at the child of either kind; another field stays.
        await run.patch("v1/Secret", "one", {"data": {"value": B, "more": B}})
        await run.patch("v1/Secret", "two", {"data": {"value": B}}, "other")
        await run.settle()
        assert await secrets() == {"one": {"value": A, "more": B}, "two": {"value": A}}

        # A deleted child comes back.
        await run.delete("v1/Secret", "two", "other")
        await run.settle()
        assert (await secrets())["two"] == {"value": A}

        # A gate opens by an event of another child.
        await run.patch("v1/ConfigMap", "owner", {"data": {"gate": A}})
        await run.settle()
        assert sorted(await secrets()) == ["gate", "gated", "one", "two"]

        # What the set lacks is deleted; the child whose gate is closed again stays.
        await run.patch("v1/ConfigMap", "owner", {"data": {"gate": None, "one": None}})
        await run.settle()
        assert sorted(await secrets()) == ["gated", "two"]

        # A deleted owner takes all children along, the unreachable one included.
        await run.delete("v1/ConfigMap", "owner")
        await run.settle()
        assert await secrets() == {}
        assert [each for each in run.failed_writes if "NotFound" not in each.error] == []


async def test_a_gate_that_stays_closed_is_in_the_reason_until_it_opens(
    harness: HostHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("LONG_SECONDS", "LONG_STUCK_SECONDS"):
        monkeypatch.setattr(closed_gates, each, 0.0)
    harness.write("family.py", PLUGIN.replace('"default"', repr(NAMESPACE)))
    made = owner(gated=A)
    await harness.client.create({**made, "metadata": {**made["metadata"], "namespace": NAMESPACE}})

    def waits() -> bool:
        return "gated, a child of" in harness.status("family").reason

    await eventually(waits, timeout_seconds=20)
    assert harness.status("family").state == "Active"
    await harness.client.patch("v1/ConfigMap", "owner", {"data": {"gate": A}}, NAMESPACE)
    await eventually(lambda: not waits(), timeout_seconds=20)
    await harness.client.patch("v1/ConfigMap", "owner", {"metadata": {"finalizers": None}}, NAMESPACE)
