"""One PATCH through the client, for the guard; the load server answers it."""

from bench.calls import Calls
from bench.load_server import LoadServer
from plugin_operator.client import Access, ApiClient, Connection, ConnectionConfig, FixedAccess, RESTMapper
from plugin_operator.metrics import Metrics

_PATCHES = 300
_CHANGE = {"metadata": {"labels": {"seen": "yes"}}}


async def calls_of_one_patch() -> float:
    """Return the function calls of one PATCH, from the plugin's call to the decoded answer."""
    with LoadServer() as server:
        server.ask("reset", objects=2, size=1200)
        config = ConnectionConfig(server.url, FixedAccess(Access(server.url, "Bearer t")))
        async with Connection.open(config, Metrics()) as connection:
            client = ApiClient(connection, RESTMapper(connection), field_manager="guard", default_namespace="default")
            await _patch(client, 20)  # the first ones look up the kind, connect, and fill caches
            with Calls() as calls:
                await _patch(client, _PATCHES)
    return calls.count / _PATCHES


async def _patch(client: ApiClient, times: int) -> None:
    for _ in range(times):
        await client.patch("v1/ConfigMap", "settings-000001", _CHANGE, "team-01")
