"""Wrong command lines: a clear message that names the flag and the way out, and status 2."""

import json
import os
import socket
from pathlib import Path

import pytest

from tests.acceptance.conftest import Run

NO_TRACEBACK = "Traceback"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bogus"], "No such option '--bogus'"),
        (["run", "--bogus"], "No such option '--bogus'"),
        (["explode"], "No such command 'explode'"),
        (["run", "--plugins-dir", "nowhere"], '--plugins-dir: "nowhere" is missing: create it, or name another'),
        (["run", "--plugins-dir", "file.py"], '"file.py" is not a directory'),
        (["sandbox", "--plugins-dir", "nowhere"], '--plugins-dir: "nowhere" is missing'),
        (["sandbox", "--seed", "nowhere"], "--seed': 'nowhere' does not exist"),
        (["run", "--plugins-dir", ".", "--metrics-addr", "80"], '--metrics-addr: "80" is not host:port: write ":8080"'),
        (["run", "--plugins-dir", ".", "--drain-timeout", "soon"], '--drain-timeout: "soon" is not a duration: write'),
        (["run", "--plugins-dir", ".", "--kubeconfig", "nowhere"], "--kubeconfig: 'nowhere' does not exist"),
        (["run", "--plugins-dir", ".", "--leader-elect=perhaps"], "--leader-elect: 'perhaps' is not a valid boolean"),
        (["run", "--plugins-dir", ".", "--enable-leader-election=x"], "--enable-leader-election: 'x' is not a valid"),
        (["run", "--plugins-dir", ".", "--metrics-bind-address", "x"], '--metrics-bind-address: "x" is not host:port'),
        (["run", "--plugins-dir", ".", "--namespace", "a b"], '--namespace: "a b" is not a namespace name'),
        (["run", "--plugins-dir", ".", "--namespace", "a,B_"], '"B_" is not a namespace name: use lower-case letters'),
        (["sandbox", "--plugins-dir", ".", "--namespace", "x" * 64], "is not a namespace name"),
        (
            ["run", "--plugins-dir", ".", "--leader-elect-resource-name", "a/b"],
            '--leader-elect-resource-name: "a/b" is not an object name',
        ),
        (
            ["run", "--plugins-dir", ".", "--leader-elect-resource-namespace", "a.b"],
            '--leader-elect-resource-namespace: "a.b" is not a namespace name',
        ),
        (["sign", "--key", "key", "nowhere"], '"nowhere" is missing: create it, or name another with PLUGINS_DIR'),
        (
            ["run", "--plugins-dir", ".", "--leader-elect-lease-duration", "5s"],
            "--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline",
        ),
        (["run", "--plugins-dir", ".", "--log-level", "loud"], "'loud' is not one of 'debug', 'info'"),
        (["validate"], "Missing argument 'PATH...'"),
        (["validate", "nowhere.py"], "'nowhere.py' does not exist"),
    ],
)  # fmt: skip
def test_wrong_usage_is_status_two_and_names_the_way_out(
    run: Run, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "file.py").touch()
    ended = run(*arguments)
    assert ended.returncode == 2, ended.stderr
    assert words in ended.stderr
    assert "Try 'plugin-operator" in ended.stderr
    assert NO_TRACEBACK not in ended.stderr


def test_a_wrong_variable_is_named_as_such(run: Run) -> None:
    ended = run("run", "--plugins-dir", ".", PLUGIN_OPERATOR_SCAN_INTERVAL="often")
    assert ended.returncode == 2
    assert 'PLUGIN_OPERATOR_SCAN_INTERVAL: "often" is not a duration' in ended.stderr


def test_a_wrong_namespace_in_the_variable_of_the_operator_sdk_is_named_as_such(run: Run) -> None:
    ended = run("run", "--plugins-dir", ".", WATCH_NAMESPACE="a b")
    assert ended.returncode == 2
    assert 'WATCH_NAMESPACE: "a b" is not a namespace name' in ended.stderr


def test_a_context_that_does_not_exist_is_told_with_those_that_do(run: Run, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "http://127.0.0.1:1")
    ended = run("run", "--plugins-dir", ".", "--kubeconfig", path, "--context", "foo")
    assert ended.returncode == 1
    assert f'--context: the kubeconfig {path} (--kubeconfig) has no context "foo"; it has: c' in ended.stderr


def test_a_misspelt_variable_is_told_with_what_was_meant(run: Run) -> None:
    ended = run("version", PLUGIN_OPERATOR_PLUGIN_DIR="x", PLUGIN_OPERATOR_PORT="tcp://10.0.0.1:8080")
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == (
        "Warning: PLUGIN_OPERATOR_PLUGIN_DIR is not a setting of plugin-operator; "
        "did you mean PLUGIN_OPERATOR_PLUGINS_DIR?\n"
    )


