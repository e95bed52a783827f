"""A test fails if a plugin makes a call that no rule of it allows, even if the plugin swallows the error."""

from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing import PluginHarness, scenario
from tests.integration.testing.failures import failure_of

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

HELLO: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello", "namespace": "default"}}
# The kind comes from the object, so that the source does not show it.
PLUGIN = """
from plugin_operator import controller, permission{head}

@controller(for_="v1/ConfigMap"{options})
async def greeting(ctx, request):
    kind = ctx.lister.get(request)["data"]["kind"]
    try:
        await ctx.client.{call}
    except Exception as error:
        ctx.log.info("swallowed", error=str(error))
"""
DATA = {**HELLO, "data": {"kind": "v1/Secret"}}
GET = "get(kind, request)"


def plugin(folder: Path, options: str = "", call: str = GET) -> Path:
    path = folder / "greeting.py"
    path.write_text(PLUGIN.format(head="", options=options, call=call))
    return path


async def test_a_swallowed_error_fails_the_scenario_with_place_and_way_out(tmp_path: Path) -> None:
    path = plugin(tmp_path)

    async def test() -> None:
        async with scenario(path, objects=[DATA]) as s:
            (line,) = s.logs
            assert line["error"] == (
                '403 Forbidden: secrets "hello" is forbidden: User "system:serviceaccount:plugin-operator-system:'
                'plugin-operator" cannot get resource "secrets" in API group "" in the namespace "default"'
            )

    assert await failure_of(test()) == (
        "plugins called the API server without a permission, which a cluster denies:\n"
        f'{path}:8: get secrets "hello" in default is allowed by no rule of the plugin. '
        'Add permissions=[permission("secrets", "get")] to its controller'
    )


async def test_a_denied_write_is_a_failed_write_and_changes_nothing(tmp_path: Path) -> None:
    call = 'patch(kind, request, {"metadata": {"labels": {"a": "b"}}})'
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": HELLO["metadata"]}

    async def test() -> None:
        async with scenario(plugin(tmp_path, call=call), objects=[secret, DATA]) as s:
            assert s.writes == []
            assert [each.error.partition(":")[0] for each in s.failed_writes] == ["ForbiddenError"]
            assert "labels" not in (await s.get("v1/Secret", "hello"))["metadata"]

    assert 'permission("secrets", "patch")' in await failure_of(test())


async def test_a_declared_permission_allows_the_call(tmp_path: Path) -> None:
    path = plugin(tmp_path, ', permissions=[permission("secrets", "get")]')
    async with scenario(path, objects=[DATA]) as s:
        assert "not found" in s.logs[0]["error"]


async def test_an_apply_that_creates_needs_both_verbs(tmp_path: Path) -> None:
    call = 'apply({"apiVersion": "v1", "kind": kind.split("/")[1], "metadata": {"name": "x", "namespace": "default"}})'

    async def test() -> None:
        async with scenario(plugin(tmp_path, ', permissions=[permission("secrets", "patch")]', call), objects=[DATA]):
            pass

    message = await failure_of(test())
    assert 'permission("secrets", "create")' in message
    assert '"patch"' not in message


async def test_the_check_can_be_switched_off(tmp_path: Path) -> None:
    async with scenario(plugin(tmp_path), objects=[DATA], check_permissions=False) as s:
        assert "not found" in s.logs[0]["error"]
    async with PluginHarness(plugin(tmp_path), check_permissions=False) as harness:
        await harness.client.create(DATA)
        await harness.settle()


async def test_a_harness_fails_as_well_and_follows_edits(tmp_path: Path) -> None:
    path = plugin(tmp_path, ', permissions=[permission("secrets", "get")]')

    async def test() -> None:
        async with PluginHarness(path) as harness:
            await harness.client.create(DATA)
            await harness.settle()
            await harness.write("greeting", plugin(tmp_path, call="list(kind)").read_text())
            await harness.settle()

    assert f"{path}:8: list secrets is allowed by no rule" in await failure_of(test())


async def test_a_test_that_failed_before_keeps_its_error_and_gets_a_note(tmp_path: Path) -> None:
    with pytest.raises(KeyError) as failed:
        async with scenario(plugin(tmp_path), objects=[DATA]):
            raise KeyError("mine")
    assert "permission(" in failed.value.__notes__[0]


async def test_the_test_s_own_calls_are_free(tmp_path: Path) -> None:
    path = plugin(tmp_path, ', permissions=[permission("secrets", "get")]')
    async with scenario(path, objects=[DATA]) as s:
        await s.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})


async def test_a_rule_for_one_namespace_allows_no_call_in_another(tmp_path: Path) -> None:
    options = ', namespaces=["default"], permissions=[permission("secrets", ["get", "list"])]'
    path = plugin(tmp_path, options, call='get(kind, "db", "kube-system")')

    async def test() -> None:
        async with scenario(path, objects=[DATA]) as s:
            (line,) = s.logs
            assert 'in the namespace "kube-system"' in line["error"]

    assert f'{path}:8: get secrets "db" in kube-system is allowed in default only.' in await failure_of(test())


async def test_a_rule_for_one_namespace_allows_no_list_of_all_and_each_call_in_its_own(tmp_path: Path) -> None:
    options = ', namespaces=["default"], permissions=[permission("secrets", ["get", "list"])]'

    async def test() -> None:
        async with scenario(plugin(tmp_path, options, call="list(kind)"), objects=[DATA]):
            pass

    assert "list secrets in all namespaces is allowed in default only" in await failure_of(test())
    async with scenario(plugin(tmp_path, options, call='list(kind, "default")'), objects=[DATA]) as s:
        assert s.logs == []
