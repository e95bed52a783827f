"""A test fails if a plugin writes a field that the API server does not know, and drops with a warning alone."""

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
        f'{path}:6: patch configmaps: unknown field "metadata.lables"\n'
        f'{path}:6: patch configmaps: unknown field "dta"'
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
