"""``cleanup=`` in a running operator: the finalizer comes before the first reconcile, and goes after the cleanup."""

from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing import Scenario, scenario

pytestmark = pytest.mark.embedded_only("a scenario brings its own server")

FINALIZER = "plugin-operator.cleanup/copies"
PLUGIN = """
from plugin_operator import Context, Request, Result, controller, labels_changed


async def remove(ctx: Context, obj: dict) -> Result | None:
    ctx.recorder.event(obj, "Normal", "Cleaning", "the copy goes")
    if obj.get("data", {}).get("stuck"):
        return Result(requeue_after=60)
    if obj.get("data", {}).get("broken"):
        raise RuntimeError("no way")
    await ctx.client.delete("v1/Secret", "first-" + obj["metadata"]["name"], obj["metadata"]["namespace"])
    await ctx.client.delete("v1/Secret", "copy-" + obj["metadata"]["name"], obj["metadata"]["namespace"])


@controller(for_="v1/ConfigMap", cleanup=remove, OPTIONS)
async def copies(ctx: Context, request: Request) -> None:
    obj = ctx.lister.get(request)
    if obj is None:
        return
    name = "copy-" + request.name
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": request.namespace}}
    await ctx.client.apply(secret)
"""


def plugin(folder: Path, options: str = "") -> Path:
    path = folder / "copies.py"
    path.write_text(PLUGIN.replace(", OPTIONS", f", {options}" if options else ""))
    return path


def config_map(name: str = "a", labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


async def finalizers(run: Scenario, name: str = "a") -> list[str] | None:
    """Return the finalizers of a ConfigMap; None if it is gone."""
    found = [each for each in await run.list("v1/ConfigMap") if each["metadata"]["name"] == name]
    return found[0]["metadata"].get("finalizers", []) if found else None


async def copies(run: Scenario) -> list[str]:
    return [each["metadata"]["name"] for each in await run.list("v1/Secret")]


async def test_the_finalizer_is_on_before_the_first_reconcile_and_a_settled_system_sends_nothing(
    tmp_path: Path,
) -> None:
    async with scenario(plugin(tmp_path, "resync_seconds=60"), objects=[config_map()]) as run:
        assert [str(each) for each in run.writes[:2]] == [
            "patch v1/ConfigMap default/a",
            "apply v1/Secret default/copy-a",
        ]
        assert await finalizers(run) == [FINALIZER]
        patches = [each for each in run.writes if each.verb == "patch"]
        await run.advance(3600)
        assert [each for each in run.writes if each.verb == "patch"] == patches
        assert run.failed_writes == []


async def test_a_deletion_waits_for_the_cleanup_in_which_a_missing_object_is_a_success(tmp_path: Path) -> None:
    async with scenario(plugin(tmp_path), objects=[config_map()]) as run:
        assert await copies(run) == ["copy-a"]
        await run.delete("v1/ConfigMap", "a")
        assert await finalizers(run) is None
        assert await copies(run) == []
        assert [each.reason for each in run.events if each.reason == "CleanupFailed"] == []


async def test_a_failing_cleanup_is_retried_and_recorded_and_keeps_the_object(tmp_path: Path) -> None:
    async with scenario(plugin(tmp_path), objects=[config_map(broken="yes")]) as run:
        await run.delete("v1/ConfigMap", "a")
        assert await finalizers(run) == [FINALIZER]
        assert "no way" in next(each.message for each in run.events if each.reason == "CleanupFailed")
        await run.patch("v1/ConfigMap", "a", {"data": {"broken": None}})
        await run.advance(60)
        assert await finalizers(run) is None
        assert await copies(run) == []


async def test_a_requeue_means_that_the_cleanup_has_not_finished(tmp_path: Path) -> None:
    async with scenario(plugin(tmp_path), objects=[config_map(stuck="yes")]) as run:
        await run.delete("v1/ConfigMap", "a")
        await run.advance(200)
        assert await finalizers(run) == [FINALIZER]
        await run.patch("v1/ConfigMap", "a", {"data": {"stuck": None}})
        assert await finalizers(run) is None


async def test_other_finalizers_stay_and_an_object_without_ours_is_neither_reconciled_nor_cleaned_up(
    tmp_path: Path,
) -> None:
    obj = config_map()
    obj["metadata"]["finalizers"] = ["example.com/other"]
    async with scenario(plugin(tmp_path), objects=[obj]) as run:
        assert await finalizers(run) == ["example.com/other", FINALIZER]
        await run.delete("v1/ConfigMap", "a")
        assert await finalizers(run) == ["example.com/other"]
        assert await copies(run) == []
        await run.patch("v1/ConfigMap", "a", {"metadata": {"labels": {"more": "x"}}})
        assert await copies(run) == []


async def test_an_object_that_leaves_the_selector_is_cleaned_up_and_released(tmp_path: Path) -> None:
    selected = config_map(labels={"copy": "yes"})
    predicates = 'label_selector="copy=yes", predicates=[labels_changed]'
    async with scenario(plugin(tmp_path, predicates), objects=[selected]) as run:
        assert await finalizers(run) == [FINALIZER]
        await run.patch("v1/ConfigMap", "a", {"metadata": {"labels": {"copy": "no"}}})
        assert await finalizers(run) == []
        assert await copies(run) == []
        await run.patch("v1/ConfigMap", "a", {"metadata": {"labels": {"copy": "yes"}}})
        assert await finalizers(run) == [FINALIZER]
        assert await copies(run) == ["copy-a"]
        await run.delete("v1/ConfigMap", "a")
        assert await finalizers(run) is None


async def test_a_finalizer_that_another_party_strips_comes_back(tmp_path: Path) -> None:
    options = "predicates=[labels_changed]"
    async with scenario(plugin(tmp_path, options), objects=[config_map()]) as run:
        await run.patch("v1/ConfigMap", "a", {"metadata": {"finalizers": []}})
        assert await finalizers(run) == [FINALIZER]


@pytest.mark.parametrize("status", [409, 500, 403])
async def test_no_reconcile_runs_while_the_finalizer_cannot_be_written(tmp_path: Path, status: int) -> None:
    async with scenario(plugin(tmp_path)) as run:
        run.fail("patch", status, kind="v1/ConfigMap")
        await run.create(config_map())
        assert await copies(run) == []
        run.heal()
        await run.advance(1200)
        assert await copies(run) == ["copy-a"]
        run.fail("patch", status, kind="v1/ConfigMap")
        await run.delete("v1/ConfigMap", "a")
        assert await finalizers(run) == [FINALIZER]
        run.heal()
        await run.advance(1200)
        assert await finalizers(run) is None
