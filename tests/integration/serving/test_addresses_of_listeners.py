"""Every listener at every form of address: IPv4, IPv6, all interfaces, a name, a zone."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from plugin_operator.certificates import make_authority, server_context
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.api_server_listener import LimitedFront
from plugin_operator.serving.checks import Probe
from plugin_operator.serving.routes import probe_routes
from plugin_operator.serving.server import HttpServer

AUTHORITY = make_authority(datetime.now(UTC))
#: Form, and what it can be reached at.
ADDRESSES = {
    "127.0.0.1:0": ["127.0.0.1"],
    "0.0.0.0:0": ["127.0.0.1"],
    "[::1]:0": ["[::1]"],
    "[::]:0": ["[::1]"],
    ":0": ["127.0.0.1", "[::1]"],
    "localhost:0": ["localhost"],
    "[::1%1]:0": ["[::1]"],
}
LISTENERS = ["probes", "metrics over TLS", "API server", "API server over TLS", "API server with limits"]


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@asynccontextmanager
async def http_server(address: BindAddress, *, tls: bool) -> AsyncIterator[tuple[int, str, str]]:
    context = server_context(AUTHORITY, "s", (), datetime.now(UTC))
    server = HttpServer("test", address, probe_routes(Probe("healthz")), tls=(lambda: context) if tls else None)
    await server.start()
    yield server.port, AUTHORITY.certificate_pem.decode() if tls else "", ""
    await server.stop(5)


@asynccontextmanager
async def api_server(address: BindAddress, *, tls: bool, limits: bool) -> AsyncIterator[tuple[int, str, str]]:
    config = ApiServerConfig(host=address.host, port=address.port, tls=tls)
    server = ApiServer(config, front=LimitedFront("test") if limits else None)
    endpoint = await server.start()
    yield int(endpoint.url.rpartition(":")[2]), endpoint.ca_pem, endpoint.url
    await server.stop()


def listening(kind: str, address: BindAddress) -> AbstractAsyncContextManager[tuple[int, str, str]]:
    if kind.startswith("API server"):
        return api_server(address, tls="TLS" in kind or "limits" in kind, limits="limits" in kind)
    return http_server(address, tls="TLS" in kind)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("kind", LISTENERS)
@pytest.mark.parametrize("form", ADDRESSES)
async def test_a_listener_is_reached_wherever_its_address_says(kind: str, form: str) -> None:
    address = BindAddress.parse(form)
    assert address is not None
    async with listening(kind, address) as (port, ca_pem, url):
        tls = ssl.create_default_context(cadata=ca_pem) if ca_pem else True
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
            urls = [f"{'https' if ca_pem else 'http'}://{host}:{port}" for host in ADDRESSES[form]]
            for each in [*urls, url] if url and "%" not in url else urls:
                async with asyncio.timeout(10), session.get(f"{each}/healthz") as answer:
                    assert answer.status == 200
        for _ in range(3):
            await asyncio.sleep(0)  # TLS takes a few turns of the loop to let its sockets go


def link_local() -> str:
    """Return a link-local address of this machine with its zone; nothing if it has none."""
    path = Path("/proc/net/if_inet6")
    lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    found = [(each[0], each[-1]) for each in lines if each[0].startswith("fe80")]
    return f"{ip_address(bytes.fromhex(found[0][0]))}%{found[0][1]}" if found else ""


@pytest.mark.skipif(not link_local(), reason="this machine has no link-local address")
async def test_a_link_local_address_has_its_zone_in_the_url_of_the_api_server() -> None:
    server = ApiServer(ApiServerConfig(host=link_local()))
    try:
        assert link_local().replace("%", "%25") in (await server.start()).url
    finally:
        await server.stop()


@pytest.mark.parametrize(
    "form", ["[fe80::1%no-such-link]:0", "[2001:db8::1]:0", "192.0.2.1:0", "no.such.host.invalid:0"]
)
async def test_an_address_that_this_machine_has_not_is_told(form: str) -> None:
    address = BindAddress.parse(form)
    assert address is not None
    with pytest.raises(OSError):
        address.listen().close()
    with pytest.raises(OSError):
        await ApiServer(ApiServerConfig(host=address.host)).start()
