"""The command ``rbac``: least roles, their reasons, and clear messages for what it cannot use."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from click.testing import CliRunner, Result

from plugin_operator.cli.group import group
from plugin_operator.hosting.inspection.contained_process import ContainedProcess
from plugin_operator.hosting.permissions.calls import Call, RecordedCall, calls_to_json
from plugin_operator.hosting.permissions.source import contained_analysis
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


def test_an_unclear_call_or_a_guessed_plural_is_status_1_with_strict_alone(tmp_path: Path) -> None:
    for plugin in (write(tmp_path / "a" / "web.py", WATCHING), write(tmp_path / "b" / "cactus.py", CACTUS)):
        plain, strict = rbac(plugin), rbac("--strict", plugin)
        assert (plain.exit_code, strict.exit_code) == (0, 1)
        assert (plain.stdout, plain.stderr) == (strict.stdout, strict.stderr)
    crd = write(tmp_path / "crd.yaml", CRD)
    assert rbac("--strict", "--crd", crd, tmp_path / "b" / "cactus.py").exit_code == 0


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
    other = list(yaml.safe_load_all(rbac("-n", "ops", "--service-account", "robot", path).stdout))
    assert {obj["metadata"]["name"] for obj in other} == {"ops:robot-plugin-web"}
    assert [obj.get("subjects") for obj in other] == [obj.get("subjects") for obj in objects]
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
    assert rules(rbac("--watch-namespace", "a", path)) == [("Role a", "cacti", "list,watch")]
    assert rbac("--watch-namespace", "a,b", path).stdout == rbac("--watch-namespace", "b,a", path).stdout


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
        (("--namespace", "A"), "is not a namespace name"),
        (("--namespace", "a,b"), "--watch-namespace takes several"),
        (("--watch-namespace", "A"), "is not a namespace name"),
        (("--service-account", "ops:"), "is not an object name"),
        (("--service-account", ":robot"), "is not a namespace name"),
        (("--name", "a/b"), "is not a role name"),
        (("--name", "a%b"), "is not a role name"),
        (("--name", "a" * 254), "at most 253"),
        (("--name", "a\nb"), "is not a role name"),
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


def test_two_flags_that_name_different_namespaces_contradict_each_other(tmp_path: Path) -> None:
    path = write(tmp_path / "web.py", WATCHING)
    for flags in (("--service-account", "ops:robot"), ("--diff", "--as", "system:serviceaccount:ops:robot")):
        result = rbac("-n", "other", *flags, path)
        assert (result.exit_code, "leave out one" in result.stderr) == (2, True)


@pytest.mark.parametrize("plugin", ["web", "my_web", "my-web"])
def test_roles_have_the_names_that_manifests_gives_them(plugin: str, tmp_path: Path) -> None:
    path = write(tmp_path / "plugins" / f"{plugin}.py", WATCHING)
    flags = ("-n", "ops", "-o", "json", path)
    deployed = CliRunner().invoke(group, ["manifests", *map(str, flags)])
    here, there = (
        {
            (obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"])
            for obj in json.loads(each.stdout)["items"]
            if "-plugin-" in obj["metadata"]["name"]
        }
        for each in (rbac(*flags), deployed)
    )
    assert here == there
    assert {name for _, _, name in here} == {f"ops:plugin-operator-plugin-{plugin}"}


def test_one_process_analyses_all_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[ContainedProcess] = []
    start = ContainedProcess.__init__

    def note(self: ContainedProcess, arguments: Callable[[], Sequence[str]]) -> None:
        started.append(self)
        start(self, arguments)

    for number in range(3):
        write(tmp_path / f"cactus{number}.py", CACTUS.replace("def cactus", f"def cactus{number}"))
    monkeypatch.setattr(contained_analysis, "ContainedProcess", type("Noted", (ContainedProcess,), {"__init__": note}))
    assert rules(rbac(tmp_path))
    assert len(started) == 1


def test_definitions_of_classes_are_granted_by_name_and_only_when_asked_for(tmp_path: Path) -> None:
    text = """
    from plugin_operator import ApiObject, controller, resource

    @resource("example.com/v1/Gadget")
    class Gadget(ApiObject):
        pass

    @controller(for_=Gadget, namespaces=["a"])
    async def gadgets(ctx, request): ...
    """
    plugin = write(tmp_path / "gadgets.py", text)
    assert rules(rbac(plugin)) == [("Role a", "gadgets", "list,watch")]
    result = rbac("--apply-crds", plugin)
    assert rules(result) == [
        ("ClusterRole", "customresourcedefinitions", "get,create,patch"),
        ("ClusterRole", "gadgets", "list"),
        ("Role a", "gadgets", "watch"),
    ]
    role = next(yaml.safe_load_all(result.stdout))
    assert role["rules"][0]["resourceNames"] == ["gadgets.example.com"]
    assert "gadgets.py:5 defines example.com/v1/Gadget" in result.stdout


@pytest.mark.parametrize("command", ["rbac", "manifests"])
def test_a_plugin_that_needs_what_is_not_installed_here_is_refused_with_the_way_out(
    command: str, tmp_path: Path
) -> None:
    needy = write(tmp_path / "needy.py", f"# /// script\n# dependencies = ['nothing-of-this-name']\n# ///\n{CACTUS}")
    result = CliRunner().invoke(group, [command, str(needy)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("; install it here too, because the roles come from an import\n")
