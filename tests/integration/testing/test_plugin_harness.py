"""The harness for plugin authors."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plugin_operator.errors import PluginRejected
from plugin_operator.testing.harness import PluginHarness

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def marks(ctx, request):
    obj = ctx.lister.get(request)
    if obj and obj.get("data", {}).get("fail"):
        raise ValueError("told to fail")
    if obj and not obj["metadata"].get("labels"):
        await ctx.client.patch("v1/ConfigMap", request, {"metadata": {"labels": {"marked": "TEXT"}}})
"""


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "marks.py"
    path.write_text(PLUGIN)
    return path


async def test_after_settling_everything_is_reconciled(plugin: Path) -> None:
    async with PluginHarness(plugin) as harness:
        for number in range(20):
            await harness.client.create(config_map(f"c{number}"))
        await harness.settle()
        objects = await harness.client.list("v1/ConfigMap", "default", label_selector="marked=TEXT")
        assert len(objects) == 20
        assert harness.reconciles("marks") >= 20


async def test_failures_are_there_to_be_looked_at(plugin: Path) -> None:
    async with PluginHarness(plugin) as harness:
        await harness.client.create(config_map("bad", fail="yes"))
        await harness.settle()
        assert harness.failing("marks") == {"default/bad": "ValueError: told to fail"}


async def test_a_plugin_can_be_edited_broken_and_removed(plugin: Path) -> None:
    async with PluginHarness(plugin) as harness:
        before = harness.plugin("marks").revision
        edited = await harness.write("marks", PLUGIN.replace("TEXT", "anew"))
        assert edited is not None
        assert edited.revision != before
        await harness.client.create(config_map("one"))
        await harness.settle()
        assert (await harness.client.get("v1/ConfigMap", "one"))["metadata"]["labels"] == {"marked": "anew"}
        broken = await harness.write("marks", "def x(:")
        assert broken is not None
        assert "SyntaxError" in broken.reason
        assert broken.revision == edited.revision
        await harness.remove("marks")
        assert harness.plugins() == []


async def test_a_plugin_that_does_not_exist_leaves_the_working_directory_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "precious.txt").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError):
        async with PluginHarness("nowhere.py"):
            raise AssertionError("must not be reached")
    assert (tmp_path / "precious.txt").exists()


async def test_a_plugin_that_cannot_be_loaded_fails_the_entering(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("1/0")
    with pytest.raises(PluginRejected, match=r"bad\.py:1: ZeroDivisionError"):
        async with PluginHarness(bad):
            raise AssertionError("must not be reached")


async def test_what_is_unknown_is_told(plugin: Path) -> None:
    async with PluginHarness(plugin) as harness:
        with pytest.raises(LookupError, match="no plugin 'other'"):
            harness.plugin("other")
        with pytest.raises(LookupError, match=r"no controller .*, only \['marks'\]"):
            harness.reconciles("other")


def test_loading_the_fixtures_loads_nothing_of_the_operator() -> None:
    code = (
        "import plugin_operator.testing.pytest_plugin, sys\n"
        "print(sorted({'aiohttp', 'structlog', 'prometheus_client', 'kubernetes_asyncio'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "[]\n"


STEPS = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def steps(ctx, request):
    obj = ctx.lister.get(request)
    step = int(obj["data"].get("step", 0)) if obj else 30
    if step < 30:
        await ctx.client.patch("v1/ConfigMap", request, {"data": {"step": str(step + 1)}})
"""


async def test_settling_does_not_end_between_two_steps_of_a_reconciler(tmp_path: Path) -> None:
    path = tmp_path / "steps.py"
    path.write_text(STEPS)
    seen = []
    async with PluginHarness(path) as harness:
        for number in range(20):
            await harness.client.create(config_map(f"c{number}", step="0"))
            await harness.settle()
            seen.append((await harness.client.get("v1/ConfigMap", f"c{number}"))["data"]["step"])
    assert seen == ["30"] * 20


def test_the_helpers_have_a_public_path_and_cost_nothing_until_asked_for() -> None:
    code = (
        "import sys, plugin_operator.testing.pytest_plugin, plugin_operator.testing as public\n"
        "assert not {'aiohttp', 'kubernetes_asyncio', 'plugin_operator.app'} & set(sys.modules)\n"
        "for name in public.__all__: assert getattr(public, name).__name__ == name\n"
        "from plugin_operator.testing.eventually import eventually\n"
        "from plugin_operator.testing import PluginHarness, eventually as again\n"
        "assert callable(again), again\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


async def test_a_wrong_return_value_names_the_file_and_line_of_its_controller(plugin: Path) -> None:
    plugin.write_text(f"{PLUGIN}    return {{}}\n")  # the first revision: an edit would be rolled back
    async with PluginHarness(plugin) as harness:
        await harness.client.create(config_map("one"))
        await harness.settle()
        assert "marks.py:4) returned a dict: return None or a Result" in harness.failing("marks")["default/one"]
