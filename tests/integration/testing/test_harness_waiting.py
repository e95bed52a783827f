"""Settling with kinds that come and go: what waits for a kind that is there by now is not at rest."""

from pathlib import Path

import pytest

from plugin_operator.errors import NoMatchError
from plugin_operator.hosting import PluginState
from plugin_operator.testing.harness import PluginHarness
from tests.widgets import definition

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

PLUGIN = """
from plugin_operator import controller

@controller(for_="example.com/v1/Widget")
async def widgets(ctx, request): ...
"""
OTHER = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def widgets(ctx, request): ...
"""
CRD = definition("example.com")


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "widgets.py"
    path.write_text(PLUGIN)
    return path


async def test_settling_ends_once_a_plugin_works_whose_kind_has_come(plugin: Path) -> None:
    async with PluginHarness(plugin) as harness:
        assert harness.plugin("widgets").state is PluginState.WAITING
        await harness.client.create(CRD)
        await harness.settle()
        assert (harness.plugin("widgets").state, harness.plugin("widgets").reason) == (PluginState.ACTIVE, "")


async def test_settling_ends_once_the_objects_of_a_kind_that_has_come_are_reconciled(plugin: Path) -> None:
    async with PluginHarness(plugin) as harness:
        await harness.client.create(CRD)
        for number in range(5):
            widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": f"w{number}"}}
            await harness.client.create(widget)
        await harness.settle()
        assert harness.plugin("widgets").state is PluginState.ACTIVE
        assert harness.reconciles("widgets") == 5


async def test_a_kind_is_served_to_the_test_as_soon_as_its_definition_is_created(plugin: Path) -> None:
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    async with PluginHarness(plugin) as harness:
        for _ in range(3):
            with pytest.raises(NoMatchError):
                await harness.client.create(widget)
            await harness.client.create(CRD)
            await harness.client.create(widget)
            assert (await harness.client.get("example.com/v1/Widget", "w"))["metadata"]["name"] == "w"
            await harness.client.delete("apiextensions.k8s.io/v1/CustomResourceDefinition", "widgets.example.com")
            await harness.settle()


async def test_settling_ends_while_a_kind_is_not_there(plugin: Path) -> None:
    async with PluginHarness(plugin) as harness:
        await harness.settle()
        assert harness.plugin("widgets").state is PluginState.WAITING


async def test_settling_sees_a_kind_go_and_come_again(plugin: Path) -> None:
    async with PluginHarness(plugin) as harness:
        await harness.client.create(CRD)
        await harness.settle()
        await harness.client.delete("apiextensions.k8s.io/v1/CustomResourceDefinition", "widgets.example.com")
        await harness.settle()
        assert harness.plugin("widgets").state is PluginState.WAITING
        await harness.client.create(CRD)
        await harness.settle()
        assert harness.plugin("widgets").state is PluginState.ACTIVE


async def test_settling_ends_once_a_plugin_works_whose_further_kind_has_come(plugin: Path) -> None:
    async with PluginHarness(plugin) as harness:
        await harness.write("widgets", OTHER.replace('v1/ConfigMap"', 'v1/ConfigMap", reads=["example.com/v1/Widget"]'))
        await harness.settle()
        assert harness.plugin("widgets").state is PluginState.WAITING
        await harness.client.create(CRD)
        await harness.settle()
        assert harness.plugin("widgets").state is PluginState.ACTIVE


@pytest.fixture
def other(plugin: Path) -> Path:
    plugin.write_text(OTHER)
    return plugin


async def test_settling_ends_once_an_edit_works_that_waited_for_a_kind(other: Path) -> None:
    async with PluginHarness(other) as harness:
        before = harness.plugin("widgets").revision
        kept_back = await harness.write("widgets", PLUGIN)
        assert kept_back is not None
        assert (kept_back.state, kept_back.revision) == (PluginState.WAITING, before)
        await harness.settle()
        await harness.client.create(CRD)
        await harness.settle()
        assert harness.plugin("widgets").state is PluginState.ACTIVE
        assert harness.plugin("widgets").revision != before


async def test_a_wait_without_any_plugin_names_its_file(plugin: Path) -> None:
    found = f"waited 0 s for the plugins to load: no plugin was found yet in {plugin}"
    with pytest.raises(AssertionError, match=found):
        await PluginHarness(plugin, timeout_seconds=0).__aenter__()
