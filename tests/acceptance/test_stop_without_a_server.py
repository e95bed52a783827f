"""A stop while the API server hangs: it answers no more, and its connections stay open."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import StartOperator

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def configmap(ctx, request):
    ctx.recorder.event(ctx.lister.get(request) or {}, "Normal", "Seen", "an Event that waits to be sent")
    ctx.log.info("ConfigMap reconciled")
"""

pytestmark = pytest.mark.embedded_only("it stops the server's process")


@pytest.fixture
def hang(cluster: Cluster) -> Iterator[Callable[[], None]]:
    """Stop the server's process in the middle of whatever it does; it goes on after the test."""

    def hang() -> None:
        assert cluster.process is not None
        cluster.process.send_signal(signal.SIGSTOP)

    yield hang
    assert cluster.process is not None
    cluster.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("election", [(), ("--leader-elect",)], ids=["alone", "leader"])
def test_a_server_that_hangs_does_not_keep_the_process(
    operator: StartOperator, cluster: Cluster, plugins: Path, hang: Callable[[], None], election: tuple[str, ...]
) -> None:
    (plugins / "configmap.py").write_text(PLUGIN)
    cluster.kubectl("create", "configmap", "hello")
    running = operator("--shutdown-grace-period", "8s", *election)
    running.wait_for("ConfigMap reconciled", "name=hello")
    hang()
    running.process.send_signal(signal.SIGTERM)
    assert running.end() == 0, running.text
    assert "Traceback" not in running.text


def test_a_start_that_waits_for_a_server_that_hangs_can_be_stopped(
    operator: StartOperator, cluster: Cluster, plugins: Path, hang: Callable[[], None]
) -> None:
    (plugins / "configmap.py").write_text(PLUGIN)
    hang()
    running = operator("--connect-timeout", "300s", "--log-level", "debug")
    running.wait_for("Starting")
    running.process.send_signal(signal.SIGTERM)
    assert running.end() == 0, running.text
