"""A controller that feeds itself and two that fight are named with the field; ordinary ones are not."""

import json
import os
from collections.abc import Callable
from functools import partial

import pytest
from structlog.testing import capture_logs

from plugin_operator.cli.status.status_table import print_status
from plugin_operator.hosting.runtime.misbehavior import PLUGIN_MISBEHAVING, Misbehavior
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

STAMP = """
if request.name == 'secretive':
    import time
    await ctx.client.patch('v1/ConfigMap', request, {'data': {'token': f'hunter2-{time.monotonic_ns()}'}})
"""
CHILD = """
if request.name == 'parent':
    import time
    obj = ctx.lister.get(request)
    owner = {'apiVersion': 'v1', 'kind': 'ConfigMap', 'name': 'parent', 'uid': obj['metadata']['uid'],
             'controller': True}
    await ctx.client.apply({'apiVersion': 'v1', 'kind': 'Secret', 'stringData': {'token': str(time.monotonic_ns())},
                            'metadata': {'name': 'child', 'namespace': NAMESPACE, 'ownerReferences': [owner]}})
"""
OWN = """
if request.name == 'contested':
    await ctx.client.patch('v1/ConfigMap', request, {'metadata': {'annotations': {'example.com/owner': 'OWNER'}}})
"""
TICK = """
if request.name == 'clock':
    count = int((ctx.lister.get(request) or {}).get('data', {}).get('count', '0')) + 1
    await ctx.client.patch('v1/ConfigMap', request, {'data': {'count': str(count)}})
    return Result(requeue_after=0.02)
"""
LABEL = """
obj = ctx.lister.get(request)
if obj and not obj['metadata'].get('labels'):
    for step in range(3):
        await ctx.client.patch('v1/ConfigMap', request, {'metadata': {'labels': {'step': str(step)}}})
"""


async def charged(harness: HostHarness, name: str, how: str) -> Misbehavior:
    """Wait until a plugin is charged, and return the charge."""

    def look() -> Misbehavior | None:
        harness.host.hint()
        return next((each for each in harness.status(name).charges if each.how == how), None)

    return await eventually(look, timeout_seconds=30)


async def innocent(harness: HostHarness, *names: str) -> None:
    """Look at the plugins several times, and find nothing."""
    for _ in range(3):
        harness.host.hint()
        before = harness.host._environment.clock.monotonic()
        await eventually(partial(lambda before: harness.host._environment.clock.monotonic() > before + 0.2, before))
        assert [harness.status(name).charges for name in names] == [()] * len(names)


async def test_a_controller_that_feeds_itself_is_named_with_the_field_until_it_is_mended(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    with capture_logs() as lines:
        harness.write("one.py", plugin_text("V1", body=STAMP))
        await harness.state("Active")
        await harness.create("innocent")
        await harness.create("secretive")
        charge = await charged(harness, "one", "loops")
    (line,) = [line for line in lines if line["event"] == "Controller triggers itself"]
    assert (line["plugin"], line["controller"], line["fields"]) == ("one", "one", ["data.token"])
    assert (line["namespace"], line["name"], line["log_level"]) == (NAMESPACE, "secretive", "warning")
    assert f"controller one changes data.token of v1/ConfigMap {NAMESPACE}/secretive" in charge.detail
    assert harness.metrics.family(PLUGIN_MISBEHAVING).values == {("one", "loops"): 1}
    shown = harness.status().as_dict()
    assert [each["how"] for each in shown["misbehaving"]] == ["loops"]
    assert "hunter2" not in json.dumps(shown, default=str) + str(lines)
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "secretive")
    harness.host.hint()
    await eventually(lambda: harness.status().charges == () and not harness.metrics.family(PLUGIN_MISBEHAVING).values)


