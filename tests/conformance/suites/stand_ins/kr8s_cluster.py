"""A plugin of pytest with the fixtures of kr8s that are outside of its package: a cluster, and garbage collection.

kr8s makes a cluster with kind. Here, the cluster is the one of ``KUBECONFIG``.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

DEADLINE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Cluster:
    """What kr8s asks of the cluster of kind."""

    kubeconfig_path: Path
    kubectl_path: Path

    def kubectl(self, *words: str) -> str:
        """Run kubectl and return what it prints."""
        command = [str(self.kubectl_path), *words]
        ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=DEADLINE_SECONDS)
        return ended.stdout


@pytest.fixture(scope="session", autouse=True)
def k8s_cluster() -> Cluster:
    """Return the cluster; it has the ServiceAccount that a controller makes in each namespace of a whole cluster."""
    cluster = Cluster(Path(os.environ["KUBECONFIG"]), Path(sys.executable).parent / "kubectl")
    if "serviceaccount/default" not in cluster.kubectl("get", "serviceaccounts", "--output=name").splitlines():
        cluster.kubectl("create", "serviceaccount", "default")
    return cluster


@pytest.fixture
def ensure_gc() -> Iterator[None]:
    """Collect classes of earlier specs, which kr8s finds by their bases."""
    gc.collect()
    yield
    gc.collect()
