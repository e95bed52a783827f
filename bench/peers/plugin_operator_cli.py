"""This operator as a user runs it: the command line, a plugin file, metrics, probes and logs at their defaults."""

import sys
from importlib import metadata
from pathlib import Path

from bench.peers.peer import COUNTING, Launch, Peer

PLUGIN = (
    COUNTING
    + """
from plugin_operator import Context, Request, controller


@controller(for_="v1/ConfigMap")
async def bench(ctx: Context, request: Request) -> None:
    count()
"""
)


def _prepare(directory: Path, kubeconfig: Path) -> Launch:
    plugins = directory / "plugins"
    plugins.mkdir()
    (plugins / "bench_plugin.py").write_text(PLUGIN)
    command = [
        sys.executable, "-m", "plugin_operator", "run",
        "--kubeconfig", str(kubeconfig), "--plugins-dir", str(plugins),
        "--metrics-addr", "127.0.0.1:0", "--health-probe-bind-address", "127.0.0.1:0",
    ]  # fmt: skip
    return Launch(command, {})


PEER = Peer("plugin-operator", lambda: metadata.version("plugin-operator"), _prepare)
