"""``run`` against an API server that somebody else runs: leadership, hand-over, signals."""

import json
import os
import signal
import time
import urllib.request
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import StartOperator

PLUGIN = """
import os
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def configmap(ctx, request):
    ctx.log.info("ConfigMap reconciled")
"""

SLOW = """
import asyncio
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def slow(ctx, request):
    ctx.log.info("Begun")
    try:
        await asyncio.sleep(SECONDS)
        ctx.log.info("Ended")
    except asyncio.CancelledError:
        ctx.log.info("Cancelled")
        raise
"""

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")
ELECTION = (
    "--leader-elect", "--leader-elect-lease-duration", "4s", "--leader-elect-renew-deadline", "3s",
    "--leader-elect-retry-period", "250ms",
)  # fmt: skip


@pytest.fixture
def operator(operator: StartOperator, processes: int) -> StartOperator:
    """Start the operator with one process, and with several."""
    return partial(operator, "--processes", str(processes))


def test_sigterm_lets_reconciles_end_and_is_status_zero(
    operator: StartOperator, cluster: Cluster, plugins: Path
) -> None:
    (plugins / "slow.py").write_text(SLOW.replace("SECONDS", "1.0"))
    running = operator()
    cluster.kubectl("create", "configmap", "hello")
    running.wait_for("Begun")
    running.process.send_signal(signal.SIGTERM)
    assert running.end() == 0, running.text
    assert "Ended" in running.text
    assert "Cancelled" not in running.text
    assert "Stopped" in running.lines[-1]


def test_a_second_signal_ends_it_at_once_with_one(operator: StartOperator, cluster: Cluster, plugins: Path) -> None:
    (plugins / "slow.py").write_text(SLOW.replace("SECONDS", "600"))
    running = operator()
    cluster.kubectl("create", "configmap", "hello")
    running.wait_for("Begun")
    running.process.send_signal(signal.SIGTERM)
    running.wait_for("Stopping")
    assert running.process.poll() is None
    # Signals in quick succession are one press of a key to it, so what comes right after the first may not count.
    while running.process.poll() is None:
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.05)
    assert running.end() == 1
    assert "Traceback" not in running.text


def test_a_reconcile_that_does_not_end_is_cancelled_within_the_grace(
    operator: StartOperator, cluster: Cluster, plugins: Path
) -> None:
    (plugins / "slow.py").write_text(SLOW.replace("SECONDS", "600"))
    running = operator("--shutdown-grace-period", "6s")
    cluster.kubectl("create", "configmap", "hello")
    running.wait_for("Begun")
    running.process.send_signal(signal.SIGTERM)
    assert running.end(30) == 0, running.text
    assert "Cancelled" in running.text


STUBBORN = """
import asyncio
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def stubborn(ctx, request):
    ctx.log.info("Begun")
    while True:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            ctx.log.info("Ignored")
"""


def test_a_reconcile_that_ignores_its_cancellation_ends_with_the_process_and_the_lease_is_left_to_expire(
    operator: StartOperator, cluster: Cluster, plugins: Path
) -> None:
    (plugins / "stubborn.py").write_text(STUBBORN)
    running = operator("--shutdown-grace-period", "2s", *ELECTION)
    cluster.kubectl("create", "configmap", "hello")
    running.wait_for("Begun")
    running.process.send_signal(signal.SIGTERM)
    assert running.end(20) == 1, running.text
    assert "Ignored" in running.text
    assert cluster.lease()["holderIdentity"] != ""


THREAD = """
import threading, time
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def threads(ctx, request):
    threading.Thread(target=time.sleep, args=(600,), daemon=False).start()
    ctx.log.info("Begun")
"""


def test_a_thread_that_a_plugin_left_behind_does_not_keep_the_process(
    operator: StartOperator, cluster: Cluster, plugins: Path
) -> None:
    (plugins / "threads.py").write_text(THREAD)
    running = operator()
    cluster.kubectl("create", "configmap", "hello")
    running.wait_for("Begun")
    running.process.send_signal(signal.SIGTERM)
    assert running.end(20) == 0, running.text


