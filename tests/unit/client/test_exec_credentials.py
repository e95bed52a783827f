"""Credentials from a command, as kubectl gets them."""

import asyncio
import base64
import json
import os
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop

from plugin_operator.certificates import make_authority
from plugin_operator.client import load_connection_config
from plugin_operator.client.credentials import exec_plugin
from plugin_operator.client.credentials.access import AccessSource
from plugin_operator.client.credentials.cached_access import CachedAccess
from plugin_operator.client.credentials.exec_plugin import ExecCommand, cluster_info
from plugin_operator.client.credentials.kubeconfig import read_context
from plugin_operator.client.credentials.kubeconfig_source import KubeconfigSource
from plugin_operator.errors import ConfigError
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock

API = "client.authentication.k8s.io/v1"
PEM = make_authority(datetime.now(UTC)).certificate_pem


def credential(**status: object) -> str:
    return json.dumps({"apiVersion": API, "kind": "ExecCredential", "status": status})


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes an executable shell script."""

    def write(text: str, name: str = "login") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write


def command(program: str | Path, folder: str = "", **settings: Any) -> ExecCommand:
    has_terminal = settings.pop("has_terminal", None)
    cluster = settings.pop("cluster", {})
    return ExecCommand(
        {"apiVersion": API, "command": str(program), **settings}, folder, cluster, has_terminal=has_terminal
    )


def kubeconfig(path: Path, user: dict[str, Any], **cluster: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1", **cluster}}],
                "users": [{"name": "u", "user": user}],
            }
        )
    )
    return str(path)


def access_of(path: str) -> AccessSource:
    return load_connection_config(path).access


async def test_token_certificate_and_expiry_are_taken_over(script: Callable[..., Path]) -> None:
    status = {
        "token": "t",
        "clientCertificateData": "c",
        "clientKeyData": "k",
        "expirationTimestamp": "2030-01-01T00:00:00Z",
    }
    found = await command(script(f"echo '{credential(**status)}'")).run()
    assert (found.token, found.certificate_pem, found.key_pem) == ("t", b"c", b"k")
    assert found.expires_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert "t'" not in repr(found)


@pytest.mark.parametrize("name", ["./bin/login", "bin/login", "../config/bin/login"])
async def test_a_relative_command_starts_at_the_folder_of_the_kubeconfig(
    tmp_path: Path, script: Callable[..., Path], name: str
) -> None:
    script(f"echo '{credential(token='t')}'", "config/bin/login")
    path = kubeconfig(tmp_path / "config" / "kubeconfig", {"exec": {"apiVersion": API, "command": name}})
    assert (await access_of(path).current()).authorization == "Bearer t"


async def test_each_command_starts_at_the_folder_of_the_file_its_user_is_in(
    tmp_path: Path, script: Callable[..., Path]
) -> None:
    script(f"echo '{credential(token='t')}'", "b/login")
    one = kubeconfig(tmp_path / "a" / "one", {})
    (tmp_path / "a" / "one").write_text(
        (tmp_path / "a" / "one").read_text().replace('"name": "u", "user": {}', '"name": "x", "user": {}')
    )
    two = kubeconfig(tmp_path / "b" / "two", {"exec": {"apiVersion": API, "command": "./login"}})
    config = load_connection_config(None, environ={"KUBECONFIG": f"{one}{os.pathsep}{two}"})
    assert (await config.access.current()).authorization == "Bearer t"


async def test_a_command_without_a_slash_is_looked_for_in_the_path(
    script: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = script(f"echo '{credential(token='t')}'", "bin/some-login").parent
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    assert (await command("some-login", "/nowhere").run()).token == "t"


async def test_a_command_is_given_arguments_and_variables(script: Callable[..., Path], tmp_path: Path) -> None:
    path = script(f"echo \"$1 $2 $FROM_CONFIG $FROM_HERE\" > {tmp_path}/out\necho '{credential(token='t')}'")
    os.environ["FROM_HERE"] = "d"
    try:
        await command(path, args=["a", 7], env=[{"name": "FROM_CONFIG", "value": "c"}]).run()
    finally:
        del os.environ["FROM_HERE"]
    assert (tmp_path / "out").read_text() == "a 7 c d\n"


async def test_a_command_that_complains_at_length_never_waits_for_a_reader(script: Callable[..., Path]) -> None:
    path = script(f"head -c 400000 /dev/zero | tr '\\0' x >&2\necho '{credential(token='t')}'")
    async with asyncio.timeout(10):
        assert (await command(path).run()).token == "t"
        with pytest.raises(ConfigError, match=r"status 3: x{100,2000}$"):
            await command(script("head -c 400000 /dev/zero | tr '\\0' x >&2\nexit 3")).run()


async def test_a_command_that_prints_without_end_is_killed(script: Callable[..., Path]) -> None:
    async with asyncio.timeout(10):
        with pytest.raises(ConfigError, match="more than 1048576 bytes"):
            await command(script("yes")).run()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("ending", ["deadline", "cancelled"])
async def test_a_command_is_killed_with_its_process_group(
    script: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(exec_plugin, "DEADLINE_SECONDS", 0.5 if ending == "deadline" else 60.0)
    path = script(f"sleep 300 &\necho $! > {tmp_path}/child\necho $$ > {tmp_path}/self\nwait")
    running = asyncio.ensure_future(command(path).run())
    await eventually(lambda: (tmp_path / "self").exists() and (tmp_path / "self").read_text() != "")
    if ending == "cancelled":
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    else:
        with pytest.raises(ConfigError, match=r"gave no credentials within 0.5 s"):
            await running
    pids = [int((tmp_path / name).read_text()) for name in ("self", "child")]
    await eventually(lambda: not any(map(is_running, pids)))


@pytest.mark.parametrize(
    "stops",
    ["kill -STOP $$", "kill -STOP 0", "sleep 300 & kill -STOP $!; echo $! > child; wait"],
    ids=["itself", "its group", "a child it waits for"],
)
async def test_a_command_that_is_stopped_is_killed_at_its_deadline_and_the_next_one_serves(
    script: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stops: str
) -> None:
    monkeypatch.setattr(exec_plugin, "DEADLINE_SECONDS", 0.5)
    path = script(f"cd {tmp_path}; echo $$ > self; {stops}\necho '{credential(token='t')}'")
    with pytest.raises(ConfigError, match=r"gave no credentials within 0.5 s"):
        await command(path).run()
    pids = [int(each.read_text()) for each in (tmp_path / "self", tmp_path / "child") if each.exists()]
    await eventually(lambda: not any(map(is_running, pids)))
    monkeypatch.setattr(exec_plugin, "DEADLINE_SECONDS", 60.0)
    assert (await command(script(f"echo '{credential(token='t')}'")).run()).token == "t"


async def test_a_helper_that_a_command_leaves_behind_holds_up_nobody(
    script: Callable[..., Path], tmp_path: Path
) -> None:
    path = script(f"echo '{credential(token='t')}'\nsleep 300 &\necho $! > {tmp_path}/child")
    began = time.monotonic()
    try:
        assert (await command(path).run()).token == "t"
    finally:
        os.kill(int((tmp_path / "child").read_text()), 9)
    assert time.monotonic() - began < 10


INFO = 'printf "%s" "$KUBERNETES_EXEC_INFO" > {folder}/info\necho \'{answer}\''


async def test_a_command_is_told_of_its_cluster_if_it_asks(tmp_path: Path, script: Callable[..., Path]) -> None:
    path = script(INFO.format(folder=tmp_path, answer=credential(token="t")))
    (tmp_path / "ca").write_bytes(PEM)
    cluster = {
        "certificate-authority": "ca",
        "tls-server-name": "n",
        "proxy-url": "http://p",
        "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}, {"name": "y"}],
    }
    user = {"exec": {"apiVersion": API, "command": str(path), "provideClusterInfo": True, "interactiveMode": "Never"}}
    await access_of(kubeconfig(tmp_path / "k", user, **cluster)).current()
    info = json.loads((tmp_path / "info").read_text())
    assert info == {
        "kind": "ExecCredential",
        "apiVersion": API,
        "spec": {
            "interactive": False,
            "cluster": {
                "server": "https://127.0.0.1:1",
                "tls-server-name": "n",
                "proxy-url": "http://p",
                "certificate-authority-data": base64.b64encode(PEM).decode(),
                "config": {"audience": "x"},
            },
        },
    }
    del user["exec"]["provideClusterInfo"]
    await access_of(kubeconfig(tmp_path / "k", user, **cluster)).current()
    assert json.loads((tmp_path / "info").read_text())["spec"] == {"interactive": False}


def test_what_a_cluster_leaves_out_is_left_out() -> None:
    assert cluster_info({"server": "s", "insecure-skip-tls-verify": True}, None) == {
        "server": "s",
        "insecure-skip-tls-verify": True,
    }


@pytest.mark.parametrize(
    ("mode", "has_terminal", "interactive"),
    [("Never", True, False), ("IfAvailable", True, True), ("IfAvailable", False, False), ("Always", True, True)],
)
async def test_a_command_is_interactive_as_its_mode_says(
    tmp_path: Path, script: Callable[..., Path], mode: str, has_terminal: bool, interactive: bool
) -> None:
    path = script(INFO.format(folder=tmp_path, answer=credential(token="t")))
    await command(path, interactiveMode=mode, has_terminal=lambda: has_terminal).run()
    assert json.loads((tmp_path / "info").read_text())["spec"]["interactive"] is interactive


async def test_a_command_that_is_not_interactive_finds_its_input_empty(script: Callable[..., Path]) -> None:
    async with asyncio.timeout(10):
        assert (await command(script(f"cat\necho '{credential(token='t')}'"), interactiveMode="Never").run()).token


@pytest.mark.parametrize(
    ("program", "settings", "message"),
    [
        ("", {}, "names no command"),
        ("true", {"apiVersion": "v1"}, "needs an apiVersion"),
        ("true", {"interactiveMode": "Sometimes"}, "use Never, IfAvailable, Always"),
        ("true", {"args": "x"}, "not a list"),
        ("true", {"interactiveMode": "Always", "has_terminal": lambda: False}, "standard input is not a terminal"),
        ("/none/such", {"installHint": "Get it at example.com"}, "cannot be run: .*Get it at example.com"),
    ],
)
async def test_settings_that_make_no_sense_are_named(program: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        await command(program, **settings).run()


def test_a_command_runs_on_the_loop_that_the_operator_runs_on(script: Callable[..., Path]) -> None:
    program = script(f"cat <<'E'\n{credential(token='given')}\nE")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(command(program).run()).token == "given"


def test_a_command_that_hangs_is_ended_with_its_children_on_the_loop_of_the_operator(
    script: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exec_plugin, "DEADLINE_SECONDS", 0.3)
    program = script(f"sleep 300 & echo $! > {tmp_path}/child; wait")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, pytest.raises(ConfigError, match="within"):
        runner.run(command(program).run())
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}/stat").exists() and " Z " not in Path(f"/proc/{child}/stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("", "printed no ExecCredential"),
        ("[]", "printed no ExecCredential"),
        ("[" * 100_000, "printed no ExecCredential"),
        (
            credential().replace("/v1", "/v1beta1"),
            "printed .*/v1beta1, not .*/v1",
        ),
        (credential().replace("ExecCredential", "Pod"), "printed another kind than ExecCredential"),
        (credential(), "neither a token nor"),
        (credential(token="t", clientKeyData="k"), "without the other"),
        (credential(token="t", expirationTimestamp="soon"), "printed no ExecCredential"),
        *((credential(token=junk), "printed something else than a token") for junk in ("a\nb", "\xe9", "\x00", " ")),
    ],
)
async def test_output_that_is_no_credential_is_named(
    tmp_path: Path, script: Callable[..., Path], output: str, message: str
) -> None:
    (tmp_path / "output").write_text(output)
    with pytest.raises(ConfigError, match=message):
        await command(script(f"cat {tmp_path}/output")).run()


@pytest.fixture
def counting(tmp_path: Path, script: Callable[..., Path]) -> Callable[[], int]:
    """Return how often the script ``login`` was run; it hands out what ``answer`` holds."""
    script(f"echo x >> {tmp_path}/count\ncat {tmp_path}/answer")
    return lambda: len((tmp_path / "count").read_text().splitlines()) if (tmp_path / "count").exists() else 0


async def test_the_command_is_run_again_shortly_before_its_credential_expires(
    tmp_path: Path, counting: Callable[[], int]
) -> None:
    clock = VirtualClock()

    def hand_out(token: str, seconds: float) -> None:
        expires = (clock.now() + timedelta(seconds=seconds)).isoformat()
        (tmp_path / "answer").write_text(credential(token=token, expirationTimestamp=expires))

    paths = kubeconfig(tmp_path / "k", {"exec": {"apiVersion": API, "command": "./login"}})
    source = KubeconfigSource(paths, read_context(paths, None, paths), paths, clock=clock)
    hand_out("one", 1000)
    slow = [source.is_slow]
    assert (await source.read(renew=False)).authorization == "Bearer one"
    hand_out("two", 100_000)
    await clock.advance(790)
    slow.append(source.is_slow)
    assert (await source.read(renew=False)).authorization == "Bearer one"
    await clock.advance(20)
    slow.append(source.is_slow)
    assert slow == [True, False, True]
    assert (await source.read(renew=False)).authorization == "Bearer two"
    await clock.advance(90_000)
    assert (await source.read(renew=False)).authorization == "Bearer two"
    assert counting() == 2
    hand_out("three", 10)
    assert (await source.read(renew=True)).authorization == "Bearer three"


async def test_credentials_that_are_written_down_come_before_a_command(
    tmp_path: Path, counting: Callable[[], int]
) -> None:
    user = {"token": "written", "exec": {"apiVersion": API, "command": "./login"}}
    assert (await access_of(kubeconfig(tmp_path / "k", user)).current()).authorization == "Bearer written"
    assert counting() == 0


@pytest.mark.parametrize(
    "junk",
    [
        "",
        credential(token="a\nb"),
        credential(clientCertificateData="junk", clientKeyData="junk", expirationTimestamp="2999-01-01T00:00:00Z"),
    ],
)
async def test_a_command_that_printed_junk_is_run_again_until_it_prints_credentials(
    tmp_path: Path, counting: Callable[[], int], junk: str
) -> None:
    clock = VirtualClock()
    paths = kubeconfig(tmp_path / "k", {"exec": {"apiVersion": API, "command": "./login"}})
    access = CachedAccess(KubeconfigSource(paths, read_context(paths, None, paths), paths, clock=clock), clock=clock)
    (tmp_path / "answer").write_text(junk)
    with pytest.raises(ConfigError, match="printed"):
        await access.current()
    (tmp_path / "answer").write_text(credential(token="good"))
    await clock.advance(1)
    assert (await access.current()).authorization == "Bearer good"
    assert counting() == 2
    await access.close()
