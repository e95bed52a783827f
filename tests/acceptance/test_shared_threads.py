"""A plugin fills the threads that everybody shares: the operator has its own."""

import signal
from pathlib import Path

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import StartOperator

FILLS = """
import asyncio, time
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def fills(ctx, request):
    loop = asyncio.get_running_loop()
    for _ in range(200):
        loop.run_in_executor(None, time.sleep, 600)
    ctx.log.info("Threads are full")
"""

OTHER = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
def other(ctx, request):
    ctx.log.info("Other works", word="{word}")
"""


def test_a_plugin_that_fills_the_default_executor_holds_up_neither_reloads_nor_the_stop(
    operator: StartOperator, cluster: Cluster, plugins: Path
) -> None:
    # By name, so that the address of the server has to be looked up.
    named = cluster.kubeconfig.read_text().replace("127.0.0.1", "localhost")
    cluster.kubeconfig.write_text(named)
    (plugins / "fills.py").write_text(FILLS)
    cluster.kubectl("create", "configmap", "hello")
    running = operator("--metrics-secure", "--leader-elect", metrics="127.0.0.1:0")
    running.wait_for("Threads are full")
    (plugins / "other.py").write_text(OTHER.format(word="one"))
    running.wait_for("Other works", "word=one")
    (plugins / "other.py").write_text(OTHER.format(word="two"))
    running.wait_for("Other works", "word=two")
    running.process.send_signal(signal.SIGTERM)
    assert running.end(30) == 0, running.text
    assert "Runnable not stopped within its deadline" not in running.text
