"""The folder of a sandbox: one owner at a time, nothing stale left behind."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from kube_apiserver.config import Endpoint
from kube_apiserver.security.kubeconfig import has_other_clusters, write_kubeconfig
from plugin_operator.cli.group import group
from plugin_operator.cli.sandbox.sandbox_folder import SandboxFolder, is_in_use, read_announcement
from plugin_operator.errors import PluginOperatorError


def test_a_second_sandbox_in_the_same_folder_is_refused_with_the_way_out(tmp_path: Path) -> None:
    first = SandboxFolder(tmp_path / "s")
    with pytest.raises(PluginOperatorError, match=rf"\(process {os.getpid()}\): stop it.*--sandbox-dir"):
        SandboxFolder(tmp_path / "s")
    first.release()
    SandboxFolder(tmp_path / "s").release()


def test_new_says_that_a_running_sandbox_loads_the_plugin_and_else_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_in_use(Path(".sandbox"))
    folder = SandboxFolder(Path(".sandbox"))
    assert is_in_use(Path(".sandbox"))
    shown = CliRunner().invoke(group, ["new", "hello", "--for", "v1/ConfigMap"]).stdout
    assert "The sandbox that runs here loads the plugin by itself.\n" in shown
    folder.release()
    assert not is_in_use(Path(".sandbox"))
    shown = CliRunner().invoke(group, ["new", "again", "--for", "v1/ConfigMap"]).stdout
    assert " sandbox\nIn another terminal" in shown


def test_what_is_of_no_use_afterwards_is_removed(tmp_path: Path) -> None:
    folder = SandboxFolder(tmp_path)
    folder.kubeconfig.touch()
    folder.announce({"probes": "127.0.0.1:1"})
    assert read_announcement(tmp_path) == {"probes": "127.0.0.1:1"}
    folder.release()
    assert not folder.kubeconfig.exists()
    assert read_announcement(tmp_path) == {}


def test_the_folder_is_private(tmp_path: Path) -> None:
    folder = SandboxFolder(tmp_path / "deep" / "s")
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.release()


@pytest.mark.parametrize(("name", "content"), [("kubeconfig", "clusters: [{name: prod}]"), ("operator.json", "{}")])
def test_a_file_of_the_user_is_neither_replaced_nor_removed(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(PluginOperatorError, match=rf"{name} is not a sandbox's: .*--sandbox-dir"):
        SandboxFolder(tmp_path)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {name: content}


def test_files_that_a_killed_sandbox_left_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    (tmp_path / "operator.json").write_text('{"probes": "127.0.0.1:1"}')
    write_kubeconfig(tmp_path / "kubeconfig", Endpoint("http://127.0.0.1:1"))
    SandboxFolder(tmp_path).release()
    assert [each.name for each in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize(
    ("content", "is_refused"),
    [
        ("", False),
        ("apiVersion: v1\nclusters:\n- cluster: {server: http://127.0.0.1:1}\n  name: plugin-operator\n", False),
        ("clusters: [{name: prod}, {name: plugin-operator}]", True),
        ("clusters: [1]", True),
        ("- 1", True),
        ("a: [", True),
        ("[" * 3000, True),
        ("notes of mine", True),
    ],
)
def test_the_api_server_writes_no_kubeconfig_over_one_of_the_user(
    content: str, is_refused: bool, tmp_path: Path
) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    assert has_other_clusters(path) == is_refused
    if is_refused:
        result = CliRunner().invoke(group, ["apiserver", "--write-kubeconfig", str(path)])
        assert (result.exit_code, "was not written by this command" in result.stderr) == (2, True)
        assert path.read_text() == content


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PluginOperatorError, match="name another with --sandbox-dir"):
        SandboxFolder(tmp_path / "file")


def test_an_announcement_that_makes_no_sense_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "operator.json").write_text("[1]")
    assert read_announcement(tmp_path) == {}
    (tmp_path / "operator.json").write_text("{")
    assert read_announcement(tmp_path) == {}
