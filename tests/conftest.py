"""Fixtures for every test."""

from collections.abc import AsyncIterator

import pytest

from plugin_operator.apiserver import ApiServer, ApiServerConfig, Endpoint


@pytest.fixture
async def api_server() -> AsyncIterator[ApiServer]:
    """An embedded API server over plain HTTP on a free port, without a token; `api_server.endpoint` says where."""
    server = ApiServer(ApiServerConfig(tls=False))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def api_endpoint(api_server: ApiServer) -> Endpoint:
    """Where `api_server` listens."""
    return api_server.endpoint
