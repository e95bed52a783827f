"""kopf with an ``on.event`` handler, as ``kopf run`` starts it; uvloop is installed and kopf takes it."""

import sys
from importlib import metadata
from pathlib import Path

from bench.peers.peer import COUNTING, Launch, Peer

HANDLER = (
    COUNTING
    + """
import kopf


@kopf.on.event("configmaps")
async def bench(**_):
    count()
"""
)


def _prepare(directory: Path, kubeconfig: Path) -> Launch:
    handler = directory / "handler.py"
    handler.write_text(HANDLER)
    command = [sys.executable, "-m", "kopf", "run", "--all-namespaces", "--standalone", str(handler)]
    return Launch(command, {"KUBECONFIG": str(kubeconfig)})


PEER = Peer("kopf on.event", lambda: metadata.version("kopf"), _prepare)
