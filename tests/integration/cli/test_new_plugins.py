"""A new plugin and its test pass as they stand, for every kind, and nothing is ever overwritten."""

import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from plugin_operator.cli.group import group
from plugin_operator.cli.manifest_files import read_manifests
from plugin_operator.cli.scaffold.kinds import kind_names, target_of
from plugin_operator.cli.scaffold.samples import fields_of, object_name
from plugin_operator.testing import scenario

HOST = {"type": "string", "minLength": 9}
#: A definition of others, whose texts are no harmless Python.
FOREIGN = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "routes.example.org"},
    "spec": {
        "group": "example.org",
        "names": {"kind": "Route", "plural": "routes", "singular": "route", "listKind": "RouteList"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "required": ["spec"],
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["hosts", "port", "mode", 'say "x"'],
                                "properties": {
                                    "hosts": {
                                        "type": "array",
                                        "minItems": 1,
                                        "items": {"type": "string", "minLength": 9},
                                    },
                                    "port": {"x-kubernetes-int-or-string": True},
                                    "mode": {"type": "string", "enum": ["fast", "slow"]},
                                    'say "x"': {"type": "string", "default": "it's \"\\\u2028\x1b"},
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}


def new(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["new", "--dir", str(folder), *arguments])


def made(folder: Path, *arguments: str) -> None:
    ended = new(folder, *arguments)
    assert ended.exit_code == 0, ended.output


async def passes(test: Path) -> int:
    """Run the test functions of a file and return their number."""
    spec = spec_from_file_location(f"{test.parent.parent.name}_{test.stem}", test)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    for each in tests:
        await each()
    return len(tests)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--for", "v1/ConfigMap"],
        ["--for", "Secret"],
        ["--for", "deploy"],
        ["--for", "Namespace"],
        ["--for", "example.com/v1/Widget"],
        ["--for", "example.com/v1alpha1/Zone", "--cluster-scoped", "--plural", "zonen"],
        ["--for", "example.com/v1/Request"],
        ["--for", "Route", "--crd", "foreign.json"],
    ],
)
async def test_the_test_of_a_new_plugin_passes(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("foreign.json").write_text(json.dumps(FOREIGN))
    made(Path(), "fresh", *arguments)
    assert await passes(tmp_path / "tests" / "test_fresh.py") == 3


async def test_the_embedded_server_takes_the_object_of_every_built_in_kind(tmp_path: Path) -> None:
    made(tmp_path, "fresh", "--for", "cm")
    async with scenario(tmp_path / "plugins" / "fresh.py") as s:
        for each in map(target_of, kind_names()):
            namespace = {"namespace": "default"} if each.namespaced else {}
            head = {"apiVersion": each.gvk.api_version, "kind": each.gvk.kind}
            metadata: dict[str, Any] = {"name": object_name(each.gvk), **namespace}
            await s.client.create({**head, "metadata": metadata, **fields_of(each.gvk)}, dry_run=True)


def test_new_plugins_pass_the_check_and_plain_pytest(tmp_path: Path) -> None:
    made(tmp_path, "hello", "--for", "cm")
    made(tmp_path, "widget", "--for", "example.com/v1/Widget")
    checked = CliRunner().invoke(group, ["check", "--strict", str(tmp_path / "plugins")])
    assert checked.exit_code == 0, checked.output
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "tests/test_hello.py"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert "3 passed" in ended.stdout, ended.stdout + ended.stderr


def test_no_definition_is_invented_for_a_kind_of_others(tmp_path: Path) -> None:
    ended = new(tmp_path, "renewal", "--for", "cert-manager.io/v1/Certificate")
    assert ended.exit_code == 2
    assert "pass its CustomResourceDefinition with --crd FILE" in ended.output
    assert list(tmp_path.iterdir()) == []
    made(tmp_path, "backup", "--for", "acme.io/v1/Backup", "--new-crd")
    assert '"acme.io/v1/Backup"' in (tmp_path / "plugins" / "backup.py").read_text()


def test_a_definition_from_a_file_is_not_written_anew(tmp_path: Path) -> None:
    crd = tmp_path / "foreign.json"
    crd.write_text(json.dumps(FOREIGN))
    ended = new(tmp_path, "hello", "--for", "Route", "--crd", str(crd), "--new-crd")
    assert ended.exit_code == 2
    assert "--new-crd, --plural and --cluster-scoped are for a new kind: leave out --crd, or them" in ended.output


def test_a_file_that_exists_stays_as_it_is_without_force(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    mine = tmp_path / "tests" / "test_hello.py"
    mine.write_text("mine")
    ended = new(tmp_path, "hello", "--for", "cm")
    assert ended.exit_code == 2
    assert f"{mine} is there already: choose another name, another --dir, or --force to overwrite" in ended.output
    assert mine.read_text() == "mine"
    assert not (tmp_path / "plugins").exists()
    made(tmp_path, "hello", "--for", "cm", "--force")
    assert "scenario" in mine.read_text()
    assert [path.name for path in sorted((tmp_path / "plugins").iterdir())] == ["hello.py"]


def test_a_dangling_link_is_a_file_that_exists(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "hello.py").symlink_to(tmp_path / "elsewhere.py")
    assert new(tmp_path, "hello", "--for", "cm").exit_code == 2
    made(tmp_path, "hello", "--for", "cm", "--force")
    assert not (tmp_path / "elsewhere.py").exists()


def test_a_package_of_the_same_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "plugins" / "hello").mkdir(parents=True)
    ended = new(tmp_path, "hello", "--for", "cm", "--force")
    assert ended.exit_code == 2
    assert "is a plugin of this name: choose another name" in ended.output


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "plugins").write_text("a file")
    ended = new(tmp_path, "hello", "--for", "cm")
    assert ended.exit_code == 1
    assert f"{tmp_path / 'plugins'} cannot be written (" in ended.output
    assert "choose another --dir" in ended.output
    assert list((tmp_path / "tests").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"names": {"kind": 'X"', "plural": "routes"}}, "is not a kind"),
        ({"names": {"kind": "Route", "plural": 'x"y'}}, "is not a plural"),
        ({"group": 'a"b.example.org'}, "is not an API group"),
        ({"versions": 5}, "with a mistake"),
        ({"names": {"kind": "Other", "plural": "others"}}, "does not define 'Route': it defines example.org/v1/Other"),
    ],
)
def test_a_definition_whose_names_are_none_never_becomes_code(
    change: dict[str, Any], words: str, tmp_path: Path
) -> None:
    crd = tmp_path / "foreign.json"
    crd.write_text(json.dumps({**FOREIGN, "spec": {**FOREIGN["spec"], **change}}))  # type: ignore[dict-item]
    ended = new(tmp_path, "hello", "--for", "Route", "--crd", str(crd))
    assert ended.exit_code == 2
    assert words in ended.output
    assert not (tmp_path / "plugins").exists()


