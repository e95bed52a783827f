"""kopf with an ``on.event`` handler, as ``kopf run`` starts it; uvloop is installed and kopf takes it."""

import sys
from importlib import metadata
from pathlib import Path

from bench.peers.peer import COUNTING, Job, Launch, Peer

HANDLER = """
import kopf


@kopf.on.event("configmaps")
async def bench(name, patch, **_):
%s
"""
BODIES = {
    "noop": "    count(name)",
    "patch": "    patch.metadata.labels['seen'] = 'yes'\n    count(name)",
}


def _prepare(directory: Path, kubeconfig: Path, job: Job) -> Launch:
    handler = directory / "handler.py"
    handler.write_text(COUNTING + HANDLER % BODIES[job.handler])
    command = [sys.executable, "-m", "kopf", "run", "--all-namespaces", "--standalone", str(handler)]
    return Launch(command, {"KUBECONFIG": str(kubeconfig)})


PEER = Peer("kopf on.event", lambda: metadata.version("kopf"), _prepare, slow=True)
