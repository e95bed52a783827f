"""kubectl takes the manifests: strictly validated, applied twice."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kube_apiserver import ApiServer
from tests.manifests import DEFAULT_NAMESPACE, KUBECTL, OVERLAYS, overlay, render

pytestmark = pytest.mark.skipif(not KUBECTL, reason="kubectl is not installed")


@pytest.fixture
def kubectl(api_server: ApiServer, tmp_path: Path) -> Callable[..., Awaitable[str]]:
    api_server.write_kubeconfig(tmp_path / "kubeconfig")
    environment = os.environ | {"KUBECONFIG": str(tmp_path / "kubeconfig"), "HOME": str(tmp_path)}

    async def run(*arguments: str, stdin: str = "") -> str:
        process = await asyncio.create_subprocess_exec(
            KUBECTL, *arguments, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
        assert process.returncode == 0, out.decode()
        return out.decode()

    return run


NAMES = ["", *(name for name in OVERLAYS if name != "namespaced")]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name or "manifests")
async def test_the_manifests_pass_strict_validation_and_apply_unchanged_the_second_time(
    kubectl: Callable[..., Awaitable[str]], name: str
) -> None:
    first = await kubectl("apply", "--validate=strict", "-k", str(overlay(name)))
    second = await kubectl("apply", "--validate=strict", "-k", str(overlay(name)))

    assert len(first.splitlines()) == len(render(overlay(name)))
    assert all(line.endswith(" created") for line in first.splitlines()), first
    # kubectl always patches the selector of a PodDisruptionBudget anew and says so; nothing else may change.
    changed = [line for line in second.splitlines() if not line.endswith(" unchanged")]
    assert changed in ([], ["poddisruptionbudget.policy/plugin-operator configured"])


async def test_the_namespaced_objects_pass_a_dry_run_on_the_server(kubectl: Callable[..., Awaitable[str]]) -> None:
    await kubectl("create", "namespace", DEFAULT_NAMESPACE)

    out = await kubectl("apply", "--dry-run=server", "--validate=strict", "-k", str(overlay("namespaced")))

    assert "deployment.apps/plugin-operator created (server dry run)" in out
    assert "deployment" not in await kubectl("get", "deployments", "--all-namespaces", "--output=name")
