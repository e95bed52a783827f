"""The kernel's limits on inotify, for real: lowered in a namespace of the operator's own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import StartOperator

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def configmap(ctx, request):
    ctx.log.info("VERSION")
"""
LIMITS = {"instances": "0", "watches": "1"}


def lowered(limit: str) -> list[str]:
    """Return the words before a command that give it a lower limit."""
    setting = f"/proc/sys/user/max_inotify_{limit}"
    script = f'echo {LIMITS[limit]} > {setting} && exec "$0" "$@"'
    return ["unshare", "--user", "--map-root-user", "sh", "-c", script]


def why_not(limit: str) -> str:
    """Return why this machine cannot lower it, "" if it can."""
    try:
        tried = subprocess.run([*lowered(limit), "true"], capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return tried.stderr.strip() or ("" if tried.returncode == 0 else f"status {tried.returncode}")


@pytest.mark.parametrize("limit", LIMITS)
def test_an_edit_is_taken_over_without_the_kernels_help(
    operator: StartOperator, cluster: Cluster, plugins: Path, limit: str
) -> None:
    if reason := why_not(limit):
        pytest.skip(f"NOT RUN: no namespace with fewer inotify {limit} ({sys.platform}: {reason})")
    path = plugins / "configmap.py"
    path.write_text(PLUGIN.replace("VERSION", "First"))
    running = operator("--scan-interval", "500ms", within=lowered(limit))
    cluster.kubectl("create", "configmap", "hello")
    running.wait_for("First")
    running.wait_for("relying on scans")

    path.write_text(PLUGIN.replace("VERSION", "Second"))
    running.wait_for("Second")
    (plugins / "more").mkdir()
    (plugins / "more" / "__init__.py").write_text(PLUGIN.replace("VERSION", "Third").replace("configmap", "more"))
    running.wait_for("Third")
    running.process.terminate()
    assert running.end() == 0, running.text
