"""A test fails if a plugin writes a field that the API server does not store: an unknown one, or a lost status."""

from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing import PluginHarness, scenario
from tests.integration.testing.failures import failure_of

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

HELLO: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello", "namespace": "default"}}
PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def greeting(ctx, request):
    await ctx.client.patch("v1/ConfigMap", request, {patch})
"""


def plugin(folder: Path, patch: str = '{"metadata": {"lables": {"a": "b"}}, "dta": {}}') -> Path:
    path = folder / "greeting.py"
    path.write_text(PLUGIN.format(patch=patch))
    return path


async def test_an_unknown_field_fails_the_scenario_with_place_and_way_out(tmp_path: Path) -> None:
    path = plugin(tmp_path)

    async def test() -> None:
        async with scenario(path, objects=[HELLO]):
            pass

    assert await failure_of(test()) == (
        "plugins wrote fields that the API server does not know, and that it did not store. Correct the names, or pass "
        "check_fields=False:\n"
        f"""{path}:6: patch configmaps "hello" in default: unknown field "dta": did you mean 'data'?\n"""
        f"""{path}:6: patch configmaps "hello" in default: unknown field "metadata.lables": did you mean 'labels'?"""
    )


async def test_a_harness_fails_as_well(tmp_path: Path) -> None:
    async def test() -> None:
        async with PluginHarness(plugin(tmp_path)) as harness:
            await harness.client.create(HELLO)
            await harness.settle()

    assert 'unknown field "dta"' in await failure_of(test())


async def test_the_check_can_be_switched_off(tmp_path: Path) -> None:
    async with scenario(plugin(tmp_path), objects=[HELLO], check_fields=False) as s:
        assert [str(each) for each in s.writes] == ["patch v1/ConfigMap default/hello"]


async def test_a_test_that_failed_before_keeps_its_error_and_gets_a_note(tmp_path: Path) -> None:
    with pytest.raises(KeyError) as failed:
        async with scenario(plugin(tmp_path), objects=[HELLO]):
            raise KeyError("mine")
    assert 'unknown field "dta"' in failed.value.__notes__[0]


async def test_known_fields_and_the_test_s_own_typos_are_no_failure(tmp_path: Path) -> None:
    async with scenario(plugin(tmp_path, '{"data": {"a": "b"}}'), objects=[HELLO]) as s:
        await s.patch("v1/ConfigMap", "hello", {"dta": {}})


OWNER = """
from plugin_operator import ApiObject, Conditions, Struct, controller, resource

class Status(Struct):
    ready: int = 0
    conditions: Conditions = []

@resource("example.com/v1/Widget")
class Widget(ApiObject):
    status: Status | None = None

def made(version, kind, name, **more):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "default"}, **more}

@controller(for_="v1/ConfigMap", label_selector="own", owns=["v1/Service"], reads=[Widget])
async def owner(ctx, request):
    obj = ctx.lister.get(request)
    if ctx.lister_for(Widget).get("a", "default") is not None:
        return
    await ctx.client.create(made("example.com/v1", "Widget", "a", status={"ready": 1, "conditions": []}))
    await ctx.client.patch("example.com/v1/Widget", "a", {"status": {"ready": 2}}, "default")
    await ctx.client.patch("example.com/v1/Widget", "a", {"status": {"ready": 3}}, "default", subresource="status")
    found = await ctx.client.get("example.com/v1/Widget", "a", "default")
    await ctx.client.update(found)
    await ctx.client.update({**found, "status": {"ready": 4}})
    spec = {"ports": [{"port": 80}]}
    await ctx.sync_children(obj, [made("v1", "Service", "s", spec=spec, status={"loadBalancer": {"ingress": [{}]}})])
"""


async def test_a_status_in_a_call_that_does_not_write_it_fails_the_scenario(tmp_path: Path) -> None:
    path = tmp_path / "owner.py"
    path.write_text(OWNER)
    labelled = {**HELLO, "metadata": {**HELLO["metadata"], "labels": {"own": "yes"}}}

    async def test() -> None:
        async with scenario(path, objects=[labelled]):
            pass

    head, *lines = (await failure_of(test())).splitlines()
    assert head.startswith("plugins wrote a status with calls that do not write it, and the API server did not store")
    assert [each.partition(": ")[2] for each in lines] == [
        'create widgets.example.com "a" in default: status.ready',
        'patch widgets.example.com "a" in default: status.ready',
        'update widgets.example.com "a" in default: status.ready',
        'apply services "s" in default: status.loadBalancer.ingress',
    ]
