"""The status as people read it."""

import io
from typing import Any

import pytest
import yaml
from rich.console import Console

from plugin_operator.cli.status.status_table import print_status


def printed(status: dict[str, Any]) -> str:
    out = io.StringIO()
    print_status(status, Console(file=out, width=400))
    return out.getvalue()


def test_plugins_are_listed_with_digest_state_and_reason() -> None:
    text = printed(
        {
            "version": "1.2.3", "leading": True, "server": "https://cluster",
            "plugins": [
                {"name": "configmap", "state": "active", "revision": "3-abc", "digest": "0123456789abcdef",
                 "controllers": ["configmap"], "reason": ""},
                {"name": "broken", "state": "Rejected", "path": "broken.py", "line": 3, "reason": "SyntaxError: [bad]"},
                {"name": "late", "state": "Waiting", "path": "late.py", "line": None, "reason": "no such kind"},
            ],
        }
    )  # fmt: skip
    assert "plugin-operator 1.2.3, leads, https://cluster" in text
    assert "configmap  active    3-abc     0123456789ab  configmap" in text
    assert "broken.py:3: SyntaxError: [bad]" in text
    assert "late.py:" not in text


def test_no_plugins_are_told_with_their_directory() -> None:
    assert "stands by" in printed({"plugins": []})
    assert "no plugins in /plugins" in printed({"plugins": [], "pluginsDir": "/plugins"})


def test_a_directory_that_cannot_be_used_is_told_before_the_plugins() -> None:
    text = printed({"plugins": [{"name": "one"}], "pluginsDirProblem": "/plugins is not trusted: one.py is changed"})
    assert text.index("/plugins is not trusted: one.py is changed") < text.index("PLUGIN ")


def test_in_a_pipe_a_plugin_has_one_line_however_long_its_reason_is(capsys: pytest.CaptureFixture[str]) -> None:
    reason = "so it was refused " * 40
    broken = {"name": "broken", "state": "Rejected", "path": "b.py", "line": 3, "reason": reason}
    fine = {"name": "fine", "state": "Active", "reason": ""}
    print_status({"plugins": [broken, fine]})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["plugin-operator", "PLUGIN", "broken", "fine"]
    assert lines[2].endswith(f"b.py:3: {reason.strip()}")
    assert lines[3] == "fine    Active"


def test_in_a_pipe_no_line_is_padded_and_a_reason_of_several_lines_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    plugins = [{"name": "a", "state": "Rejected", "reason": "no\n  good [x]"}, {"name": "b"}]
    print_status({"server": "https://cluster", "plugins": plugins})
    lines = capsys.readouterr().out.splitlines()
    assert all(line == line.rstrip() for line in lines)
    assert lines[2].endswith("  no good [x]")
    assert lines[1].index("REASON") == lines[2].index("no good")


def test_at_a_terminal_a_long_reason_is_folded() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system=None)
    print_status({"plugins": [{"name": "a", "state": "Rejected", "reason": "no good " * 40}]}, console)
    lines = out.getvalue().splitlines()
    assert len(lines) > 5
    assert max(map(len, lines)) <= 80


def test_what_fails_is_told_and_named_as_misbehaviour_once_it_is_one() -> None:
    failures = "one: 2 objects fail (default/a, default/b); last ValueError: no good (/plugins/one.py:7)"
    plugin: dict[str, Any] = {"name": "one", "state": "Active", "failures": failures}
    assert failures in " ".join(printed({"plugins": [plugin]}).split())
    assert "most of the time" not in printed({"plugins": [plugin]})
    plugin["misbehaving"] = [{"how": "fails", "detail": failures}, {"how": "tasks", "detail": "150 of them"}]
    text = " ".join(printed({"plugins": [plugin]}).split())
    assert f"fails most of the time: {failures}; leaves tasks unfinished: 150 of them" in text


def test_the_permissions_that_a_plugin_lacks_are_yaml_to_paste() -> None:
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}]
    missing = [{"kind": "ClusterRole", "rules": rules}, {"kind": "Role", "namespace": "web", "rules": rules}]
    status = {"plugins": [{"name": "one", "state": "Waiting", "missingPermissions": missing}, {"name": "two"}]}
    out = io.StringIO()
    print_status(status, Console(file=out, width=40), with_permissions=True)
    _, _, text = out.getvalue().partition("# one lacks these permissions\n")
    assert "# for a ClusterRole" in text
    assert "# for a Role in the namespace web" in text
    assert [each["rules"] for each in yaml.safe_load_all(text)] == [rules, rules]
    assert "lacks" not in printed(status)
