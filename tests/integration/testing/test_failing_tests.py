"""A failing test shows its assertion, and traceback and log lines of the plugin: nothing of the operator's inside."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def bad(ctx, request):
    ctx.log.info("Looked at", colour="blue")
    if ctx.lister.get(request):
        await broken(ctx)

async def broken(ctx):
    try:
        await ctx.client.get("v1/ConfigMap", "absent", "default")
    except Exception as error:
        raise ValueError("unlucky") from error
"""
TESTS = """
import sys
from pathlib import Path

from plugin_operator.testing import PluginHarness, fake_context, scenario

sys.path.insert(0, str(Path(__file__).parent.parent / "plugins"))
HELLO = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello", "namespace": "default"}}

async def test_assertion():
    async with scenario("../plugins/bad.py", objects=[HELLO]) as s:
        assert s.writes == ["a write"]

async def test_rejected():
    async with scenario("../plugins/rejected.py"):
        pass

async def test_harness(plugin_harness):
    async with plugin_harness("../plugins/rejected.py"):
        pass

async def test_refused():
    async with scenario("../plugins/bad.py", objects=["objects.yaml"]):
        pass

async def test_plain_call():
    from bad import bad
    await bad(fake_context([HELLO], request=("default", "hello")), fake_context(request=("default", "hello")).request)

async def test_missing():
    async with scenario("../plugins/missing.py"):
        pass

def test_function():
    scenario("../plugins/bad.py", object=HELLO)

def test_fixture(scenario):
    scenario("../plugins/bad.py", object=HELLO)

def test_keyword():
    scenario(plugins="../plugins/bad.py")

def test_class():
    PluginHarness("../plugins/bad.py", timeout=3)

def test_factory(plugin_harness):
    plugin_harness("../plugins/bad.py", timeout=3)

async def test_method():
    async with scenario("../plugins/bad.py") as s:
        await s.advance(second=3)

async def test_attribute():
    async with scenario("../plugins/bad.py") as s:
        await s.setle()

def test_name():
    return Result()
"""
OBJECTS = "---\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: 1}}\n"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run shows of each test."""
    folder = tmp_path_factory.mktemp("project")
    files = {
        "plugins/bad.py": PLUGIN,
        "plugins/rejected.py": "import nosuch\n" + PLUGIN,
        "tests/test_it.py": TESTS,
        "tests/objects.yaml": OBJECTS,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), "tests"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command += ["-p", "plugin_operator.testing.pytest_plugin"]
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert "14 failed" in ended.stdout, ended.stdout + ended.stderr
    parts = ended.stdout.split("\n____")
    return {part.strip("_ ").split()[0]: part.replace(str(folder), "PROJECT") for part in parts[1:]}


def test_nothing_of_the_inside_is_shown(shown: dict[str, str]) -> None:
    for text in shown.values():
        assert not [line for line in text.splitlines() if "plugin_operator/" in line or "aiohttp" in line]
        assert "[debug" not in text
        assert "Connected to the API server" not in text
        assert "plugin-harness-" not in text


def test_a_reconcile_that_raises_shows_the_lines_of_the_plugin(shown: dict[str, str]) -> None:
    lines = shown["test_assertion"].splitlines()
    assert any(each.startswith(">") and 'assert s.writes == ["a write"]' in each for each in lines)
    assert "[info] Looked at colour=blue controller=bad name=hello namespace=default plugin=bad" in lines
    first = next(each for each in lines if each.startswith("[error] Reconciler error at=PROJECT/plugins/bad.py:14"))
    assert "error='ValueError: unlucky'" in first
    files = [each.strip() for each in lines if each.startswith("  File")]
    assert files == [
        'File "PROJECT/plugins/bad.py", line 12, in broken',
        'File "PROJECT/plugins/bad.py", line 8, in bad',
        'File "PROJECT/plugins/bad.py", line 14, in broken',
    ]
    assert [each for each in lines if each.startswith(("plugin_operator.errors.NotFoundError: 404", "ValueError: un"))]


@pytest.mark.parametrize("name", ["test_rejected", "test_harness"])
def test_a_rejected_plugin_is_one_line(shown: dict[str, str], name: str) -> None:
    errors = [each for each in shown[name].splitlines() if each.startswith("E ")]
    assert len(errors) == 1
    assert "PluginRejected: PROJECT/plugins/rejected.py:1: ModuleNotFoundError" in errors[0]


def test_an_object_that_the_server_refuses_is_named_with_its_file(shown: dict[str, str]) -> None:
    assert "The API server refused v1/ConfigMap a, document 2 of PROJECT/tests/objects.yaml" in shown["test_refused"]


def test_a_plain_call_shows_test_and_plugin(shown: dict[str, str]) -> None:
    places = [each for each in shown["test_plain_call"].splitlines() if each.startswith(("tests/", "plugins/"))]
    assert [each.split(":")[0] for each in places] == ["plugins/bad.py", "tests/test_it.py", *["plugins/bad.py"] * 2]


def test_a_plugin_that_is_not_there_is_named(shown: dict[str, str]) -> None:
    assert "FileNotFoundError: ../plugins/missing.py is neither in PROJECT/tests" in shown["test_missing"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("test_function", "scenario() has no argument 'object': did you mean 'objects'?"),
        ("test_fixture", "scenario() has no argument 'object': did you mean 'objects'?"),
        ("test_keyword", "scenario() takes plugins without a name: scenario('plugins/hello.py', …)"),
        ("test_class", "PluginHarness() has no argument 'timeout': did you mean 'timeout_seconds'?"),
        ("test_factory", "PluginHarness() has no argument 'timeout': did you mean 'timeout_seconds'?"),
        ("test_method", "Scenario.advance() has no argument 'second': did you mean 'seconds'?"),
        ("test_attribute", "'Scenario' object has no attribute 'setle': did you mean settle?"),
        ("test_name", "name 'Result' is not defined: add 'from plugin_operator import Result'"),
    ],
)
def test_a_wrong_use_of_the_helpers_shows_the_right_one(shown: dict[str, str], name: str, hint: str) -> None:
    assert f"E {hint}" in [" ".join(each.split()) for each in shown[name].splitlines()]
