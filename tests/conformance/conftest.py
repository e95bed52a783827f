"""Fixtures that start both API servers: the real one where Go built it, the embedded one as a user starts it.

``CONFORMANCE_KUBECONFIG`` names another cluster to stand in for the real one; the cases make namespaces and
cluster-scoped objects of their own there and delete them.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import gotool
from tests.conformance import servers
from tests.conformance.differential.targets import Target, read_kubeconfig
from tests.realserver import excuse_handshakes


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
    with servers.real(request.getfixturevalue("controlplane"), tmp_path_factory.mktemp("controlplane")) as target:
        yield target


@pytest.fixture(scope="session")
def embedded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with servers.embedded(tmp_path_factory.mktemp("embedded")) as target:
        yield target
