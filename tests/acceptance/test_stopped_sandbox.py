"""SIGSTOP of the parts of a sandbox and of an operator: what is stopped harms nobody else, and all ends when asked."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import StartOperator, StartSandbox

pytestmark = pytest.mark.embedded_only("it stops the server's process")

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def configmap(ctx, request):
    ctx.log.info("ConfigMap reconciled")
"""
HANGS = "import time\nwhile True: time.sleep(60)\n"


def children_of(pid: int) -> dict[int, str]:
    """Return the processes below a process, with their commands."""
    found: dict[int, str] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            found |= children_of(child)
    return found


def wait_gone(*pids: int) -> None:
    def is_running(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    deadline = time.monotonic() + 20
    while any(map(is_running, pids)):
        assert time.monotonic() < deadline, f"one of {pids} still runs"
        time.sleep(0.02)


def test_a_sandbox_whose_server_is_stopped_ends_at_ctrl_c_and_leaves_nothing(
    sandbox: StartSandbox, plugins: Path, tmp_path: Path
) -> None:
    """One that keeps data is given time to put it in order, which it does not use."""
    (plugins / "configmap.py").write_text(PLUGIN)
    up = sandbox("--data-dir", str(tmp_path / "data"))
    server = next(pid for pid, command in children_of(up.process.pid).items() if "apiserver" in command)
    os.kill(server, signal.SIGSTOP)
    assert up.interrupt() == 0, up.output.text
    assert "Traceback" not in up.output.text
    wait_gone(server)


def test_an_operator_that_was_stopped_goes_on(operator: StartOperator, cluster: Cluster, plugins: Path) -> None:
    (plugins / "configmap.py").write_text(PLUGIN)
    running = operator()
    cluster.kubectl("create", "configmap", "first")
    running.wait_for("ConfigMap reconciled", "first")
    running.process.send_signal(signal.SIGSTOP)
    cluster.kubectl("create", "configmap", "second")
    (plugins / "configmap.py").write_text(PLUGIN.replace("reconciled", "seen"))
    running.process.send_signal(signal.SIGCONT)
    running.wait_for("ConfigMap seen", "second")
    running.process.terminate()
    assert running.end() == 0, running.text


def test_an_operator_that_ends_while_its_trials_are_stopped_leaves_none(
    operator: StartOperator, cluster: Cluster, plugins: Path, tmp_path: Path
) -> None:
    """The import on trial is stopped; it must go with the process that tries it."""
    (plugins / "configmap.py").write_text(PLUGIN)
    mark = tmp_path / "mark"
    (plugins / "hangs.py").write_text(
        f"import os\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\n{HANGS}{PLUGIN.replace('configmap(', 'hangs(')}"
    )
    running = operator("--shutdown-grace-period", "5s")
    deadline = time.monotonic() + 60
    while not (mark.exists() and mark.read_text()):
        assert time.monotonic() < deadline, running.text
        time.sleep(0.02)
    trial = int(mark.read_text())
    below = children_of(running.process.pid)
    assert trial in below
    os.kill(trial, signal.SIGSTOP)
    running.process.terminate()
    assert running.end() == 0, running.text
    wait_gone(*below)