def test_of_two_replicas_one_works_and_a_clean_stop_hands_over_at_once(
    operator: StartOperator, cluster: Cluster, plugins: Path
) -> None:
    (plugins / "configmap.py").write_text(PLUGIN)
    first = operator(*ELECTION)
    first.wait_for("Leadership acquired")
    second = operator(*ELECTION)
    second.wait_for("Lease held by another identity")
    cluster.kubectl("create", "configmap", "hello")
    first.wait_for("ConfigMap reconciled", "name=hello")
    first.process.send_signal(signal.SIGTERM)
    assert first.end() == 0
    stopped = time.monotonic()
    second.wait_for("ConfigMap reconciled", "name=hello")
    assert time.monotonic() - stopped < 3
    assert cluster.lease()["leaseTransitions"] == 1
    second.process.send_signal(signal.SIGTERM)
    assert second.end() == 0
    assert cluster.lease()["holderIdentity"] == ""


def test_a_killed_leader_is_replaced_after_the_lease(operator: StartOperator, cluster: Cluster, plugins: Path) -> None:
    (plugins / "configmap.py").write_text(PLUGIN)
    first = operator(*ELECTION)
    first.wait_for("Leadership acquired")
    second = operator(*ELECTION)
    second.wait_for("Lease held by another identity")
    first.process.kill()
    second.wait_for("Leadership acquired", seconds=15)


def test_a_leader_that_was_frozen_past_its_lease_ends_at_once_with_one(
    operator: StartOperator, cluster: Cluster, plugins: Path
) -> None:
    (plugins / "configmap.py").write_text(PLUGIN)
    first = operator(*ELECTION)
    first.wait_for("Leadership acquired")
    second = operator(*ELECTION)
    second.wait_for("Lease held by another identity")
    first.process.send_signal(signal.SIGSTOP)
    second.wait_for("Leadership acquired", seconds=15)
    first.process.send_signal(signal.SIGCONT)
    assert first.end(10) == 1
    assert ", exiting" in first.text
    assert "Traceback" not in first.text


def test_what_happens_to_plugins_is_told_as_events(operator: StartOperator, cluster: Cluster, plugins: Path) -> None:
    (plugins / "configmap.py").write_text(PLUGIN)
    (plugins / "broken.py").write_text("from plugin_operator import controller\nimport nothing_of_that_name\n")
    running = operator()
    running.wait_for("Plugin active")
    running.wait_for("Plugin rejected")
    deadline = time.monotonic() + 30
    told: set[str] = set()
    while told != {"PluginLoaded", "PluginRejected"} and time.monotonic() < deadline:
        # Without a pod they are about the namespace of the kubeconfig; such Events are kept in "default".
        events = json.loads(cluster.kubectl("get", "events", "--all-namespaces", "-o", "json"))["items"]
        about = [each for each in events if each["involvedObject"].get("name") == NAMESPACE]
        # On a real server, tests before this one have left Events of their plugins.
        told = {each["reason"] for each in about if "nothing_of_that_name" in each["message"]}
        told |= {each["reason"] for each in about if each["message"].startswith("plugin configmap")} - {
            "PluginRejected"
        }
        told &= {"PluginLoaded", "PluginRejected"}
    assert told == {"PluginLoaded", "PluginRejected"}, running.text


def test_metrics_name_the_leader(operator: StartOperator, cluster: Cluster, plugins: Path, free_port: int) -> None:
    (plugins / "configmap.py").write_text(PLUGIN)
    running = operator(*ELECTION, metrics=f"127.0.0.1:{free_port}")
    running.wait_for("Leadership acquired")
    with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    assert 'leader_election_master_status{name="plugin-operator-leader-election"} 1.0' in text
    os.kill(running.process.pid, signal.SIGTERM)
    assert running.end() == 0


@pytest.mark.embedded_only("it kills the server")
def test_a_lost_api_server_is_survived(operator: StartOperator, cluster: Cluster, plugins: Path) -> None:
    (plugins / "configmap.py").write_text(PLUGIN)
    running = operator()
    cluster.kubectl("create", "configmap", "hello")
    running.wait_for("ConfigMap reconciled", "name=hello")
    assert cluster.process is not None
    cluster.process.kill()
    running.wait_for("Stream restarts")
    assert running.process.poll() is None
    running.process.send_signal(signal.SIGTERM)
    assert running.end() == 0, running.text
