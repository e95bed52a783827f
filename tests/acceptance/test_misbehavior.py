"""A plugin that blocks the event loop is named where operators look: log, metric, status, command."""

import json
import urllib.request
from pathlib import Path

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import Run, StartOperator

PLUGIN = """
import time
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def sleeper(ctx, request):
    if request.name == "hello":
        time.sleep(1.5)
        ctx.log.info("Slept")
"""


def test_who_blocks_the_loop_is_named_with_the_place_in_its_code(
    operator: StartOperator, cluster: Cluster, plugins: Path, free_port: int, run: Run
) -> None:
    path = plugins / "heavy-sleeper.py"
    path.write_text(PLUGIN)
    probes = f"127.0.0.1:{free_port}"
    running = operator("--stall-threshold", "300ms", "--health-probe-bind-address", probes, metrics="127.0.0.1:0")
    cluster.kubectl("create", "configmap", "hello")
    running.wait_for("Event loop is blocked", "plugin=heavy-sleeper")
    running.wait_for("Slept")

    shown = run("status", "--address", probes)
    assert shown.returncode == 0, shown.stderr
    assert "blocks the event loop: for " in shown.stdout
    assert f"({path}:8)" in shown.stdout
    with urllib.request.urlopen(f"http://{probes}/status", timeout=30) as answer:
        (plugin,) = json.load(answer)["plugins"]
    assert [each["how"] for each in plugin["misbehaving"]] == ["blocks"]
