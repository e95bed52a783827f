"""What a plugin's code may hand to its client, lister and helpers, and what it is told when that is wrong."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from plugin_operator.kube import Object
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.harness import PluginHarness

HEAD = """
import asyncio
from plugin_operator import controller

async def told(call):
    try:
        return repr(await call)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
"""


def plugin(folder: Path, body: str, head: str = "", options: str = "label_selector={'follow': 'me'}") -> Path:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    path = folder / "one.py"
    path.write_text(
        f"{HEAD}{head}\n@controller(for_='v1/ConfigMap', {options})\nasync def one(ctx, request):\n"
        "    if ctx.lister.get(request) is None:\n        return\n"
        f"    found = {{}}\n{lines}\n"
        "    for name, text in found.items():\n        ctx.log.info('Found', what=name, text=str(text))\n"
    )
    return path


def config_map(name: str, **labels: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
    }


async def found_by(harness: PluginHarness, lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    await harness.client.create(config_map("followed", follow="me"))
    await harness.settle()
    await eventually(lambda: any(line["event"] == "Found" for line in lines))
    return {line["what"]: line["text"] for line in lines if line["event"] == "Found"}


async def test_a_forgotten_namespace_is_refused_with_the_way_out(tmp_path: Path) -> None:
    body = """
found["get"] = await told(ctx.client.get("v1/ConfigMap", "x"))
found["patch"] = await told(ctx.client.patch("v1/ConfigMap", "x", {}))
found["delete"] = await told(ctx.client.delete("v1/ConfigMap", "x"))
found["create"] = await told(ctx.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}))
found["apply"] = await told(ctx.client.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}))
"""
    with structlog.testing.capture_logs() as lines:
        async with PluginHarness(plugin(tmp_path, body)) as harness:
            found = await found_by(harness, lines)
            names = [obj["metadata"]["name"] for obj in await harness.client.list("v1/ConfigMap")]
    message = (
        "ValueError: no namespace is given for v1/ConfigMap 'x', which is namespaced: "
        "pass namespace=request.namespace, or write metadata.namespace into the object"
    )
    assert set(found) == {"get", "patch", "delete", "create", "apply"}
    assert set(found.values()) == {message}
    assert names == ["followed"]


async def test_selectors_may_be_mappings_wherever_they_are_taken(tmp_path: Path) -> None:
    body = """
wanted = {"matchLabels": {"follow": "me"}}
found["lister"] = [each["metadata"]["name"] for each in ctx.lister.list(label_selector={"follow": "me"})]
found["keys"] = len(ctx.lister.keys(label_selector=wanted)) if hasattr(ctx.lister, "keys") else 1
for name, options in {
    "labels": {"label_selector": {"follow": "me"}},
    "deployment": {"label_selector": wanted},
    "fields": {"field_selector": {"metadata.name": "followed"}},
}.items():
    found[name] = [each["metadata"]["name"] for each in await ctx.client.list("v1/ConfigMap", **options)]
try:
    ctx.lister.list(label_selector=["follow"])
except TypeError as error:
    found["wrong"] = error
"""
    with structlog.testing.capture_logs() as lines:
        async with PluginHarness(plugin(tmp_path, body)) as harness:
            await harness.client.create(config_map("other"))
            found = await found_by(harness, lines)
    names = "['followed']"
    assert {found[name] for name in ("lister", "labels", "deployment", "fields")} == {names}
    assert "write 'app=web,tier!=db' or {'app': 'web'}" in found["wrong"]


async def test_models_that_the_client_returns_are_taken_by_every_helper_without_a_warning(tmp_path: Path) -> None:
    head = "from kubernetes_asyncio.client import V1ConfigMap\n"
    body = """
if ctx.lister.get(request).get("data"):
    return
obj = await ctx.client.get(V1ConfigMap, request.name, request.namespace)
found["added"] = await told(ctx.ensure_finalizer(obj, "mine/x"))
found["removed"] = await told(ctx.remove_finalizer(obj, "mine/x"))
obj.data = {"a": "b"}
found["updated"] = (await ctx.client.update(obj)).data
listed = await ctx.client.list(V1ConfigMap, request.namespace)
found["applied"] = (await ctx.client.apply(listed[0], force=True)).data
ctx.recorder.event(obj, "Normal", "Seen", "words")
"""
    with structlog.testing.capture_logs() as lines:
        async with PluginHarness(plugin(tmp_path, body, head)) as harness:
            found = await found_by(harness, lines)
            await eventually_listed(harness)
            events = await harness.client.list("v1/Event", "default")
    assert (found["added"], found["removed"]) == ("True", "True")
    assert found["updated"] == found["applied"] == "{'a': 'b'}"
    assert [each["involvedObject"]["name"] for each in events if each["reason"] == "Seen"] == ["followed"]
    assert [line for line in lines if line["log_level"] == "warning" and "misbehav" not in line["event"]] == []


async def eventually_listed(harness: PluginHarness) -> None:
    async def is_there() -> bool:
        return any(each["reason"] == "Seen" for each in await harness.client.list("v1/Event", "default"))

    await eventually(is_there)


CRD: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "deprecated": True,
                "deprecationWarning": "example.com/v1 Widget is old",
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


async def test_a_kind_that_is_gone_is_no_object_that_is_not_there_and_warnings_name_the_plugin(tmp_path: Path) -> None:
    body = """
for _ in range(3):
    found["there"] = await told(ctx.client.get("example.com/v1/Widget", "w", request.namespace))
await ctx.client.delete("apiextensions.k8s.io/v1/CustomResourceDefinition", "widgets.example.com")
for _ in range(200):
    found["gone"] = await told(ctx.client.get("example.com/v1/Widget", "w", request.namespace))
    if found["gone"].startswith("NoMatchError"):
        break
    await asyncio.sleep(0.02)
"""
    with structlog.testing.capture_logs() as lines:
        async with PluginHarness(plugin(tmp_path, body)) as harness:
            await harness.client.create(CRD)
            found = await found_by(harness, lines)
    assert found["there"].startswith("NotFoundError")
    assert found["gone"].startswith("NoMatchError")
    warned = [line for line in lines if line["event"] == "API server warns"]
    assert [line["warning"] for line in warned] == ["example.com/v1 Widget is old"]
    assert {name: warned[0][name] for name in ("plugin", "controller", "resource", "namespace", "name")} == {
        "plugin": "one",
        "controller": "one",
        "resource": "widgets",
        "namespace": "default",
        "name": "w",
    }