def test_run_logs_a_misspelt_variable_without_its_value(run: Run) -> None:
    ended = run("run", "--plugins-dir", ".", PLUGIN_OPERATOR_LOG_LEVL="s3cret")
    (line,) = (json.loads(line) for line in ended.stderr.splitlines() if line.startswith("{"))
    assert (line["variable"], line["did_you_mean"]) == ("PLUGIN_OPERATOR_LOG_LEVL", "PLUGIN_OPERATOR_LOG_LEVEL")
    assert "s3cret" not in ended.stderr


def test_without_a_cluster_it_says_what_was_tried_and_points_to_the_sandbox(run: Run) -> None:
    ended = run("run", "--plugins-dir", ".")
    assert ended.returncode == 1
    for tried in ("--kubeconfig", "$KUBECONFIG", "this is no pod", ".kube/config", "plugin-operator sandbox"):
        assert tried in ended.stderr
    assert NO_TRACEBACK not in ended.stderr


def kubeconfig(folder: Path, server: str) -> Path:
    path = folder / "kubeconfig"
    path.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        "contexts: [{name: c, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {}}]\n"
        f"clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n"
    )
    return path


def test_a_kubeconfig_that_points_nowhere_names_server_file_and_cause(run: Run, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{unused.getsockname()[1]}"
        path = kubeconfig(tmp_path, server)
        ended = run(
            "run", "--plugins-dir", ".", "--kubeconfig", path, "--connect-timeout", "500ms",
            "--metrics-addr", "0", "--health-probe-bind-address", "0",
        )  # fmt: skip
    assert ended.returncode == 1
    assert f"no API server responds at {server}" in ended.stderr
    assert str(path) in ended.stderr
    assert "--context" in ended.stderr
    assert NO_TRACEBACK not in ended.stderr


def test_a_broken_kubeconfig_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("apiVersion: v1\nkind: [")
    ended = run("run", "--plugins-dir", ".", "--kubeconfig", path)
    assert ended.returncode == 1
    assert "is not valid YAML" in ended.stderr
    assert NO_TRACEBACK not in ended.stderr


@pytest.mark.parametrize(
    ("flag", "other"),
    [("--metrics-addr", "--health-probe-bind-address"), ("--health-probe-bind-address", "--metrics-addr")],
)
def test_a_taken_port_names_its_flag(run: Run, tmp_path: Path, flag: str, other: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run(
            "run", "--plugins-dir", ".", "--kubeconfig", kubeconfig(tmp_path, "http://127.0.0.1:1"),
            flag, address, other, "0",
        )  # fmt: skip
    assert ended.returncode == 1
    assert f"cannot listen on {address}: the port is in use" in ended.stderr
    assert flag in ended.stderr
    assert NO_TRACEBACK not in ended.stderr


def test_an_unreadable_plugins_directory_is_told(run: Run, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o000)
    ended = run("run", "--plugins-dir", locked)
    locked.chmod(0o700)
    assert ended.returncode == 2
    assert "cannot be read (Permission denied)" in ended.stderr


def test_status_of_an_operator_that_is_blocked_says_that_it_runs(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        (tmp_path / "operator.json").write_text(json.dumps({"pid": os.getpid(), "probes": where}))
        ended = run("status", "--sandbox-dir", tmp_path)
    assert ended.returncode == 1
    assert f"the operator runs (process {os.getpid()}) but does not answer" in ended.stderr
    assert "look at its log" in ended.stderr
    assert "start one" not in ended.stderr


def test_status_without_an_operator_says_so(run: Run) -> None:
    ended = run("status", "--address", "127.0.0.1:1")
    assert ended.returncode == 1
    assert "no operator responds at http://127.0.0.1:1/status" in ended.stderr
    assert "--address" in ended.stderr


def test_a_taken_port_of_the_api_server_names_its_flag(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run("apiserver", "--bind-address", f"127.0.0.1:{taken.getsockname()[1]}")
    assert ended.returncode == 1
    assert "choose another address with --bind-address" in ended.stderr
    assert NO_TRACEBACK not in ended.stderr


def test_an_api_server_that_listens_nowhere_is_wrong_usage(run: Run) -> None:
    ended = run("apiserver", "--bind-address", "0")
    assert ended.returncode == 2
    assert "--bind-address must not be off" in ended.stderr


def test_a_folder_the_sandbox_cannot_use_is_told(run: Run, tmp_path: Path, plugins: Path) -> None:
    (tmp_path / "file").touch()
    ended = run("sandbox", "--plugins-dir", plugins, "--sandbox-dir", tmp_path / "file" / "s")
    assert ended.returncode == 1
    assert "name another with --sandbox-dir" in ended.stderr
    assert NO_TRACEBACK not in ended.stderr
