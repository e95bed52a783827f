"""Plugins that try to end the process, in a process of its own: it ends by its signals only, and with their status."""

import signal
from pathlib import Path

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import StartOperator

HOSTILE = """
import asyncio, sys
from plugin_operator import controller

class Odd(Exception):
    def __str__(self):
        sys.exit(0)

class Mortal:
    def __del__(self):
        sys.exit(0)

def judge(obj):
    sys.exit(0)

async def forgotten(): ...

async def failing():
    raise ValueError("nobody looks")

@controller(for_="v1/ConfigMap", predicates=[judge])
async def hostile(ctx, request):
    loop = asyncio.get_running_loop()
    Mortal()
    forgotten()
    asyncio.ensure_future(forgotten()).add_done_callback(lambda _: asyncio.ensure_future(failing()))
    loop.call_soon(sys.exit, 0)
    loop.call_later(0.01, sys.exit, 0)
    asyncio.ensure_future(asyncio.sleep(0)).add_done_callback(sys.exit)
    ctx.log.info("Tried to exit", request=request.name)
    raise Odd("x")
"""
GOOD = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def good(ctx, request):
    ctx.log.info("Well done", request=request.name)
"""


def test_only_signals_end_the_operator_and_then_with_status_0(
    operator: StartOperator, cluster: Cluster, plugins: Path
) -> None:
    (plugins / "hostile.py").write_text(HOSTILE)
    (plugins / "good.py").write_text(GOOD)
    running = operator()
    for name in ("one", "two"):
        cluster.kubectl("create", "configmap", name)
        running.wait_for("Tried to exit", f"request={name}")
        running.wait_for("Well done", f"request={name}")
    running.wait_for("Callback tried to exit the process", "SystemExit: 0")
    running.wait_for("Exception ignored", "plugin=hostile", "hostile.py:11")
    running.wait_for("Python warning", "plugin=hostile", "was never awaited")
    running.wait_for("Unhandled exception on the event loop", "plugin=hostile", "controller=hostile", "reconcile_id=")
    # Repeated lines are left out, so the object may also be the CA that each namespace has.
    running.wait_for("Plugin code raised", "plugin=hostile", "what=predicate", "name=")
    running.wait_for("Reconciler error", "plugin=hostile", "reconcile_id=")
    running.process.send_signal(signal.SIGTERM)
    assert running.end() == 0
