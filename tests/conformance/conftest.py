"""Fixtures that start both API servers: the real one where Go built it, the embedded one as a user starts it.

``CONFORMANCE_KUBECONFIG`` names another cluster to stand in for the real one; the cases make namespaces and
cluster-scoped objects of their own there and delete them.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import gotool
from tests.conformance.differential.targets import Target, read_kubeconfig, running
from tests.realserver import excuse_handshakes

#: What both servers have on, for the cases about it; it changes nothing for a request that does not ask for it.
FEATURES = "ShardedListAndWatch=true"


def pytest_configure(config: pytest.Config) -> None:
    excuse_handshakes(config)


@pytest.fixture(scope="session")
def controlplane() -> str:
    """Return the path of the control plane's binary."""
    return gotool.wanted("controlplane")


@pytest.fixture(scope="session")
def real_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    if stand_in := os.environ.get("CONFORMANCE_KUBECONFIG"):
        yield read_kubeconfig(Path(stand_in))
        return
    folder = tmp_path_factory.mktemp("controlplane")
    command = [request.getfixturevalue("controlplane"), "--data-dir", str(folder), "--stop-on-stdin-close"]
    command += ["--", f"--feature-gates={FEATURES}"]
    with running(command, folder / "kubeconfig", folder / "log") as target:
        yield target


@pytest.fixture(scope="session")
def embedded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("embedded")
    kubeconfig = folder / "kubeconfig"
    # The control plane beside it runs three controllers of kube-controller-manager.
    absent = "*,-serviceaccount-controller,-root-ca-certificate-publisher-controller"
    command = [sys.executable, "-m", "plugin_operator", "apiserver", "--exit-with-stdin", "--controllers", absent]
    command += ["--feature-gates", FEATURES]
    with running([*command, "--write-kubeconfig", str(kubeconfig)], kubeconfig, folder / "log") as target:
        yield target
