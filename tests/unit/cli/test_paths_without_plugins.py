"""A path that names no plugin: each command that takes plugin files says what is there, and what may be meant."""

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plugin_operator.cli.group import group

GOOD = "from plugin_operator import controller\n\n@controller(for_='v1/ConfigMap')\nasync def good(ctx, request): ...\n"
CONFIG = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
COMMANDS = {
    "check": ["check"],
    "validate": ["validate"],
    "rbac": ["rbac"],
    "manifests": ["manifests", "--image", "registry.example.com/operator:1"],
    "requirements": ["requirements"],
    "crd": ["crd"],
    "orphans": ["orphans"],
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("plugins/good.py", "crds/widgets.yaml", "notes/README", "notes/todo.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(GOOD if name.endswith(".py") else CONFIG)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str, path: str) -> Result:
    return CliRunner().invoke(group, [*COMMANDS[command], path])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("crds", "has no .py file, only .yaml: did you mean plugins?"),
        ("notes", "has no .py file: did you mean plugins?"),
        ("empty", "is an empty directory: did you mean plugins?"),
        (".", "has no .py file: did you mean plugins?"),
        ("crds/widgets.yaml", "or it must contain an __init__.py: did you mean plugins?"),
    ],
)
def test_what_is_there_and_what_may_be_meant(command: str, path: str, message: str) -> None:
    result = run(command, path)
    assert result.exit_code == 1
    assert message in result.output


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a\x1b.py", "is not a plugin: its name has characters that cannot be seen: "),
        (".hidden.py", "is not a plugin: the operator ignores files of such names"),
        ("__main__.py", "is not a plugin: the operator ignores files of such names"),
    ],
)
def test_a_file_whose_name_the_operator_does_not_take_says_so(
    command: str, name: str, reason: str, project: Path
) -> None:
    (project / "plugins" / name).write_text(GOOD)
    assert reason in run(command, f"plugins/{name}").output


@pytest.mark.parametrize("command", COMMANDS)
def test_a_line_feed_in_a_path_begins_no_line_that_a_ci_obeys(command: str, project: Path) -> None:
    folder = project / "a\n::error::b"
    folder.mkdir()
    (folder / "bad.py").write_text("# /// script\n# dependencies = 3\n# ///\nx = (\n")
    output = run(command, str(folder)).output
    assert "bad.py" in output
    assert not [line for line in output.splitlines() if line.startswith("::")]


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_directory_of_plugins_the_way_to_one_is_named(command: str, project: Path) -> None:
    (project / "plugins").rename(project / "elsewhere")
    assert "write a plugin with: plugin-operator new hello --for v1/ConfigMap" in run(command, "crds").output


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("path", "meant"),
    [("plugins/good", "plugins/good.py"), ("plugin", "plugins"), ("plugins/god.py", "plugins/good.py"), ("p", "")],
)
def test_a_missing_path_is_wrong_usage_and_a_similar_one_is_named(command: str, path: str, meant: str) -> None:
    result = run(command, path)
    assert result.exit_code == 2
    assert f"{path!r} does not exist" in result.output
    assert ("did you mean" in result.output) is bool(meant)
    assert meant in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_directory_of_plugins_is_made_by_new(command: str, project: Path) -> None:
    (project / "plugins").rename(project / "elsewhere")
    assert "write a plugin with: plugin-operator new hello --for v1/ConfigMap" in run(command, "plugins").output


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["a\nb.py", "\x1b[31m.py", "a\u202eb.py", "\udcff.py"])
def test_a_file_whose_name_cannot_be_seen_is_an_error_that_names_it(command: str, name: str, project: Path) -> None:
    (project / "plugins" / name).write_text(GOOD)
    result = run(command, "plugins")
    assert result.exit_code == 1
    assert re.search(rf"plugins.* {re.escape(repr(os.fsencode(name)))} is no name of a plugin", result.output)
    assert "rename the file" in result.output
    (project / "plugins" / "good.py").unlink()
    assert run(command, "plugins").output.count("is no name of a plugin") == 1


@pytest.mark.parametrize("name", ["Icon\r", "#good.py", ".good.py"])
def test_other_names_that_are_ignored_are_no_error(name: str, project: Path) -> None:
    (project / "plugins" / name).write_text(GOOD)
    assert run("requirements", "plugins").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "plugins", "--crd"],
        ["rbac", "plugins", "--calls"],
        ["new", "hello", "--for", "v1/ConfigMap", "--crd"],
        ["finalizers", "list", "--for", "cm", "--kubeconfig"],
        ["check", "plugins", "--plugins-signature-key"],
        ["sandbox", "--seed"],
        ["check"],
        ["crd"],
    ],
)
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("crds/widget.yaml", "'crds/widget.yaml' does not exist: did you mean crds/widgets.yaml?"),
        ("crds/widgets.yaml/x", "'crds/widgets.yaml/x' does not exist"),
        ("x" * 300, "cannot be read (File name too long)"),
        ("loop/x", "'loop/x' cannot be read (Too many levels of symbolic links)"),
    ],
)
def test_a_path_that_leads_nowhere_has_the_reason(arguments: list[str], path: str, words: str, project: Path) -> None:
    (project / "loop").symlink_to("loop")
    result = CliRunner().invoke(group, [*arguments, path])
    assert (result.exit_code, words in result.output) == (2, True), result.output
