"""This operator as a user runs it: the command line, a plugin file, metrics, probes and logs at their defaults."""

import sys
from importlib import metadata
from pathlib import Path

from bench.peers.peer import COUNTING, OURS, PULSE, REMEMBERED_VARIABLE, Job, Launch, Peer

PLUGIN = """
from plugin_operator import Context, Request, controller


@controller(for_="%(kind)s", name="%(name)s", max_concurrent_reconciles=%(workers)d)
async def bench(ctx: Context, request: Request) -> None:
%(body)s
"""
BODIES = {
    "noop": "    count(request.name)",
    "read": "    ctx.lister.get(request)\n    count(request.name)",
    "patch": """\
    seen = {"metadata": {"labels": {"seen": "yes"}}}
    await ctx.client.patch("v1/ConfigMap", request.name, seen, request.namespace)
    count(request.name)""",
    "fail": "    count(request.name)\n    raise RuntimeError('as the benchmark asks for')",
}


def _prepare(directory: Path, kubeconfig: Path, job: Job) -> Launch:
    plugins = directory / "plugins"
    plugins.mkdir()
    for number in range(job.copies):
        kind = f"bench.example.com/v1/Bench{number % job.kinds:02d}" if job.kinds else "v1/ConfigMap"
        words = {"kind": kind, "name": f"bench-{number:03d}", "workers": job.workers, "body": BODIES[job.handler]}
        head = COUNTING + PULSE if job.pulse else COUNTING
        (plugins / f"bench_{number:03d}.py").write_text(head + PLUGIN % words)
    command = [
        sys.executable, "-m", "plugin_operator", "run",
        "--kubeconfig", str(kubeconfig), "--plugins-dir", str(plugins),
        "--metrics-addr", "127.0.0.1:0", "--health-probe-bind-address", "127.0.0.1:0",
    ]  # fmt: skip
    # Each plugin maps the file for itself, and pages that many touch would count as memory as many times.
    return Launch(command, {REMEMBERED_VARIABLE: "0"} if job.copies > 1 else {})


PEER = Peer(OURS, lambda: metadata.version("plugin-operator"), _prepare)
