"""The calls of plugins in a test run are written to a file, and fail the tests of plugins without a permission."""

from pathlib import Path

import pytest

from plugin_operator.hosting.permissions.calls import Call, calls_from_json
from plugin_operator.testing.permissions.call_recording import CallRecording
from tests.integration.testing.test_pytest_plugin import run

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def greeting(ctx, request):
    if ctx.lister.get(request):
        await ctx.client.patch("v1/ConfigMap", request, {"data": {"a": "b"}})

async def read(ctx, kind):
    try:
        await ctx.client.list(kind)
    except Exception:
        pass
"""
TESTS = """
import greeting
from plugin_operator.testing import fake_context, scenario

HELLO = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello", "namespace": "default"}}

async def test_scenario():
    async with scenario("greeting.py", objects=[HELLO]):
        pass

async def test_fake():
    await greeting.read(fake_context(), "v1/Secret")
"""


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "workers"])
def test_calls_of_all_processes_are_in_one_file(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "greeting.py").write_text(PLUGIN)
    output = run(tmp_path, TESTS, "--plugin-operator-calls", "calls.json", *options)
    assert "1 failed, 1 passed" in output
    assert "greeting.py:11: list secrets is allowed by no rule of the plugin" in output
    assert "2 calls of plugins are in" in output
    calls = {(each.plugin, each.call) for each in calls_from_json((tmp_path / "calls.json").read_text())}
    assert calls == {
        ("greeting", Call("patch", "", "configmaps", "", "default", "hello")),
        ("greeting", Call("list", "", "secrets")),
    }
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".c")) == []


def test_a_run_that_breaks_off_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "calls.json").write_text("as it was")
    output = run(tmp_path, "import nothing_like_that", "--plugin-operator-calls", "calls.json")
    assert "1 error" in output
    assert (tmp_path / "calls.json").read_text() == "as it was"


def test_a_folder_that_does_not_exist_is_named_before_the_first_test(tmp_path: Path) -> None:
    output = run(tmp_path, "def test_it(): ...", "--plugin-operator-calls", "nowhere/calls.json")
    assert "--plugin-operator-calls: there is no folder" in output


def test_a_call_about_many_names_is_kept_as_one_about_any(tmp_path: Path) -> None:
    recording = CallRecording()
    for number in range(50):
        recording.note("one", Call("get", "", "secrets", "", "web", f"n{number}"))
        recording.note("one", Call("get", "", "pods", "", "web", f"n{number % 3}"))
    assert len(recording) == 4
    again = CallRecording()
    again.merge(recording.as_json())
    assert again.as_json() == recording.as_json()
    recording.write(tmp_path / "calls.json")
    assert (tmp_path / "calls.json").read_text() == recording.as_json()
