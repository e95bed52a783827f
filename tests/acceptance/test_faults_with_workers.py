"""The API server fails, or processes end, while two worker processes work: no key is lost, and none is doubled."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing.eventually import eventually
from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import Start, StartTwo
from tests.acceptance.worker_operator import OBJECTS, SECONDS, WorkerOperator, gone_within, replace, shared

pytestmark = pytest.mark.embedded_only("it stops the server and plans its faults")

ELECTION = (
    "--leader-elect", "--leader-elect-lease-duration", "6s", "--leader-elect-renew-deadline", "4s",
    "--leader-elect-retry-period", "500ms",
)  # fmt: skip
StartServer = Callable[[], Cluster]


@pytest.fixture
def start_server(start: Start, tmp_path: Path, environment: dict[str, str], other_free_port: int) -> StartServer:
    """Start the API server with the data and the port that it had."""

    def start_server() -> Cluster:
        kubeconfig = tmp_path / "kubeconfig"
        process = start(
            "apiserver", "--data-dir", tmp_path / "data", "--bind-address", f"127.0.0.1:{other_free_port}",
            "--write-kubeconfig", kubeconfig,
        )  # fmt: skip
        assert process.stdout is not None
        assert "Kubernetes API at" in process.stdout.readline()
        return Cluster(process, kubeconfig, environment)

    return start_server


@pytest.fixture
def cluster(start_server: StartServer) -> Cluster:
    """An API server that can be started again."""
    return start_server()


@pytest.fixture
async def two(start_two: StartTwo, plugins: Path) -> WorkerOperator:
    """Two workers that have reconciled all objects, and lead."""
    (plugins / "shared.py").write_text(shared("first"))
    made = start_two(*ELECTION)
    made.write_objects("0")
    await made.ready()
    await made.settled("0", "first")
    return made


@pytest.fixture
def plan(cluster: Cluster, tmp_path: Path) -> Callable[..., None]:
    """Plan faults of the server for the operator."""

    def plan(**fault: Any) -> None:
        file = tmp_path / "fault.json"
        file.write_text(json.dumps({"agent": "plugin-operator/", **fault}))
        cluster.kubectl("create", "--raw", "/debug/faults", "-f", str(file))

    return plan


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "error-event", "code": 410},
        {"action": "error-event", "code": 500},
        {"action": "end"},
        {"action": "break"},
        {"action": "garbage", "body": "no json"},
    ],
    ids=lambda fault: f"{fault['action']} {fault.get('code', '')}".strip(),
)
async def test_a_watch_that_ends_is_opened_again_by_each_worker(
    two: WorkerOperator, plan: Callable[..., None], fault: dict[str, Any]
) -> None:
    plan(verb="watch", resource="configmaps", count=4, **fault)
    two.write_objects("1")
    two.write_objects("2")
    await two.settled("2", "first")


@pytest.mark.parametrize("code", [401, 410, 429, 500])
async def test_requests_that_are_refused_are_repeated_by_each_worker(
    two: WorkerOperator, plan: Callable[..., None], plugins: Path, code: int
) -> None:
    plan(action="refuse", code=code, resource="configmaps", count=6, retry_after_seconds=1)
    plan(action="end", verb="watch", resource="configmaps", count=4)
    two.write_objects("1")
    replace(plugins / "shared.py", shared("second"))
    two.kill(1)
    await two.settled("1", "second")
    await two.ready()


async def test_a_server_that_is_killed_and_comes_back_finds_both_workers_at_work(
    start_two: StartTwo, cluster: Cluster, start_server: StartServer, plugins: Path
) -> None:
    (plugins / "shared.py").write_text(shared("first"))
    two = start_two()
    two.write_objects("0")
    await two.settled("0", "first")
    assert cluster.process is not None
    cluster.process.kill()
    cluster.process.wait()
    replace(plugins / "shared.py", shared("second"))
    two.kill(1)
    start_server()
    two.write_objects("1")
    await two.settled("1", "second")
    await two.ready()


async def test_a_server_that_hangs_for_less_than_the_lease_costs_nothing(two: WorkerOperator, cluster: Cluster) -> None:
    assert cluster.process is not None
    cluster.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(2)
    cluster.process.send_signal(signal.SIGCONT)
    two.write_objects("1")
    await two.settled("1", "first")
    assert two.output.process.poll() is None


async def test_a_server_that_hangs_past_the_lease_ends_the_supervisor_and_all_workers(
    two: WorkerOperator, cluster: Cluster
) -> None:
    pids = two.pids()
    assert cluster.process is not None
    cluster.process.send_signal(signal.SIGSTOP)
    try:
        assert two.output.end() == 1
        assert gone_within(pids, 5)
    finally:
        cluster.process.send_signal(signal.SIGCONT)
    assert "Traceback" not in two.output.text


async def test_a_lease_that_is_deleted_under_load_ends_the_workers_in_the_middle_of_reconciles(
    two: WorkerOperator, cluster: Cluster, plugins: Path
) -> None:
    replace(plugins / "shared.py", shared("slow", seconds=30))
    await two.in_both("Begun")
    await eventually(lambda: two.plugin()["revision"].startswith("2-"), timeout_seconds=SECONDS)
    pids = two.pids()
    cluster.kubectl("delete", "lease", "plugin-operator-leader-election")
    assert two.output.end(20) == 1
    assert gone_within(pids, 5)
    assert "the Lease was deleted" in two.output.text


async def test_sigterm_under_load_lets_the_reconciles_of_all_workers_end(two: WorkerOperator, plugins: Path) -> None:
    replace(plugins / "shared.py", shared("slow", seconds=1))
    await eventually(lambda: two.workers_that_said("Ended", edition="slow") == {0, 1}, timeout_seconds=SECONDS)
    pids = two.pids()
    two.output.process.send_signal(signal.SIGTERM)
    assert two.output.end() == 0, two.output.text
    assert gone_within(pids, 1)
    assert len(two.lines("Begun")) == len(two.lines("Ended", how="ok")), "none was cut off"
    two.assert_never_twice()


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "one worker is stopped"])
async def test_no_worker_outlives_a_supervisor_that_is_killed(
    two: WorkerOperator, plugins: Path, stopped: bool
) -> None:
    replace(plugins / "shared.py", shared("slow", seconds=30))
    await eventually(lambda: two.plugin()["revision"].startswith("2-"), timeout_seconds=SECONDS)
    pids = two.pids()
    if stopped:
        two.kill(0, signal.SIGSTOP)
    two.output.process.kill()
    assert two.output.end() == -signal.SIGKILL
    assert gone_within(pids, 5)


async def test_a_supervisor_that_is_stopped_past_the_lease_leaves_no_worker_at_work(two: WorkerOperator) -> None:
    pids = two.pids()
    two.output.process.send_signal(signal.SIGSTOP)
    try:
        await eventually(lambda: gone_within(pids, 0), timeout_seconds=20)
        stopped = len(two.said)
        two.write_objects("1")
        assert not [each for each in two.said[stopped:] if each["event"] == "Begun"]
    finally:
        two.output.process.send_signal(signal.SIGCONT)
    assert two.output.end(20) == 1
    assert "blocked" not in two.output.text


async def test_a_worker_that_is_stopped_for_a_moment_goes_on_with_its_objects(two: WorkerOperator) -> None:
    pid = two.kill(1, signal.SIGSTOP)
    await asyncio.sleep(2)
    os.kill(pid, signal.SIGCONT)
    two.write_objects("1")
    await two.settled("1", "first")
    assert pid in two.pids(), two.other_lines


async def test_a_worker_that_is_stopped_for_long_is_killed_and_its_objects_wait_for_its_next_life(
    two: WorkerOperator,
) -> None:
    pid = two.kill(1, signal.SIGSTOP)
    silent = f"[-]workers failed: worker 1 does not answer (pid {pid}): a signal has stopped it"
    await eventually(lambda: silent in two.failure("/readyz?verbose"), timeout_seconds=SECONDS)
    assert two.lines("Worker does not answer", worker=1, pid=pid)
    two.write_objects("1")
    await eventually(lambda: two.lines("Worker blocked, killing it", worker=1), timeout_seconds=SECONDS)
    await two.settled("1", "first")
    await two.ready()
    assert not gone_within([two.output.process.pid], 0)
    assert pid not in two.pids()
    assert len({each["name"] for each in two.lines("Ended", step="1")}) == OBJECTS
