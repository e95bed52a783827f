"""The command ``rbac``: least roles, their reasons, and clear messages for what it cannot use."""

import json
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from click.testing import CliRunner, Result

from plugin_operator.cli.group import group
from plugin_operator.hosting.permissions.calls import Call, RecordedCall, calls_to_json
from tests.pages import ROOT

WATCHING = """
from plugin_operator import controller

@controller(for_="v1/Secret", namespaces=["a", "b"], reads=["v1/Node"])
async def web(ctx, request):
    await ctx.client.delete(request.kind, request)
"""
CACTUS = """
from plugin_operator import controller

@controller(for_="example.com/v1/Cactus")
async def cactus(ctx, request): ...
"""
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: cacti.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Cactus, plural: cacti}
  versions: [{name: v1}]
"""


def rbac(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["rbac", *map(str, arguments)])


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(text))
    return path


def rules(result: Result) -> list[tuple[str, str, str]]:
    """Return kind and namespace of each role, its resource and its verbs."""
    assert result.exit_code == 0, result.output
    return [
        (f"{obj['kind']} {obj['metadata'].get('namespace', '')}".strip(), rule["resources"][0], ",".join(rule["verbs"]))
        for obj in yaml.safe_load_all(result.stdout)
        for rule in obj.get("rules", ())
    ]


@pytest.mark.parametrize("name", ["configmap", "secret"])
def test_the_shipped_roles_are_what_the_command_prints(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert rbac(f"plugins/{name}.py").stdout == (ROOT / f"manifests/plugins/{name}.yaml").read_text()


def test_namespaces_of_a_controller_give_roles_and_an_unclear_call_a_warning(tmp_path: Path) -> None:
    result = rbac(write(tmp_path / "web.py", WATCHING))
    assert rules(result) == [
        ("ClusterRole", "nodes", "list,watch"),
        ("Role a", "secrets", "list,watch"),
        ("Role b", "secrets", "list,watch"),
    ]
    assert "web.py:6: cannot tell the kind of this call (ctx.client.delete)" in result.stderr
    assert f"# Incomplete: {tmp_path}/web.py:6: cannot tell" in result.stdout


def test_the_output_is_the_same_in_each_form_and_each_run(tmp_path: Path) -> None:
    path = write(tmp_path / "web.py", WATCHING)
    text = rbac(path).stdout
    assert rbac(path).stdout == text
    assert json.loads(rbac("-o", "json", path).stdout)["items"] == list(yaml.safe_load_all(text))
    assert rbac("-o", "table", path).stdout.splitlines()[1].startswith("*          nodes            list,watch  ")


def test_names_and_the_account_are_those_of_the_flags(tmp_path: Path) -> None:
    path = write(tmp_path / "web.py", WATCHING)
    objects = list(yaml.safe_load_all(rbac("--name", "mine", "--service-account", "ops:robot", path).stdout))
    assert {obj["metadata"]["name"] for obj in objects} == {"mine"}
    subjects = [each for obj in objects for each in obj.get("subjects", ())]
    assert {(each["namespace"], each["name"]) for each in subjects} == {("ops", "robot")}


def test_the_plural_comes_from_a_crd_beside_the_plugins_or_from_the_flag(tmp_path: Path) -> None:
    path = write(tmp_path / "plugins" / "cactus.py", CACTUS)
    guessed = rbac(path)
    assert rules(guessed) == [("ClusterRole", "cactuses", "list,watch")]
    assert "the plural of example.com/v1/Cactus is a guess" in guessed.stderr
    other = write(tmp_path / "other" / "cacti.yaml", CRD)
    assert rules(rbac("--crd", other, path)) == [("ClusterRole", "cacti", "list,watch")]
    write(tmp_path / "crds" / "cacti.yaml", CRD)
    assert rules(rbac("--namespace", "a", path)) == [("Role a", "cacti", "list,watch")]
    assert rbac("--namespace", "a,b", path).stdout == rbac("--namespace", "b", "--namespace", "a", path).stdout


def test_recorded_calls_that_nothing_else_needs_are_added_without_their_names(tmp_path: Path) -> None:
    path = write(tmp_path / "cactus.py", CACTUS)
    calls = [
        RecordedCall("cactus", Call("delete", "", "pods", "", "default", "a")),
        RecordedCall("cactus", Call("list", "example.com", "cactuses")),
        RecordedCall("other", Call("delete", "", "secrets", "", "default", "a")),
    ]
    recording = write(tmp_path / "calls.json", calls_to_json(calls))
    assert rules(rbac("--calls", recording, path)) == [
        ("ClusterRole", "pods", "delete"),
        ("ClusterRole", "cactuses", "list,watch"),
    ]


def test_a_plugin_that_cannot_be_loaded_gives_status_1_and_no_role(tmp_path: Path) -> None:
    result = rbac(write(tmp_path / "web.py", "import nowhere_at_all\n"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "web.py:1: " in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--namespace", "A"), "--namespace"),
        (("--service-account", "robot"), "write NAMESPACE:NAME"),
        (("--service-account", "ops:R"), "--service-account"),
        (("--calls", "bad.json"), "bad.json: "),
        (("--crd", "bad.yaml"), "spec"),
    ],
)
def test_wrong_usage_names_the_flag_and_the_way_out(
    arguments: tuple[str, str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "bad.json", "[]")
    write(tmp_path / "bad.yaml", CRD.replace("group: example.com", "group: 1"))
    result = rbac(*arguments, write(tmp_path / "web.py", WATCHING))
    assert result.exit_code == 2
    assert arguments[0] in result.stderr
    assert reason in result.stderr
