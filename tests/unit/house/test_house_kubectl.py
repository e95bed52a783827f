"""kubectl takes the manifests: rendered as deploy renders them, strictly validated, applied twice."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import yaml

from kube_apiserver import ApiServer

ROOT = Path(__file__).parents[3]
KUBECTL = shutil.which("kubectl", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")

pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")


@pytest.fixture
def kubectl(api_server: ApiServer, tmp_path: Path) -> Callable[..., Awaitable[str]]:
    api_server.write_kubeconfig(tmp_path / "kubeconfig")
    environment = os.environ | {"KUBECONFIG": str(tmp_path / "kubeconfig"), "HOME": str(tmp_path)}

    async def run(*arguments: str, stdin: str = "") -> str:
        process = await asyncio.create_subprocess_exec(
            str(KUBECTL), *arguments, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
        assert process.returncode == 0, out.decode()
        return out.decode()

    return run


def rendered() -> str:
    manifests = ROOT / "manifests"
    paths = [path for folder in (".", "plugins", "optional") for path in sorted((manifests / folder).glob("*.yaml"))]
    documents = [path.read_text() for path in paths]
    text = "\n---\n".join(documents)
    return text.replace("IMAGE_PLACEHOLDER", "example/image:1").replace("{{ TIMESTAMP }}", "2026-01-02T03:04:05Z")


async def test_the_manifests_pass_strict_validation_and_apply_unchanged_the_second_time(
    kubectl: Callable[..., Awaitable[str]],
) -> None:
    first = await kubectl("apply", "--validate=strict", "-f", "-", stdin=rendered())
    second = await kubectl("apply", "--validate=strict", "-f", "-", stdin=rendered())

    assert len(first.splitlines()) == len(list(yaml.safe_load_all(rendered())))
    assert all(line.endswith(" created") for line in first.splitlines()), first
    # kubectl always patches the selector of a PodDisruptionBudget anew and says so; nothing else may change.
    changed = [line for line in second.splitlines() if not line.endswith(" unchanged")]
    assert changed in ([], ["poddisruptionbudget.policy/plugin-operator configured"])


async def test_the_namespaced_objects_pass_a_dry_run_on_the_server(kubectl: Callable[..., Awaitable[str]]) -> None:
    await kubectl("apply", "-f", str(ROOT / "manifests" / "00-namespace.yaml"))

    out = await kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=rendered())

    assert "deployment.apps/plugin-operator created (server dry run)" in out
    assert "deployment" not in await kubectl("get", "deployments", "--all-namespaces", "--output=name")
