"""The sandbox as a user at a terminal meets it."""

import json
import os
import shutil
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.acceptance.conftest import Run, Sandbox, Start, StartSandbox

pytestmark = pytest.mark.embedded_only("the sandbox brings its own server")

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def {name}(ctx, request):
    obj = ctx.lister.get(request)
    ctx.log.info("{message}", found=obj is not None)
"""


def write(plugins: Path, name: str, message: str) -> None:
    fresh = plugins / f".{name}.new"
    fresh.write_text(PLUGIN.format(name=name, message=message))
    fresh.rename(plugins / f"{name}.py")


@pytest.fixture
def up(sandbox: StartSandbox, plugins: Path) -> Sandbox:
    write(plugins, "configmap", "ConfigMap reconciled")
    return sandbox()


def server_pid(up: Sandbox) -> int:
    """The one child of the operator that serves."""
    children = Path(f"/proc/{up.process.pid}/task/{up.process.pid}/children").read_text().split()
    return next(int(pid) for pid in children if b"apiserver" in Path(f"/proc/{pid}/cmdline").read_bytes())


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.02)


def test_it_prints_what_to_try_and_each_reconcile_as_it_happens(up: Sandbox) -> None:
    for line in ("create configmap hello --from-literal=a=b", "label configmap hello", "delete configmap hello"):
        assert f"kubectl --kubeconfig .sandbox/kubeconfig {line}" in up.output.text
    assert up.kubeconfig.stat().st_mode & 0o777 == 0o600
    up.kubectl("create", "configmap", "hello", "--from-literal=a=b")
    up.output.wait_for("ConfigMap reconciled", "name=hello", "found=True")
    up.kubectl("delete", "configmap", "hello")
    up.output.wait_for("ConfigMap reconciled", "name=hello", "found=False")


def test_it_installs_the_kind_of_a_class_before_seeds_of_that_kind_and_follows_its_edits(
    sandbox: StartSandbox, plugins: Path, tmp_path: Path
) -> None:
    text = """
from plugin_operator import ApiObject, Struct, controller, resource

class GadgetSpec(Struct):
    size: int = 3

@resource("example.com/v1/Gadget")
class Gadget(ApiObject):
    spec: GadgetSpec

@controller(for_=Gadget)
async def gadgets(ctx, request):
    ctx.log.info("Gadget reconciled", spec=str(ctx.lister.raw(request)["spec"]))
