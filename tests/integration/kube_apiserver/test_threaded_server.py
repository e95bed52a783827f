"""The server in a thread, for code that is not asynchronous."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from kube_apiserver import ApiServerConfig, ThreadedApiServer
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
        server.restore(snapshot)
        assert (names(server), len(server.faults)) == ([], 0)
    server.stop()
    with pytest.raises(RuntimeError, match="does not run"):
        server.snapshot()
    with pytest.raises(RuntimeError, match="started before"):
        server.start()


def test_what_prevents_a_start_is_raised_where_it_was_asked_for(tmp_path: Path) -> None:
    missing = ThreadedApiServer(ApiServerConfig(seeds=(tmp_path / "missing.yaml",)))
    with pytest.raises(ValueError, match=r"missing\.yaml cannot be read"):
        missing.start()
    with pytest.raises(RuntimeError, match="kubeconfig_path"):
        _ = missing.kubeconfig
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = missing.endpoint
