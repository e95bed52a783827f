"""``python -m kube_apiserver``: one line when it answers, a clean end, and errors that name the flag."""

import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from kube_apiserver.command.flags import parse_address
from kube_apiserver.command.main import main

pytestmark = pytest.mark.embedded_only("it is the embedded server")

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hello}\ndata: {a: b}\n"


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "kube_apiserver", *arguments]
    return subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("ends_by", [signal.SIGTERM, signal.SIGINT, None])
def test_it_prints_one_line_and_stops_cleanly(ends_by: signal.Signals | None, tmp_path: Path) -> None:
    (tmp_path / "seeds.yaml").write_text(OBJECT)
    (tmp_path / "token").write_text("secret\n")
    flags = ["--seed", "seeds.yaml", "--token-file", "token", "--write-kubeconfig", "new/my config"]
    with started(tmp_path, *flags, "--exit-with-stdin") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Kubernetes API at https://127.0.0.1:")
        assert line.endswith("; export KUBECONFIG='new/my config'\n")
        kubectl = [str(Path(sys.executable).parent / "kubectl"), "--kubeconfig", "new/my config"]
        if ends_by is signal.SIGTERM:
            command = [*kubectl, "get", "configmap", "hello", "-o", "jsonpath={.data.a}"]
            found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert (found.stdout, found.stderr) == ("b", "")
            assert "token: secret" in (tmp_path / "new" / "my config").read_text()
        if ends_by is not None:
            process.send_signal(ends_by)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest, errors) == (0, "", "")


def failed(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int | str | None, str]:
    """Run the command in this process, which it ends."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bind-address", "6443"], "--bind-address: '6443' is not host:port: write \"127.0.0.1:6443\""),
        (["--bind-address", ":70000"], "the port in ':70000' is not a number from 0 to 65535"),
        (["--controllers", "*,-garbage"], "--controllers: no controller is named 'garbage'; the controllers are"),
        (["--feature-gates", "Some=true"], "--feature-gates: 'Some' is no feature gate: there is"),
        (["--seed", "missing.yaml"], "--seed: missing.yaml cannot be read (No such file or directory)"),
        (["--token-file", "missing"], "--token-file: missing cannot be read: No such file or directory"),
        (["--token-file", "two"], "--token-file: two is not one line with a token"),
        (["--write-kubeconfig", "mine"], "--write-kubeconfig: mine was not written by this command: name another"),
        (["--log-level", "loud"], "--log-level: invalid choice: 'loud'"),
        (["--seeds", "x"], "unrecognized arguments: --seeds x"),
    ],
)
def test_wrong_usage_names_the_flag_and_ends_with_status_2(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("two").write_text("one two")
    Path("mine").write_text("clusters: [{name: production}]")
    status, errors = failed(arguments, capsys)
    assert status == 2
    assert words in errors


def test_what_fails_at_the_start_ends_with_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("seeds.yaml").write_text(OBJECT.replace("a: b", "a: 7"))
    status, errors = failed(["--seed", "seeds.yaml"], capsys)
    assert (status, errors) == (
        1,
        "Error: --seed: seeds.yaml, document 1: v1/ConfigMap hello: .data.a: expected string, got 7\n",
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, errors = failed(["--bind-address", f"127.0.0.1:{taken.getsockname()[1]}"], capsys)
    assert (status, "choose another address with --bind-address" in errors) == (1, True)
    for below in ("", "/deep/er"):
        status, errors = failed(["--data-dir", f"seeds.yaml{below}"], capsys)
        assert status == 1
        assert errors.startswith(f"Error: --data-dir seeds.yaml{below}: seeds.yaml")
        assert errors.endswith(" cannot be used: Not a directory\n")


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert "python -m kube_apiserver --seed config/crd" in shown


def test_an_address_has_the_form_of_go_programs() -> None:
    assert parse_address(":8080") == ("", 8080)
    assert parse_address("[::1]:0") == ("::1", 0)
    with pytest.raises(ValueError, match="is not host:port"):
        parse_address("::1:80")