"""
    (plugins / "gadgets.py").write_text(text)
    seed = {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "a"}, "spec": {"size": 5}}
    (tmp_path / "gadget.json").write_text(json.dumps(seed))
    up = sandbox("--seed", str(tmp_path / "gadget.json"))
    up.output.wait_for("Gadget reconciled", "{'size': 5}", "name=a")
    edited = plugins / ".gadgets.new"
    edited.write_text(text.replace("size: int = 3", "size: int = 3\n    color: str = 'red'"))
    edited.rename(plugins / "gadgets.py")
    up.output.wait_for("Definition updated")
    assert "red" in up.kubectl("get", "gadget", "a", "-o", "yaml")


def test_ctrl_c_stops_it_at_once_with_status_zero_and_leaves_nothing(up: Sandbox) -> None:
    server = server_pid(up)
    assert up.interrupt() == 0, up.output.text
    assert "Traceback" not in up.output.text
    assert "Error" not in up.output.text
    wait_gone(server)
    assert not up.kubeconfig.exists()


def test_ctrl_c_during_the_start_is_quiet_too(start: Start, plugins: Path, tmp_path: Path) -> None:
    for delay in (0.0, 0.3, 0.7):
        process = start("sandbox", "--plugins-dir", plugins)
        deadline = time.monotonic() + 60
        while not (tmp_path / ".sandbox" / "lock").exists():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        assert "Traceback" not in out, (delay, out)
        assert process.returncode == 0, (delay, out)
        shutil.rmtree(tmp_path / ".sandbox")


def test_the_server_dies_with_an_operator_that_is_killed(up: Sandbox) -> None:
    server = server_pid(up)
    up.process.kill()
    wait_gone(server)


def test_a_server_that_dies_ends_the_operator_with_one(up: Sandbox) -> None:
    os.kill(server_pid(up), signal.SIGKILL)
    assert up.output.end() == 1
    assert "the embedded API server exited with status -9" in up.output.text
    assert "Traceback" not in up.output.text


def test_a_second_sandbox_in_the_same_folder_is_refused(up: Sandbox, run: Run, plugins: Path) -> None:
    ended = run("sandbox", "--plugins-dir", plugins)
    assert ended.returncode == 1
    assert f'a sandbox already runs in ".sandbox" (process {up.process.pid}): stop it' in ended.stderr
    assert up.process.poll() is None


def test_a_plugin_that_blocks_the_loop_cannot_keep_ctrl_c_from_working(sandbox: StartSandbox, plugins: Path) -> None:
    (plugins / "blocks.py").write_text(
        "import time\nfrom plugin_operator import controller\n\n@controller(for_='v1/ConfigMap')\n"
        "async def blocks(ctx, request):\n    print('now blocking', flush=True)\n    time.sleep(600)\n"
    )
    up = sandbox("--shutdown-grace-period", "500ms")
    up.kubectl("create", "configmap", "hello")
    up.output.wait_for("now blocking")
    up.output.wait_for("Event loop is blocked", "plugin=blocks")
    assert up.interrupt() == 1


def test_plugins_come_change_break_mend_and_go_while_it_runs(up: Sandbox, plugins: Path, run: Run) -> None:
    up.kubectl("create", "configmap", "hello")
    up.output.wait_for("ConfigMap reconciled", "name=hello")

    write(plugins, "second", "Second was here")
    up.output.wait_for("Second was here", "name=hello")

    write(plugins, "configmap", "ConfigMap reconciled anew")
    up.output.wait_for("ConfigMap reconciled anew", "name=hello")

    (plugins / "configmap.py").write_text("def broken(:\n")
    up.output.wait_for("configmap.py", "SyntaxError")
    status = run("status")
    assert status.returncode == 1
    assert "SyntaxError" in status.stdout
    at = len(up.output.lines)
    up.kubectl("label", "configmap", "hello", "still=working")
    up.output.wait_for("ConfigMap reconciled anew", "name=hello", after=at)

    write(plugins, "configmap", "ConfigMap mended")
    up.output.wait_for("ConfigMap mended", "name=hello")
    assert run("status").returncode == 0

    (plugins / "second.py").unlink()
    deadline = time.monotonic() + 20
    while "second" in run("status", "-o", "json").stdout:
        assert time.monotonic() < deadline
    at = len(up.output.lines)
    up.kubectl("label", "configmap", "hello", "after=deletion")
    up.output.wait_for("ConfigMap mended", "name=hello", after=at)
    assert not any("Second was here" in line for line in up.output.lines[at:])
    assert up.interrupt() == 0


def test_probes_metrics_and_status_answer(up: Sandbox, tmp_path: Path) -> None:
    probes = json.loads((tmp_path / ".sandbox" / "operator.json").read_text())["probes"]
    up.kubectl("create", "configmap", "hello")
    up.output.wait_for("ConfigMap reconciled", "name=hello")

    def get(url: str) -> str:
        with urllib.request.urlopen(url, timeout=20) as answer:
            found: str = answer.read().decode()
            return found

    assert get(f"http://{probes}/healthz") == "ok"
    assert get(f"http://{probes}/readyz?verbose").endswith("readyz check passed\n")
    status = json.loads(get(f"http://{probes}/status"))
    assert status["leading"] is True
    assert [plugin["name"] for plugin in status["plugins"]] == ["configmap"]
    metrics_url = next(word for line in up.output.lines for word in line.split() if word.endswith("/metrics"))
    assert 'controller_runtime_reconcile_total{controller="configmap",result="success"}' in get(metrics_url)
