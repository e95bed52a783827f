"""Indexes, parts of kinds and map functions with a context, on a real cache and over a reload."""

from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing import PluginHarness, eventually

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

Json = dict[str, Any]

PLUGIN = """
import asyncio
from plugin_operator import controller, own, read, watch

def users_of(secret, ctx):
    return ctx.lister.index_keys("secret", secret["metadata"]["name"], secret["metadata"]["namespace"])

MAP

@controller(
    for_="v1/ConfigMap",
    label_selector="app",
    indexes={"secret": lambda obj: obj["data"].get("secret")},
    watches=[watch("v1/Secret", map=map_secret, indexes={"key": lambda obj: obj["data"]})],
    owns=[own("v1/Pod", label_selector="app=web")],
    reads=[read("v1/Service", label_selector="app=web", name="web")],
)
async def user(ctx, request):
    obj = ctx.lister.get(request)
    if obj is None:
        return
    keys = ctx.lister_for("v1/Secret").index_keys("key", "password")
    patch = {"data": {
        "with-password": " ".join(sorted(each.name for each in keys)),
        "services": " ".join(sorted(each.name for each in ctx.lister_for("web").keys())),
        "pods": str(len(ctx.lister_for("v1/Pod"))),
    }}
    if any(obj["data"].get(key) != value for key, value in patch["data"].items()):
        await ctx.client.patch("v1/ConfigMap", request, patch)
"""
PLAIN = """
def map_secret(ctx, obj):
    return users_of(obj, ctx)
"""
ASYNC = """
async def map_secret(ctx, obj, *, old):
    await asyncio.sleep(0)
    return users_of(obj, ctx)
"""


def of(kind: str, name: str, **fields: Any) -> Json:
    metadata = {"name": name, "namespace": "default", "labels": fields.pop("labels", {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields}


def service(name: str, **labels: str) -> Json:
    return of("Service", name, labels=labels, spec={"ports": [{"port": 80}]})


def reconciles(harness: PluginHarness) -> float:
    (plugin,) = harness.plugins()
    return sum(plugin.controllers[0].reconciles.values())


@pytest.mark.parametrize("mapped", [PLAIN, ASYNC], ids=["plain", "async"])
async def test_a_map_function_finds_by_index_what_is_due_and_readers_see_their_parts(
    tmp_path: Path, mapped: str
) -> None:
    plugin = tmp_path / "user.py"
    plugin.write_text(PLUGIN.replace("MAP", mapped))
    async with PluginHarness(plugin) as harness:
        create = harness.client.create
        await create(service("one", app="web"))
        await create(service("other", app="db"))
        for name, labels in (("mine", {"app": "web"}), ("other", {"app": "db"})):
            await create(of("Pod", name, labels=labels, spec={"containers": [{"name": "c", "image": "i"}]}))
        await harness.settle()
        await create(of("ConfigMap", "a", labels={"app": "x"}, data={"secret": "s"}))
        await create(of("ConfigMap", "b", labels={"app": "x"}, data={"secret": "t"}))
        await harness.settle()
        before = reconciles(harness)
        await create(of("Secret", "s", stringData={"password": "x"}))
        await harness.settle()
        found = await harness.client.get("v1/ConfigMap", "a", "default")
        assert found["data"] == {"secret": "s", "with-password": "s", "services": "one", "pods": "1"}
        assert reconciles(harness) - before <= 2  # "b" is not due: one for the change, one for its own write
        untouched = await harness.client.get("v1/ConfigMap", "b", "default")
        assert untouched["data"]["with-password"] == ""


async def test_a_new_revision_has_its_own_index_functions(tmp_path: Path) -> None:
    plugin = tmp_path / "user.py"
    plugin.write_text(PLUGIN.replace("MAP", PLAIN))
    async with PluginHarness(plugin) as harness:
        await harness.client.create(of("Secret", "s", stringData={"password": "x"}))
        await harness.client.create(of("Secret", "t", stringData={"token": "x"}))
        await harness.settle()
        await harness.client.create(of("ConfigMap", "a", labels={"app": "x"}, data={"secret": "s"}))
        await harness.settle()
        found = await harness.client.get("v1/ConfigMap", "a", "default")
        assert found["data"]["with-password"] == "s"
        edited = plugin.read_text().replace('{"key": lambda obj: obj["data"]}', '{"key": lambda obj: "password"}')
        await harness.write("user.py", edited)
        await harness.settle()
        found = await harness.client.get("v1/ConfigMap", "a", "default")
        assert found["data"]["with-password"] == "s t"


async def test_an_index_function_that_raises_leaves_its_object_out_and_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "user.py"
    plugin.write_text(PLUGIN.replace("MAP", PLAIN).replace('obj["data"]}', 'list(obj["data"]) or 1 / 0}'))
    async with PluginHarness(plugin) as harness:
        await harness.client.create(of("Secret", "empty", data={}))
        await harness.client.create(of("Secret", "s", stringData={"password": "x"}))
        await harness.client.create(of("ConfigMap", "a", labels={"app": "x"}, data={"secret": "s"}))
        await harness.settle()
        found = await harness.client.get("v1/ConfigMap", "a", "default")
        assert found["data"]["with-password"] == "s"
        (line,) = [each for each in capsys.readouterr().out.splitlines() if "Plugin code raised" in each]
        assert "what=index" in line
        assert "name=empty" in line


async def test_a_deletion_in_a_kind_that_a_reload_dropped_is_mapped_by_the_old_index(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "user.py"
    plugin.write_text(PLUGIN.replace("MAP", PLAIN))
    async with PluginHarness(plugin) as harness:
        await harness.client.create(of("Secret", "s", stringData={"password": "x"}))
        await harness.client.create(of("ConfigMap", "a", labels={"app": "x"}, data={"secret": "s"}))
        await harness.settle()
        dropped = plugin.read_text().split("    watches=")[0] + ")\nasync def user(ctx, request): ...\n"
        await harness.write("user.py", dropped)
        await harness.settle()
        before = reconciles(harness)
        await harness.client.delete("v1/Secret", "s", "default")
        await eventually(lambda: reconciles(harness) == before + 1)
        assert "Plugin code raised" not in capsys.readouterr().out
