"""TLS, tokens and the kubeconfig."""

import socket
import ssl
import stat
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import yaml

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.security.files import authority
from plugin_operator.testing.virtual_clock import VirtualClock

pytestmark = pytest.mark.embedded_only("it is about the files of the embedded server")


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[ApiServer]:
    config = ApiServerConfig(data_dir=tmp_path / "data", kubeconfig_path=tmp_path / "out" / "kubeconfig")
    server = ApiServer(config)
    await server.start()
    yield server
    await server.stop()


async def _status(server: ApiServer, path: str, token: str | None = None) -> int:
    context = ssl.create_default_context(cadata=server.endpoint.ca_pem)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.get(server.endpoint.url + path, ssl=context, headers=headers) as response,
    ):
        return response.status


async def test_the_admin_token_opens_and_a_wrong_one_does_not(secured: ApiServer) -> None:
    assert await _status(secured, "/api/v1/namespaces", secured.endpoint.token) == 200
    assert await _status(secured, "/api/v1/namespaces", "wrong") == 401
    assert await _status(secured, "/api/v1/namespaces") == 403
    assert await _status(secured, "/healthz") == 200


async def test_the_kubeconfig_is_private_and_complete(secured: ApiServer) -> None:
    path = secured.config.kubeconfig_path
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = yaml.safe_load(path.read_text())
    cluster = config["clusters"][0]["cluster"]
    assert cluster["server"] == secured.endpoint.url
    assert b64decode(cluster["certificate-authority-data"]).decode() == secured.endpoint.ca_pem


async def test_authority_and_token_outlive_a_restart_with_their_folder(secured: ApiServer) -> None:
    before = secured.endpoint
    await secured.stop()
    again = ApiServer(secured.config)
    after = await again.start()
    try:
        assert (after.ca_pem, after.token) == (before.ca_pem, before.token)
        assert await _status(again, "/api/v1/namespaces", before.token) == 200
    finally:
        await again.stop()


async def test_an_authority_that_ends_within_a_year_is_replaced_at_the_start(tmp_path: Path) -> None:
    clock = VirtualClock()
    kept = authority(tmp_path, clock.now())
    assert authority(tmp_path, clock.now() + timedelta(days=3000)) == kept
    made = authority(tmp_path, clock.now() + timedelta(days=3400))
    assert made != kept
    assert authority(tmp_path, clock.now() + timedelta(days=3400)) == made


@pytest.mark.parametrize(("host", "seen"), [("", "127.0.0.1"), ("", "[::1]"), ("::1", "[::1]")])
async def test_it_listens_on_both_families_and_on_ipv6_alone(host: str, seen: str) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this kernel has no IPv6")
    server = ApiServer(ApiServerConfig(tls=False, host=host))
    endpoint = await server.start()
    port = endpoint.url.rpartition(":")[2]
    try:
        async with aiohttp.ClientSession() as session:
            for url in (f"http://{seen}:{port}/readyz", f"{endpoint.url}/readyz"):
                async with session.get(url) as response:
                    assert response.status == 200
    finally:
        await server.stop()
