"""Each controller owns its fields under a name of its own, and takes over what was written under the old shared one."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from plugin_operator.errors import ConflictError
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness
from tests.pages import block_with

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")
OLD = "plugin-operator"

APPLY = """ctx.log.info('applying')
if request.name == 'shared':
    await ctx.client.apply({'apiVersion': 'v1', 'kind': 'ConfigMap', 'data': {KEY: VALUE},
                            'metadata': {'name': 'shared', 'namespace': request.namespace}})
"""
HAND_OVER = """
if request.name == 'shared':
    await apply_and_take_over(ctx.client, {
        'apiVersion': 'v1', 'kind': 'ConfigMap', 'data': {'kept': 'new'},
        'metadata': {'name': 'shared', 'namespace': request.namespace}})
"""


async def get(harness: HostHarness, name: str) -> dict[str, Any]:
    found: dict[str, Any] = await harness.client.get("v1/ConfigMap", name, NAMESPACE)
    return found


def managers(obj: dict[str, Any]) -> set[str]:
    return {each["manager"] for each in obj["metadata"]["managedFields"]}


async def test_two_plugins_that_apply_one_object_keep_each_others_fields(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    harness.write("one.py", plugin_text("V1", body=APPLY.replace("KEY", "'a'").replace("VALUE", "'1'")))
    harness.write("two.py", plugin_text("V1", name="two", body=APPLY.replace("KEY", "'b'").replace("VALUE", "'2'")))
    await harness.state("Active", "one")
    await harness.state("Active", "two")
    await harness.create("shared")

    async def both() -> bool:
        return (await get(harness, "shared")).get("data") == {"a": "1", "b": "2"}

    await eventually(both, timeout_seconds=20)
    await harness.change("shared", 1)
    before = (harness.journal.reasons("one").count("V1"), harness.journal.reasons("two").count("V1"))
    await harness.change("shared", 2)
    await eventually(lambda: harness.journal.reasons("one").count("V1") > before[0], timeout_seconds=20)
    await eventually(lambda: harness.journal.reasons("two").count("V1") > before[1], timeout_seconds=20)
    shared = await get(harness, "shared")
    assert shared["data"] == {"a": "1", "b": "2", "n": "2"}
    assert {"plugin-operator/one", "plugin-operator/two"} <= managers(shared)


async def test_a_renamed_controller_keeps_its_fields_and_finalizer_by_its_id(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    body = "obj = ctx.lister.get(request)\nif obj: await ctx.ensure_finalizer(obj)\n"
    undo = "obj = ctx.lister.get(request)\nif obj: await ctx.remove_finalizer(obj)\n"
    harness.write("one.py", plugin_text("V1", body=body))
    await harness.create("a")
    await harness.ran("V1", "a")

    async def finalizers(expected: list[str]) -> bool:
        found: bool = (await get(harness, "a"))["metadata"].get("finalizers", []) == expected
        return found

    await eventually(lambda: finalizers(["plugin-operator/one"]), timeout_seconds=20)
    harness.write("one.py", plugin_text("V2", name="renamed", options=", id='one'", body=undo))
    await eventually(lambda: finalizers([]), timeout_seconds=20)


async def test_an_id_that_another_controller_has_is_refused_until_it_is_free(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    harness.write("one.py", plugin_text("V1"))
    await harness.state("Active", "one")
    harness.write("two.py", plugin_text("V1", name="two", options=", id='one'"))
    refused = await harness.state("Rejected", "two")
    assert "id: 'one' of controller 'two' is the id of controller 'one' of plugin 'one'" in refused.reason
    assert refused.line
    harness.write("one.py", plugin_text("V2", options=", id='other'"))
    await harness.state("Active", "two")


async def apply_as_old(harness: HostHarness, **data: Any) -> None:
    await harness.client.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "shared", "namespace": NAMESPACE},
            "data": data,
        },
        field_manager=OLD,
    )


async def test_what_the_old_manager_owns_conflicts_and_outlives_its_absence(harness: HostHarness) -> None:
    await apply_as_old(harness, kept="old", dropped="old")
    new = harness.client.with_field_manager("plugin-operator/one")
    wanted = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "shared", "namespace": NAMESPACE},
        "data": {"kept": "new"},
    }
    with pytest.raises(ConflictError, match=OLD):
        await new.apply(wanted)
    applied = await new.apply(wanted, force=True)
    assert applied["data"] == {"kept": "new", "dropped": "old"}  # nobody is left who would take it away
    assert managers(applied) == {OLD, "plugin-operator/one"}


async def test_fields_of_the_old_manager_are_handed_over_as_the_docs_say(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    documented = block_with("docs/writing-plugins.md", "async def apply_and_take_over").code
    await apply_as_old(harness, kept="old", dropped="old")
    harness.write("one.py", plugin_text("V1", head=documented, body=HAND_OVER))

    async def handed_over() -> bool:
        shared = await get(harness, "shared")
        return shared["data"] == {"kept": "new"} and managers(shared) == {"plugin-operator/one"}

    await eventually(handed_over, timeout_seconds=20)
