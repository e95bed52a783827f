"""Async tests that take the harness run in any project, and those of other pytest plugins are left to them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

TESTS = """
import asyncio

async def test_passes(plugin_harness, tmp_path):
    await asyncio.sleep(0)
    assert callable(plugin_harness) and tmp_path.exists()

async def test_fails(plugin_harness):
    assert plugin_harness is None

class TestMethods:
    async def test_in_a_class(self, plugin_harness):
        await asyncio.sleep(0)

def test_plain(plugin_harness):
    assert callable(plugin_harness)
"""
MARKED = """
import asyncio, pytest, pytest_asyncio

@pytest_asyncio.fixture
async def loop_of_fixtures(): return asyncio.get_running_loop()

@pytest.mark.asyncio
async def test_marked(plugin_harness, loop_of_fixtures):
    assert asyncio.get_running_loop() is loop_of_fixtures
"""
IMPORTED = """
from plugin_operator.testing import fake_context, scenario

async def test_with_a_fake(tmp_path, number=1):
    assert fake_context(request=("", "a")).writes == []
    assert number == 1

async def test_with_a_scenario(tmp_path):
    async with scenario() as s:
        assert s.requests == []

class TestMethods:
    async def test_with_the_fixture(self, scenario):
        assert scenario is None
"""
WITHOUT = "async def test_of_somebody_else(): ...\n"


ASYNCIO = ("-p", "pytest_asyncio.plugin")


def run(folder: Path, text: str, *options: str) -> str:
    """Run tests with no other plugins of pytest than those named: the many that are installed take their time."""
    (folder / "test_it.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    command += ["-p", "plugin_operator.testing.pytest_plugin", *options, "."]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    return ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "options",
    [(), ASYNCIO, (*ASYNCIO, "-o", "asyncio_mode=auto")],
    ids=["no pytest-asyncio", "strict pytest-asyncio", "auto pytest-asyncio"],
)
def test_async_tests_that_take_the_harness_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    said = run(tmp_path, TESTS, *options)
    assert "1 failed, 3 passed" in said, said
    assert "assert plugin_harness is None" in said


@pytest.mark.parametrize("options", [(), ASYNCIO], ids=["no pytest-asyncio", "strict pytest-asyncio"])
def test_async_tests_in_a_module_that_imports_from_the_package_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    said = run(tmp_path, IMPORTED, *options)
    assert "1 failed, 2 passed" in said, said
    assert "functools.partial" in said


def test_paths_of_the_fixture_start_at_the_folder_of_the_test(tmp_path: Path) -> None:
    folder = tmp_path / "unit"
    folder.mkdir()
    (folder / "hello.yaml").write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}}")
    test = 'async def test_it(scenario):\n    async with scenario(objects=["hello.yaml"]) as s:\n'
    (folder / "test_there.py").write_text(test + '        assert await s.get("v1/ConfigMap", "a", "shop")\n')
    said = run(tmp_path, "")
    assert "1 passed" in said, said


def test_a_test_marked_for_another_runner_is_left_to_it(tmp_path: Path) -> None:
    said = run(tmp_path, MARKED, *ASYNCIO)
    assert "1 passed" in said, said


def test_async_tests_that_do_not_take_the_harness_are_not_touched(tmp_path: Path) -> None:
    said = run(tmp_path, WITHOUT)
    assert "1 failed" in said, said
    assert "async def functions are not natively supported" in said


def test_captured_output_of_the_harness_has_no_colours(tmp_path: Path) -> None:
    plugin = "from plugin_operator import controller\n@controller(for_='example.com/v1/W')\ndef w(ctx, request): ...\n"
    (tmp_path / "w.py").write_text(plugin)
    said = run(tmp_path, "async def test_it(plugin_harness):\n    async with plugin_harness('w.py'): assert False\n")
    assert "[warning] Informer is waiting" in said, said
    assert "\x1b" not in said