async def test_a_controller_that_feeds_itself_by_what_it_owns_is_named(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    body = CHILD.replace("NAMESPACE", repr(NAMESPACE))
    harness.write("one.py", plugin_text("V1", body=body, options=", owns=['v1/Secret']"))
    await harness.state("Active")
    await harness.create("parent")
    charge = await charged(harness, "one", "loops")
    assert f"of v1/Secret {NAMESPACE}/child at each reconcile of {NAMESPACE}/parent" in charge.detail
    assert "data.token" in charge.detail


async def test_two_controllers_that_undo_each_others_writes_are_both_named(
    harness: HostHarness, plugin_text: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    with capture_logs() as lines:
        for name in ("one", "two"):
            harness.write(f"{name}.py", plugin_text("V1", name=name, body=OWN.replace("OWNER", name)))
            await harness.state("Active", name)
        await harness.create("contested")
        for name, other in (("one", "two"), ("two", "one")):
            charge = await charged(harness, name, "fights")
            assert charge.detail.startswith(
                f"controller {name} of plugin {name} and controller {other} of plugin {other}"
            )
            assert f"metadata.annotations[example.com/owner] of v1/ConfigMap {NAMESPACE}/contested" in charge.detail
    said = [line for line in lines if line["event"] == "Controllers undo each other's writes"]
    assert {(line["plugin"], line["other_plugin"], line["other_controller"]) for line in said} == {
        ("one", "two", "two"),
        ("two", "one", "one"),
    }
    assert all(line["field"] == "metadata.annotations[example.com/owner]" for line in said)
    assert harness.metrics.family(PLUGIN_MISBEHAVING).values == {("one", "fights"): 1, ("two", "fights"): 1}
    print_status({"plugins": [harness.status("one").as_dict()]})
    assert "fights over a field: controller one of plugin one" in capsys.readouterr().out
    harness.write("two.py", plugin_text("V2", name="two"))
    await harness.ran("V2", "contested", "two")
    harness.host.hint()
    await eventually(lambda: harness.status("two").charges == ())


async def test_ordinary_controllers_are_charged_with_nothing(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    harness.write("one.py", plugin_text("V1", body=LABEL))
    ticks = ", predicates=[__import__('plugin_operator').labels_changed]"
    harness.write("two.py", plugin_text("V1", name="two", body=TICK, options=ticks))
    await harness.state("Active", "one")
    await harness.state("Active", "two")
    await harness.create("clock")
    for number in range(150):
        await harness.create(f"o{number}")
    await harness.ran("V1", "o149")
    await eventually(lambda: harness.journal.messages("two", "V1").count("clock") > 100, timeout_seconds=30)
    await innocent(harness, "one", "two")


SCALE = """
if request.name == 'contested':
    await ctx.client.patch('apps/v1/Deployment', request, {'spec': {'replicas': REPLICAS}}, subresource=SUBRESOURCE)
"""
TYPED = """
if request.name == 'contested':
    found = await ctx.client.get(V1ConfigMap, request)
    found.data = {'owner': 'OWNER'}
    await ctx.client.update(found)
"""
MAKE = """
if request.name == 'contested' and request not in ctx.lister:
    await ctx.client.create({'apiVersion': 'v1', 'kind': 'ConfigMap',
                             'metadata': {'name': request.name, 'namespace': request.namespace}})
"""
UNMAKE = """
if request.name == 'contested' and request in ctx.lister:
    await ctx.client.delete('v1/ConfigMap', request)
"""


def deployment() -> dict[str, object]:
    labels = {"app": "contested"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    metadata = {"name": "contested", "namespace": NAMESPACE}
    spec = {"replicas": 5, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


async def test_one_that_scales_and_one_that_patches_the_replicas_are_named(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    for name, replicas, subresource in (("one", 1, None), ("two", 2, "scale")):
        body = SCALE.replace("REPLICAS", str(replicas)).replace("SUBRESOURCE", repr(subresource))
        harness.write(f"{name}.py", plugin_text("V1", name=name, kind="apps/v1/Deployment", body=body))
        await harness.state("Active", name)
    await harness.client.create(deployment())
    for name in ("one", "two"):
        charge = await charged(harness, name, "fights")
        assert f"spec.replicas of apps/v1/Deployment {NAMESPACE}/contested" in charge.detail


async def test_two_that_fight_with_typed_models_are_named(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    for name in ("one", "two"):
        head = "from kubernetes_asyncio.client import V1ConfigMap"
        harness.write(f"{name}.py", plugin_text("V1", name=name, head=head, body=TYPED.replace("OWNER", name)))
        await harness.state("Active", name)
    await harness.create("contested")
    for name in ("one", "two"):
        assert "data.owner of v1/ConfigMap" in (await charged(harness, name, "fights")).detail


async def test_one_that_creates_what_the_other_deletes_is_named(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    for name, body in (("one", MAKE), ("two", UNMAKE)):
        harness.write(f"{name}.py", plugin_text("V1", name=name, body=body))
        await harness.state("Active", name)
    await harness.create("contested")
    for name in ("one", "two"):
        charge = await charged(harness, name, "fights")
        assert f"create and delete v1/ConfigMap {NAMESPACE}/contested" in charge.detail
