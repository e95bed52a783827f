"""``lister_for`` reads the objects that the declaration names, or says that it cannot tell which are meant."""

from pathlib import Path

import pytest

from plugin_operator.testing import PluginHarness

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

PLUGIN = """
from plugin_operator import controller, watch

SEEN = {}

@controller(for_="v1/ConfigMap", label_selector="a=b", DECLARED)
async def reader(ctx, request):
    await ctx.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
        "name": "seen", "namespace": "default"}, "data": look(ctx)})

def look(ctx):
    try:
        found = ctx.lister_for(KIND).keys("default")
    except LookupError as error:
        return {"error": str(error)}
    return {"own": " ".join(sorted(each.name for each in ctx.lister.keys())), "all": " ".join(
        sorted(each.name for each in found if each.name != "kube-root-ca.crt"))}
"""
CD = 'watch("v1/Secret", map=lambda obj: [], label_selector="c=d")'
EF = 'watch("v1/Secret", map=lambda obj: [], label_selector="e=f")'
ONCE, TWICE = f"watches=[{CD}]", f"watches=[{CD}, {EF}]"


async def seen(folder: Path, declared: str, kind: str = "v1/Secret") -> dict[str, str]:
    plugin = folder / "reader.py"
    plugin.write_text(PLUGIN.replace("DECLARED", declared).replace("KIND", repr(kind)))
    async with PluginHarness(plugin) as harness:
        for name, labels in (("one", {"c": "d"}), ("two", {"e": "f"}), ("three", {})):
            metadata = {"name": name, "labels": labels, "namespace": "default"}
            await harness.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
        await harness.settle()
        for name, labels in (("other", {}), ("mine", {"a": "b"})):
            meta = {"name": name, "namespace": "default", "labels": labels}
            await harness.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
        await harness.settle()
        found = await harness.client.get("v1/ConfigMap", "seen", "default")
        data: dict[str, str] = found["data"]
        return data


async def test_a_kind_that_is_read_is_there_as_a_whole_whatever_else_watches_it(tmp_path: Path) -> None:
    assert await seen(tmp_path, f'{TWICE}, reads=["v1/Secret"]') == {"own": "mine", "all": "one three two"}


async def test_a_kind_that_is_owned_is_there_as_a_whole(tmp_path: Path) -> None:
    assert await seen(tmp_path, f'{ONCE}, owns=["v1/Secret"]') == {"own": "mine", "all": "one three two"}


async def test_one_watch_says_which_objects_are_read(tmp_path: Path) -> None:
    assert await seen(tmp_path, ONCE) == {"own": "mine", "all": "one"}


async def test_watches_with_different_selectors_are_not_taken_for_each_other(tmp_path: Path) -> None:
    error = (await seen(tmp_path, TWICE))["error"]
    assert "v1/Secret is declared with different selectors ('c=d' and 'e=f')" in error
    assert "declare reads=['v1/Secret'] to read all of them" in error


async def test_the_reconciled_kind_is_read_as_a_whole_beside_its_own_selector(tmp_path: Path) -> None:
    found = await seen(tmp_path, 'reads=["v1/ConfigMap"]', "v1/ConfigMap")
    assert found["own"] == "mine"
    assert {"mine", "other"} <= set(found["all"].split())
