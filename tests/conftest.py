"""Fixtures for every test, and the choice of the API server that they meet.

By default that is the embedded one, fresh for each test. With ``TEST_SERVER=real`` it is kube-apiserver over TLS with a
token, in a namespace of the run's own that is emptied after each test: then only tests that meet a server run, and
those marked ``embedded_only(reason)`` are skipped. Test modules read the namespace from ``TEST_NAMESPACE``.
"""

import gc
import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from kube_apiserver import ApiServer, ApiServerConfig, Endpoint
from tests import realserver

MEETS_A_SERVER = {"real_server_if_chosen"}

# A machine under load may draw and run an example slowly, and no test is about time. The rest is as hypothesis chooses
# it, here or in CI.
settings.register_profile("patient", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Until the tests are collected: what collection makes stays to the end, so there is nothing to find among it.
gc.disable()

# Not in pytest_configure: for files named on the command line, their own conftest.py is imported before that is called.
if realserver.is_chosen():
    realserver.take_namespace()


def keep_loggers_fresh() -> None:
    """Let no test leave loggers behind that remember its set-up: ``capture_logs`` would not hear them any more."""
    configure = structlog.configure

    def uncached(*args: Any, **settings: Any) -> None:
        configure(*args, **{**settings, "cache_logger_on_first_use": False})

    structlog.configure = uncached


def pytest_configure(config: pytest.Config) -> None:
    keep_loggers_fresh()
    config.addinivalue_line("markers", "embedded_only(reason): needs what only the embedded API server offers")
    config.addinivalue_line("markers", "own_server: ends its API server, or takes its data")
    if realserver.is_chosen():
        realserver.excuse_handshakes(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not realserver.is_chosen():
        return
    chosen: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        mark = item.get_closest_marker("embedded_only")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=f"embedded server only: {mark.args[0]}"))
        meets_one = mark is not None or MEETS_A_SERVER & set(getattr(item, "fixturenames", ()))
        (chosen if meets_one else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = chosen


def pytest_collection_finish() -> None:
    """Keep six thousand tests and their modules from the garbage collector, which tests run a thousand times."""
    gc.enable()
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo what a test does to the set-up of logging: a level or a handler that stays changes what others record."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    was_configured, config = structlog.is_configured(), structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    if was_configured:
        structlog.configure(**config)
    elif structlog.is_configured():
        structlog.reset_defaults()


@pytest.fixture(scope="session")
def _real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[realserver.RealServer]:
    with realserver.started(tmp_path_factory.mktemp("controlplane")) as server:
        yield server


@pytest.fixture
def real_server_if_chosen(request: pytest.FixtureRequest) -> Iterator[realserver.RealServer | None]:
    """The real server, emptied after the test; None if the test is to meet an embedded one."""
    if not realserver.is_chosen():
        yield None
        return
    server: realserver.RealServer = request.getfixturevalue("_real_server")
    yield server
    server.empty()


@pytest.fixture
async def api_server(real_server_if_chosen: realserver.RealServer | None) -> AsyncIterator[ApiServer]:
    """An embedded API server over plain HTTP on a free port, without a token; `api_server.endpoint` says where."""
    if real_server_if_chosen is not None:
        pytest.fail("a test that looks behind the wire needs the mark embedded_only(reason)")
    server = ApiServer(ApiServerConfig(tls=False))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def api_endpoint(real_server_if_chosen: realserver.RealServer | None, request: pytest.FixtureRequest) -> Endpoint:
    """Where the server of this test listens, and the token and authority that it takes."""
    if real_server_if_chosen is not None:
        return real_server_if_chosen.endpoint
    server: ApiServer = request.getfixturevalue("api_server")
    return server.endpoint


@pytest.fixture
def tls_context(api_endpoint: Endpoint) -> ssl.SSLContext | bool:
    """What aiohttp takes as ``ssl`` to trust the server."""
    return ssl.create_default_context(cadata=api_endpoint.ca_pem) if api_endpoint.ca_pem else True


@pytest.fixture
async def kubeconfig(real_server_if_chosen: realserver.RealServer | None, tmp_path: Path) -> AsyncIterator[Path]:
    """A kubeconfig for a server over TLS with a token, its namespace the test's."""
    path = tmp_path / "kubeconfig"
    if real_server_if_chosen is not None:
        real_server_if_chosen.write_kubeconfig(path)
        yield path
        return
    server = ApiServer(ApiServerConfig(kubeconfig_path=path))
    await server.start()
    yield path
    await server.stop()
