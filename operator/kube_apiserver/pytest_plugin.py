"""pytest plugin with an API server for the tests of any project, which pytest discovers once the package is installed.

pytest imports this module in every run of every project in the environment, so it imports the server only when a test
uses it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kube_apiserver import ApiServerConfig, ThreadedApiServer

_SEEDS = "kube_api_server_seeds"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting ``kube_api_server_seeds``."""
    parser.addini(
        _SEEDS,
        "files and folders with CRDs and objects that the server of the fixture kube_api_server starts with",
        type="paths",
        default=[],
    )


@pytest.fixture(scope="session")
def kube_api_server_config(pytestconfig: pytest.Config) -> "ApiServerConfig":
    """Return the settings of the server of a test run: TLS, a token, and the objects of ``kube_api_server_seeds``.

    For other settings, define a fixture of this name and scope in ``conftest.py``. Leave ``port``, ``data_dir`` and
    ``kubeconfig_path`` out if several workers run: each has a server of its own. Raises nothing itself.

    Args:
        pytestconfig: fixture of pytest.

    Example:
        @pytest.fixture(scope="session")
        def kube_api_server_config():
            return ApiServerConfig(tls=False, seeds=(Path("config/crd"),))
    """
    from kube_apiserver import ApiServerConfig

    return ApiServerConfig(seeds=tuple(pytestconfig.getini(_SEEDS)))


@pytest.fixture(scope="session")
def kube_api_server_session(
    kube_api_server_config: "ApiServerConfig", tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[ThreadedApiServer]":
    """Return the API server of a test run. It keeps what tests write; each worker of pytest-xdist has its own.

    It runs in a thread, so that tests of any kind can use it. Its kubeconfig is a temporary file unless the settings
    name one.

    Args:
        kube_api_server_config: the settings.
        tmp_path_factory: fixture of pytest.

    Raises:
        OSError: as in ``ApiServer.start``, and so are the other errors.
    """
    from kube_apiserver import ThreadedApiServer

    config = kube_api_server_config
    if config.kubeconfig_path is None:
        config = replace(config, kubeconfig_path=tmp_path_factory.mktemp("kube_api_server") / "kubeconfig")
    with ThreadedApiServer(config) as server:
        yield server


@pytest.fixture
def kube_api_server(kube_api_server_session: "ThreadedApiServer") -> "Iterator[ThreadedApiServer]":
    """Return the API server of the test run, whose state is restored after the test, within milliseconds.

    So each test finds the seeds, and what fixtures of a wider scope have written. ``server.kubeconfig`` is for clients,
    ``server.endpoint`` has address and token, and ``server.faults`` plans faults.

    Args:
        kube_api_server_session: the server.

    Example:
        def test_it(kube_api_server):
            assert kube_api_server.endpoint.url in kube_api_server.kubeconfig.read_text()

    Raises:
        OSError: as in ``ApiServer.start``, and so are the other errors.
    """
    snapshot = kube_api_server_session.snapshot()
    yield kube_api_server_session
    kube_api_server_session.restore(snapshot)
