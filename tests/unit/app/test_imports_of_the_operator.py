"""The operator imports at its start what every plugin needs; the rest costs memory only where a plugin uses it."""

import subprocess
import sys
from pathlib import Path

import pytest

#: aiohttp serves only proxies, traces and host names that are not ASCII; with it would come the others.
OF_AIOHTTP = {"aiohttp", "aiosignal", "frozenlist", "multidict", "propcache", "yarl"}

ON_DEMAND = OF_AIOHTTP | {
    "cryptography",
    "go_cel",
    "go_regexp",
    "importlib.metadata",
    "kube_apiserver",
    "packaging",
    "plugin_operator.hosting.crds.installer",
    "plugin_operator.hosting.permissions.source.analysis",
    "plugin_operator.kinds",
    "plugin_operator.kube.definitions",
    "plugin_operator.serving.authorization",
    "plugin_operator.serving.certificate",
    "plugin_operator.sharding.coordinator",
    "plugin_operator.sharding.lease_writer",
    "plugin_operator.sharding.member",
    "plugin_operator.testing",
    "rich",
    "tomllib",
    "yaml",
    "zoneinfo",
}

#: What only the operator needs, and not the process that tries plugins.
CONNECTING = {"httptools", "watchfiles"}

_LOAD = f"""
import asyncio, sys
from pathlib import Path
import plugin_operator.app
from plugin_operator.hosting import Loader
from plugin_operator.hosting.scan.scanner import Scanner

asyncio.run(Loader().load(Scanner(Path(sys.argv[1])).scan().sources["plugin"]))
print(*sorted({ON_DEMAND!r} & set(sys.modules)))
"""

_UNTYPED = """
from plugin_operator import Context, Request, controller, own

@controller(for_="v1/ConfigMap", owns=[own("v1/Secret")])
async def reconcile(ctx: Context, request: Request) -> None:
    pass
"""

_TYPED = """
from plugin_operator import Context, Request, controller
from plugin_operator.kinds.core_v1 import ConfigMap

@controller(for_=ConfigMap)
async def reconcile(ctx: Context, request: Request) -> None:
    pass
"""


def imported_with(plugin: str, folder: Path) -> list[str]:
    """Return what an operator imports on demand that has loaded ``plugin``."""
    (folder / "plugin.py").write_text(plugin)
    command = [sys.executable, "-c", _LOAD, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()


def test_a_plugin_without_typed_classes_costs_none_of_their_modules(tmp_path: Path) -> None:
    assert imported_with(_UNTYPED, tmp_path) == []


def test_a_plugin_with_typed_classes_imports_what_defines_them(tmp_path: Path) -> None:
    assert imported_with(_TYPED, tmp_path) == ["go_regexp", "plugin_operator.kinds", "plugin_operator.kube.definitions"]


_CONNECT = f"""
import asyncio, sys
from plugin_operator.client import Access, ApiRequest, Connection, ConnectionConfig, FixedAccess
from plugin_operator.errors import ApiConnectionError
from plugin_operator.metrics import Metrics

async def main() -> None:
    access = Access("http://127.0.0.1:1", proxy=sys.argv[1] or None)
    request = ApiRequest("GET", "/x", timeout_seconds=5)
    async with Connection.open(ConnectionConfig(access.host, FixedAccess(access)), Metrics()) as connection:
        for ask in (connection.send(request), connection.stream(request).__aenter__()):
            try:
                await ask
            except ApiConnectionError:
                pass

asyncio.run(main())
print(*sorted({OF_AIOHTTP!r} & set(sys.modules)))
if "aiohttp" in sys.modules:
    from aiohttp import connector
    contexts = connector._SSL_CONTEXT_VERIFIED, connector._SSL_CONTEXT_UNVERIFIED
    print(*("authorities" for each in contexts if each.cert_store_stats()["x509"]))
"""


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:1"])
def test_calls_and_streams_import_aiohttp_only_for_a_proxy_and_without_authorities(proxy: str) -> None:
    command = [sys.executable, "-c", _CONNECT, proxy]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.split() == (sorted(OF_AIOHTTP) if proxy else [])


def test_the_process_that_tries_plugins_imports_nothing_that_connects() -> None:
    code = f"""
import sys
import plugin_operator.hosting.validation.forkserver
print(*sorted({ON_DEMAND | CONNECTING!r} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.split() == []
