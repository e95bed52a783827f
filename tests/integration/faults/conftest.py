"""A whole operator with two plugins: the harness that the scripts of this folder work with."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import structlog

from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.metrics import Metrics
from tests.integration.faults.operator_harness import OperatorHarness
from tests.integration.faults.servers import EmbeddedServerUnderTest, RealServerUnderTest, ServerUnderTest
from tests.realserver import RealServer


@pytest.fixture
def server(request: pytest.FixtureRequest, real_server_if_chosen: RealServer | None, tmp_path: Path) -> ServerUnderTest:
    """The server of this test; one of its own where the test ends it or takes its data."""
    if real_server_if_chosen is None:
        return EmbeddedServerUnderTest(tmp_path)
    own = request.node.get_closest_marker("own_server") is not None
    return RealServerUnderTest(None if own else real_server_if_chosen.target, tmp_path)


@pytest.fixture
async def idle_harness(tmp_path: Path, server: ServerUnderTest) -> AsyncIterator[OperatorHarness]:
    """A server and a spectator; the operator is not started yet."""
    harness = OperatorHarness(tmp_path, server)
    await server.start()
    config = ConnectionConfig.for_endpoint(server.url)
    async with (
        Connection.open(config, Metrics(), user_agent="spectator") as connection,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
    ):
        harness.client = ApiClient(connection, RESTMapper(connection), field_manager="spectator")
        harness.http = session
        await harness.prepare()
        with structlog.testing.capture_logs() as harness.lines:
            yield harness
        if harness.is_running:
            await harness.stop_operator()
        await harness.revoke()
        await server.stop()


@pytest.fixture
async def harness(idle_harness: OperatorHarness) -> OperatorHarness:
    """The operator works: ``maps`` follows ConfigMaps, ``bystander`` follows Secrets; both have seen an object."""
    harness = idle_harness
    harness.plugin("maps", "v1/ConfigMap")
    harness.plugin("bystander", "v1/Secret")
    await harness.put("v1/ConfigMap", "kept", 0)
    await harness.put("v1/ConfigMap", "always", 0)  # by which a cut watch proves that the history is still the same
    await harness.put("v1/ConfigMap", "doomed", 0)
    await harness.put("v1/Secret", "other", 0)
    harness.start_operator()
    await harness.active("maps", "bystander")
    await harness.seen("maps", "kept", 0)
    await harness.seen("bystander", "other", 0)
    return harness
