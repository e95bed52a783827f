"""``cleanup=`` without the lead, over its loss, past its timeout, and in namespaces that are not watched any more."""

from collections.abc import Callable

import pytest

from plugin_operator.testing.eventually import eventually
from tests.host_harness import NAMESPACE, HostHarness

FINALIZER = "plugin-operator.cleanup/one"
CLEANS = ", cleanup=clean"
HEAD = """
async def clean(ctx, obj):
    ctx.recorder.event({}, 'Normal', 'cleaned', obj['metadata']['name'])
"""

Plugin = Callable[..., str]
Make = Callable[..., HostHarness]


async def finalizers(harness: HostHarness, name: str) -> list[str] | None:
    """Return the finalizers of an object; None if it is gone."""
    for each in await harness.client.list("v1/ConfigMap", NAMESPACE):
        if each["metadata"]["name"] == name:
            found: list[str] = each["metadata"].get("finalizers", [])
            return found
    return None


async def has(harness: HostHarness, name: str, wanted: list[str] | None) -> None:
    async def reached() -> bool:
        assert await finalizers(harness, name) == wanted
        return True

    await eventually(reached, timeout_seconds=20)


async def started(make_harness: Make, *, leads: bool = True) -> HostHarness:
    harness = make_harness()
    await harness.host.start()
    if leads:
        harness.host.lead()
    return harness


async def test_a_standby_cleans_nothing_up_until_it_leads(make_harness: Make, plugin_text: Plugin) -> None:
    first = await started(make_harness)
    first.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await first.create("a")
    await has(first, "a", [FINALIZER])
    await first.host.stop(5)
    standby = await started(make_harness, leads=False)
    await standby.state("Active")
    await first.client.delete("v1/ConfigMap", "a", NAMESPACE)

    def has_seen() -> bool:
        (informer,) = standby.factory.informers()
        (found,) = (each for each in informer.lister.list() if each["metadata"]["name"] == "a")
        return "deletionTimestamp" in found["metadata"]

    await eventually(has_seen, timeout_seconds=20)
    assert standby.journal.lines == []
    assert await finalizers(standby, "a") == [FINALIZER]
    standby.host.lead()
    await has(standby, "a", None)
    assert standby.journal.messages("one", "cleaned") == ["a"]


@pytest.mark.parametrize("where", ["before a write of the cleanup", "before the finalizer goes"])
async def test_a_cleanup_that_loses_the_lead_runs_again_on_the_next_leader(
    make_harness: Make, plugin_text: Plugin, where: str
) -> None:
    write = "    await ctx.client.delete('v1/Secret', 'made', obj['metadata']['namespace'])\n"
    held = "    while not await ctx.client.list('v1/Secret', obj['metadata']['namespace'], 'go=on'):\n"
    waits = f"{held}        await asyncio.sleep(0.02)\n"
    head = f"import asyncio\n{HEAD}{waits}" + (write if where == "before a write of the cleanup" else "")
    first = await started(make_harness)
    first.write("one.py", plugin_text("V1", head=head, options=CLEANS))
    await first.create("a")
    await has(first, "a", [FINALIZER])
    metadata = {"name": "made", "namespace": NAMESPACE}
    await first.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
    await first.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await first.ran("cleaned", "a")
    first.fence.close()
    go_on = {"name": "go-on", "namespace": NAMESPACE, "labels": {"go": "on"}}
    await first.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": go_on})
    second = await started(make_harness)
    await has(second, "a", None)
    assert second.journal.messages("one", "cleaned") == ["a"]
    left = [each["metadata"]["name"] for each in await second.client.list("v1/Secret", NAMESPACE)]
    assert ("made" in left) == (where == "before the finalizer goes")
    await second.client.delete_collection("v1/Secret", NAMESPACE)


async def test_a_cleanup_beyond_its_timeout_is_cancelled_reported_and_retried(
    harness: HostHarness, plugin_text: Plugin
) -> None:
    head = """
import asyncio
calls = []
async def clean(ctx, obj):
    calls.append(1)
    if len(calls) < 3:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ctx.recorder.event({}, 'Normal', 'cancelled', obj['metadata']['name'])
            raise
"""
    options = f"{CLEANS}, reconcile_timeout_seconds=0.2"
    harness.write("one.py", plugin_text("V1", head=head, options=options))
    await harness.create("a")
    await has(harness, "a", [FINALIZER])
    await harness.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await has(harness, "a", None)
    assert harness.journal.messages("one", "cancelled") == ["a", "a"]
    failed = harness.journal.messages("one", "CleanupFailed")
    assert len(failed) == 2
    assert "0.2" in failed[0]


async def test_a_typed_controller_cleans_typed_objects_up(harness: HostHarness, plugin_text: Plugin) -> None:
    text = f"""
from plugin_operator import Context, Request, controller
from plugin_operator.kinds.core_v1 import ConfigMap

@controller(for_=ConfigMap, namespaces=[{NAMESPACE!r}])
class One:
    async def reconcile(self, ctx: Context[ConfigMap], request: Request) -> None:
        found = ctx.lister.get(request)
        if found is not None:
            ctx.recorder.event(found, 'Normal', 'V1', request.name)

    async def cleanup(self, ctx: Context[ConfigMap], obj: ConfigMap) -> None:
        assert ctx.lister.get(ctx.request) is not None
        ctx.recorder.event(obj, 'Normal', 'cleaned', obj.data['n'])
"""
    harness.write("one.py", text)
    await harness.create("a", n="1")
    await harness.ran("V1", "a")
    assert await finalizers(harness, "a") == [FINALIZER]
    await harness.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await has(harness, "a", None)
    assert harness.journal.messages("one", "cleaned") == ["1"]


async def test_a_restart_with_other_namespaces_leaves_finalizers_until_an_edit_in_the_running_operator(
    make_harness: Make, plugin_text: Plugin
) -> None:
    def text(version: str, *namespaces: str) -> str:
        found = plugin_text(version, head=HEAD, options=CLEANS)
        return found.replace(f"[{NAMESPACE!r}]", repr(list(namespaces)))

    first = await started(make_harness)
    first.write("one.py", text("V1", NAMESPACE))
    await first.create("a")
    await has(first, "a", [FINALIZER])
    await first.host.stop(5)
    first.write("one.py", text("V2", "elsewhere"))
    second = await started(make_harness)
    await second.state("Active")
    await second.client.delete("v1/ConfigMap", "a", NAMESPACE)
    assert await finalizers(second, "a") == [FINALIZER]
    second.write("one.py", text("V3", NAMESPACE, "elsewhere"))
    await has(second, "a", None)
    assert second.journal.messages("one", "cleaned") == ["a"]
