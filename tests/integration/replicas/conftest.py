"""Leases of replicas on the embedded API server."""

from collections.abc import AsyncIterator

import pytest

from kube_apiserver import ThreadedApiServer
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.metrics import Metrics
from plugin_operator.replicas.map_lease import MapLease
from plugin_operator.replicas.member_leases import MemberLeases
from tests.integration.replicas.replica import NAMES, TIMING


@pytest.fixture
async def connection(kube_api_server: ThreadedApiServer) -> AsyncIterator[Connection]:
    """A connection to the server."""
    endpoint = kube_api_server.endpoint
    config = ConnectionConfig.for_endpoint(endpoint.url, token=endpoint.token, ca_pem=endpoint.ca_pem)
    async with Connection.open(config, Metrics()) as connection:
        yield connection


@pytest.fixture
def client(connection: Connection) -> ApiClient:
    """A client of the operator."""
    return ApiClient(connection, RESTMapper(connection), field_manager="plugin-operator", default_namespace="default")


@pytest.fixture
def leases(client: ApiClient) -> MemberLeases:
    """The Leases of members, with a short deadline for requests."""
    return MemberLeases(client, NAMES, identity="pod-1", timing=TIMING, clock=SystemClock())


@pytest.fixture
def map_lease(client: ApiClient) -> MapLease:
    """The Lease of the map, with a short deadline for requests."""
    return MapLease(client, NAMES, timing=TIMING, clock=SystemClock())