def test_the_files_are_told_to_a_program_too(tmp_path: Path) -> None:
    ended = new(tmp_path, "widget", "--for", "example.com/v1/Widget", "-o", "json")
    assert json.loads(ended.stdout) == {
        "name": "widget",
        "for": {"apiVersion": "example.com/v1", "kind": "Widget"},
        "plugin": str(tmp_path / "plugins" / "widget.py"),
        "test": str(tmp_path / "tests" / "test_widget.py"),
        "sample": str(tmp_path / "samples" / "example.com_v1_widget.yaml"),
    }


def test_a_second_plugin_of_a_kind_uses_its_definition(tmp_path: Path) -> None:
    made(tmp_path, "widget", "--for", "example.com/v1/Widget")
    first = tmp_path / "plugins" / "widget.py"
    ended = new(tmp_path, "other", "--for", "example.com/v2/Widget")
    assert (ended.exit_code, f"{first} defines Widget of example.com already" in ended.output) == (2, True)
    assert f"plugin-operator crd {first} > widget.yaml" in ended.output
    crds = tmp_path / "crds"
    written = CliRunner().invoke(group, ["crd", str(first), "--output-dir", str(crds)])
    assert written.exit_code == 0, written.output
    definition = crds / "example.com_widgets.yaml"
    ended = new(tmp_path, "other", "--for", "example.com/v1/Widget")
    assert (ended.exit_code, f"use it with --crd {definition}" in ended.output) == (2, True)
    made(tmp_path, "other", "--for", "example.com/v1/Widget", "--crd", str(definition))
    made(tmp_path, "widget", "--for", "example.com/v1/Widget", "--force")


def test_a_new_kind_is_a_class_whose_definition_accepts_the_sample(tmp_path: Path) -> None:
    ended = new(tmp_path, "zone", "--for", "example.com/v1/Zone", "--cluster-scoped", "--plural", "zonen")
    sample = tmp_path / "samples" / "example.com_v1_zone.yaml"
    assert f"kubectl --kubeconfig .sandbox/kubeconfig apply -f {sample}\n" in ended.output
    assert "kubectl --kubeconfig .sandbox/kubeconfig get zonen\n" in ended.output
    printed = CliRunner().invoke(group, ["crd", "-o", "json", str(tmp_path / "plugins")])
    spec = json.loads(printed.stdout)["items"][0]["spec"]
    assert (spec["names"]["plural"], spec["scope"]) == ("zonen", "Cluster")
    [manifest] = read_manifests([sample], "--seed")
    assert manifest.obj["metadata"] == {"name": "example"}


async def test_the_sample_of_a_new_kind_is_reconciled(tmp_path: Path) -> None:
    made(tmp_path, "on", "--for", "example.com/v1/On")
    [manifest] = read_manifests([tmp_path / "samples"], "--seed")
    async with scenario(tmp_path / "plugins" / "on.py", objects=[manifest.obj]) as s:
        assert (await s.get("v1/ConfigMap", "example-on"))["data"] == {"message": "hello"}


def test_kubectl_gets_the_group_of_a_kind_whose_plural_is_taken(tmp_path: Path) -> None:
    ended = new(tmp_path, "mine", "--for", "example.com/v1/Deployment")
    assert "get deployments.example.com\n" in ended.output
