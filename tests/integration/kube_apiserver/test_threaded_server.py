"""The server in a thread, for code that is not asynchronous."""

import asyncio
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from kube_apiserver import ApiServer, ApiServerConfig, ThreadedApiServer
from kube_apiserver.faults import Action, Fault

pytestmark = pytest.mark.embedded_only("it starts the server in a thread")

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"


def call(server: ThreadedApiServer, path: str, body: Any = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(server.endpoint.url + path, data, headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def names(server: ThreadedApiServer) -> list[str]:
    return [each["metadata"]["name"] for each in call(server, CONFIGMAPS)["items"]]


def test_synchronous_code_starts_restores_and_stops_a_server(tmp_path: Path) -> None:
    config = ApiServerConfig(tls=False, kubeconfig_path=tmp_path / "kubeconfig")
    with ThreadedApiServer(config) as server:
        assert server.endpoint.url in server.kubeconfig.read_text()
        snapshot = server.snapshot()
        call(server, CONFIGMAPS, {"metadata": {"name": "a"}})
        assert names(server) == ["a"]
        planned = server.faults.add(Fault(action=Action.REFUSE, code=503, verb="list", count=None))
        with pytest.raises(urllib.error.HTTPError, match="503"):
            names(server)
        assert [each.hits for each in server.faults] == [1]
        server.faults.remove(planned)
        assert names(server) == ["a"]
        server.faults.add(Fault(action=Action.REFUSE, verb="list"))
        server.faults.clear()
        assert names(server) == ["a"]
        server.faults.add(Fault(action=Action.REFUSE, verb="list"))
        server.restore(snapshot)
        assert (names(server), len(server.faults)) == ([], 0)
    server.stop()
    with pytest.raises(RuntimeError, match="does not run"):
        server.snapshot()
    with pytest.raises(RuntimeError, match="started before"):
        server.start()


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_out_of_range_is_refused_and_not_replaced_by_another(port: int) -> None:
    with pytest.raises(ValueError, match=rf"port: {port} is not from 0 to 65535"):
        ThreadedApiServer(ApiServerConfig(port=port)).start()


def test_a_running_server_cannot_be_started_again() -> None:
    async def start_twice() -> None:
        server = ApiServer(ApiServerConfig(tls=False, controllers=()))
        async with server as endpoint:
            with pytest.raises(RuntimeError, match="runs already"):
                await server.start()
            assert server.endpoint == endpoint

    asyncio.run(start_twice())


def test_what_prevents_a_start_is_raised_where_it_was_asked_for(tmp_path: Path) -> None:
    missing = ThreadedApiServer(ApiServerConfig(seeds=(tmp_path / "missing.yaml",)))
    with pytest.raises(ValueError, match=r"missing\.yaml cannot be read"):
        missing.start()
    with pytest.raises(RuntimeError, match="kubeconfig_path"):
        _ = missing.kubeconfig
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = missing.endpoint
