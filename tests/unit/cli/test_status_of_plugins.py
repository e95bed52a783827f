"""The command ``status`` with names of plugins."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from plugin_operator.cli.commands import status as status_command
from plugin_operator.cli.group import group

RULES = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
STATUS = {
    "plugins": [
        {"name": "fine", "state": "Active", "reason": "", "missingPermissions": []},
        {
            "name": "poor",
            "state": "Waiting",
            "reason": "permissions are missing: get secrets",
            "missingPermissions": [{"kind": "ClusterRole", "rules": RULES}],
        },
    ]
}


class Operator(BaseHTTPRequestHandler):
    """Answers as the probe port does."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(STATUS).encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Operator) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_only_the_named_plugins_count_and_are_shown(address: str) -> None:
    ended = CliRunner().invoke(group, ["status", "fine", "--address", address])
    assert (ended.exit_code, "poor" in ended.output) == (0, False)


def test_the_missing_permissions_follow_the_table_as_yaml(address: str) -> None:
    ended = CliRunner().invoke(group, ["status", "poor", "--address", address])
    assert ended.exit_code == 1
    _, _, text = ended.output.partition("# poor lacks these permissions\n")
    assert yaml.safe_load(text) == {"rules": RULES}


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_documents_have_the_named_plugins_with_their_permissions(address: str, form: str) -> None:
    ended = CliRunner().invoke(group, ["status", "poor", "-o", form, "--address", address])
    (shown,) = yaml.safe_load(ended.output)["plugins"]
    assert shown["missingPermissions"] == [{"kind": "ClusterRole", "rules": RULES}]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("por", "did you mean 'poor'?"),
        ("Poor", "did you mean 'poor'?"),
        ("poor.py", "did you mean 'poor'?"),
        ("other", "its plugins are fine, poor"),
    ],
)
def test_an_unknown_plugin_is_an_error_that_names_the_one_that_is_meant(address: str, name: str, hint: str) -> None:
    ended = CliRunner().invoke(group, ["status", name, "--address", address])
    assert ended.exit_code == 1
    assert f"no plugin '{name}': {hint}" in ended.output


def test_where_no_sandbox_runs_the_operator_that_is_asked_is_named(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(status_command, "_DEFAULT_ADDRESS", address)
    ended = CliRunner().invoke(group, ["status", "fine", "-o", "json"])
    assert ended.stderr == f"No sandbox runs in .sandbox; this is the operator at {address}.\n"
    assert json.loads(ended.stdout)["plugins"]
    assert CliRunner().invoke(group, ["status", "fine", "--address", address]).stderr == ""
