"""Edits through the harness: each call returns once what it changed has been followed, helpers included."""

import asyncio
from pathlib import Path

import pytest

from plugin_operator.hosting import PluginState
from plugin_operator.testing.harness import PluginHarness

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

LONG_SECONDS = 60

PLUGIN = """
from plugin_operator import controller
from words import WORD

@controller(for_="v1/ConfigMap")
async def marks(ctx, request):
    obj = ctx.lister.get(request)
    if obj and (obj["metadata"].get("labels") or {}).get("marked") != WORD:
        await ctx.client.patch("v1/ConfigMap", request, {"metadata": {"labels": {"marked": WORD}}})
"""
ALONE = """
from plugin_operator import controller

@controller(for_="v1/Secret")
async def alone(ctx, request): ...
"""
CLEANS = """
from plugin_operator import controller

async def clean(ctx, obj): ...

@controller(for_="v1/ConfigMap", cleanup=clean)
async def cleans(ctx, request): ...
"""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    texts = {"marks": PLUGIN, "words": "WORD = 'old'", "alone": ALONE}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    return [tmp_path / f"{name}.py" for name in texts]


async def label_of(harness: PluginHarness) -> str:
    await harness.settle()
    labels = (await harness.client.get("v1/ConfigMap", "one"))["metadata"]["labels"]
    return str(labels["marked"])


async def test_writing_a_helper_returns_once_the_plugins_that_import_it_are_reloaded(files: list[Path]) -> None:
    async with PluginHarness(*files) as harness:
        other = harness.plugin("alone").revision
        await harness.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}})
        assert await label_of(harness) == "old"
        before = harness.plugin("marks").revision
        async with asyncio.timeout(LONG_SECONDS):
            assert await harness.write("words", "WORD = 'new'") is None
        assert harness.plugin("marks").revision != before
        assert harness.plugin("marks").state is PluginState.ACTIVE
        assert await label_of(harness) == "new"
        assert harness.plugin("alone").revision == other


async def test_writing_a_broken_helper_returns_once_the_plugins_that_import_it_refuse_it(files: list[Path]) -> None:
    async with PluginHarness(*files) as harness:
        before = harness.plugin("marks").revision
        await harness.write("words", "1/0")
        plugin = harness.plugin("marks")
        assert (plugin.state, plugin.revision, plugin.line) == (PluginState.REJECTED, before, 1)
        await harness.write("words", "WORD = (")
        assert "SyntaxError" in harness.plugin("marks").reason
        await harness.write("words", "WORD = 'old'")
        assert (harness.plugin("marks").state, harness.plugin("marks").revision) == (PluginState.ACTIVE, before)


async def test_a_helper_that_nobody_imports_yet_becomes_one_with_the_plugin_that_does(files: list[Path]) -> None:
    async with PluginHarness(files[2]) as harness:
        alone = await harness.write("words", "WORD = 'old'")
        assert alone is not None
        assert alone.state is PluginState.REJECTED  # a file that no one imports is a plugin without a controller
        written = await harness.write("marks", PLUGIN)
        assert written is not None
        assert written.state is PluginState.ACTIVE
        assert [plugin.name for plugin in harness.plugins()] == ["alone", "marks"]


async def test_removing_a_helper_returns_once_the_plugins_that_import_it_are_tried_without(files: list[Path]) -> None:
    async with PluginHarness(*files) as harness:
        before = harness.plugin("marks").revision
        await harness.remove("words")
        plugin = harness.plugin("marks")
        assert (plugin.state, plugin.revision) == (PluginState.REJECTED, before)
        assert "words" in plugin.reason


async def test_writing_the_same_text_again_returns(files: list[Path]) -> None:
    async with PluginHarness(*files) as harness:
        before = harness.plugin("marks")
        assert await harness.write("words", "WORD = 'old'") is None
        assert await harness.write("marks", PLUGIN) is not None
        assert harness.plugin("marks").revision == before.revision


async def test_writing_the_last_good_text_over_a_refused_one_returns_what_works(files: list[Path]) -> None:
    async with PluginHarness(*files) as harness:
        broken = await harness.write("marks", "def x(:")
        assert broken is not None
        assert broken.state is PluginState.REJECTED
        mended = await harness.write("marks", PLUGIN)
        assert mended is not None
        assert (mended.state, mended.reason, mended.candidate) == (PluginState.ACTIVE, "", "")


async def test_a_name_that_cannot_be_a_plugin_is_told(files: list[Path]) -> None:
    async with PluginHarness(*files) as harness:
        refused = await harness.write("structlog", ALONE)
        assert refused is not None
        assert refused.state is PluginState.REJECTED
        assert "rename it" in refused.reason
        await harness.remove("structlog")
        assert "structlog" not in [plugin.name for plugin in harness.plugins()]


async def test_a_name_may_end_in_py(files: list[Path]) -> None:
    async with PluginHarness(files[2]) as harness:
        written = await harness.write("alone.py", ALONE + "# edited")
        assert written is not None
        assert [plugin.name for plugin in harness.plugins()] == ["alone"]
        assert harness.plugin("alone.py") == harness.plugin("alone")
        await harness.remove("alone.py")
        assert harness.plugins() == []


async def test_removing_a_plugin_whose_finalizers_are_left_returns_once_it_is_held(files: list[Path]) -> None:
    cleans = files[0].with_name("cleans.py")
    cleans.write_text(CLEANS)
    async with PluginHarness(cleans, files[2], timeout_seconds=LONG_SECONDS) as harness:
        await harness.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}})
        await harness.settle()
        async with asyncio.timeout(LONG_SECONDS / 2):
            left = await harness.remove("cleans")
            await harness.settle()
        assert left is not None
        assert left.state is PluginState.HELD
        assert "1 object keeps the finalizer plugin-operator.cleanup/cleans: v1/ConfigMap default/one" in left.reason
        assert await harness.remove("alone") is None
