"""The objects that every cluster has, and the controllers that keep them."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.bootstrap.templates import templates
from plugin_operator.testing.eventually import eventually
from tests.integration.kube_apiserver.conftest import JsonApi

SERVICE = "/api/v1/namespaces/default/services/kubernetes"
SLICE = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[JsonApi]:
    """Run a server of the embedded kind, whatever the other tests run against."""
    server = ApiServer(ApiServerConfig(**{"tls": False, **settings}))
    async with server as endpoint:
        context = ssl.create_default_context(cadata=endpoint.ca_pem) if endpoint.ca_pem else True
        headers = {"Authorization": f"Bearer {endpoint.token}"} if endpoint.token else {}
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
            yield JsonApi(session, endpoint.url)


async def read(api: JsonApi, path: str) -> Any:
    status, answer = await api("GET", path)
    return answer if status == 200 else None


def definition(*versions: str) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    served = [{"name": name, "served": True, "storage": name == versions[0], "schema": schema} for name in versions]
    names = {"plural": "gadgets", "kind": "Gadget"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": served}
    return {"metadata": {"name": "gadgets.example.com"}, "spec": spec}


async def test_a_fresh_server_holds_every_object_of_a_fresh_kube_apiserver() -> None:
    server = ApiServer(ApiServerConfig(tls=False))
    async with server:
        missing = [one for one in templates() if server.cluster.store.get(one.bucket, one.key) is None]
        shown = {item.raw for bucket in server.cluster.store.buckets() for item in bucket.page("", "")}
    assert len(templates()) > 180
    assert not missing
    assert not [raw for raw in shown if b'"@' in raw], "a placeholder was not filled in"


async def test_the_service_of_the_server_leads_to_it() -> None:
    async with serving() as api:
        address = urlsplit(api.url)
        service, found = await read(api, SERVICE), await read(api, SLICE)
    assert service["spec"]["ports"] == [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": address.port}]
    assert found["endpoints"] == [{"addresses": [address.hostname], "conditions": {"ready": True}}]
    assert found["ports"][0]["port"] == address.port


async def test_a_restart_keeps_the_objects_and_follows_the_port(tmp_path: Path) -> None:
    async with serving(data_dir=tmp_path) as api:
        before = await read(api, SERVICE)
    async with serving(data_dir=tmp_path) as api:
        after, found = await read(api, SERVICE), await read(api, SLICE)
        port = urlsplit(api.url).port
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert (after["spec"]["ports"][0]["targetPort"], found["ports"][0]["port"]) == (port, port)


async def test_each_namespace_has_a_service_account_also_after_it_was_deleted() -> None:
    async with serving() as api:
        await api("POST", "/api/v1/namespaces", {"metadata": {"name": "new"}})
        for namespace in ("default", "kube-system", "new"):
            account = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
            first = await read(api, account)
            await api("DELETE", account)
            second = await read(api, account)
            assert first["metadata"]["uid"] != second["metadata"]["uid"]


async def test_a_terminating_namespace_gets_no_new_service_account() -> None:
    async with serving() as api:
        await api("POST", "/api/v1/namespaces", {"metadata": {"name": "new"}})
        await api("DELETE", "/api/v1/namespaces/new")

        async def gone() -> bool:
            return await read(api, "/api/v1/namespaces/new") is None

        await eventually(gone)
        assert await read(api, "/api/v1/namespaces/new/serviceaccounts/default") is None


async def test_each_namespace_has_the_ca_of_a_server_with_tls() -> None:
    path = "/api/v1/namespaces/{}/configmaps/kube-root-ca.crt"
    server = ApiServer(ApiServerConfig())
    async with server as endpoint:
        context = ssl.create_default_context(cadata=endpoint.ca_pem)
        headers = {"Authorization": f"Bearer {endpoint.token}"}
        async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(ssl=context)) as session:
            api = JsonApi(session, endpoint.url)
            await api("POST", "/api/v1/namespaces", {"metadata": {"name": "new"}})
            merge = {"Content-Type": "application/merge-patch+json"}
            await api("PATCH", path.format("new"), {"data": {"ca.crt": "mine"}}, headers=merge)
            found = [await read(api, path.format(name)) for name in ("default", "new")]
    assert [one["data"] for one in found] == [{"ca.crt": endpoint.ca_pem}] * 2


async def test_a_server_without_tls_has_no_ca_to_publish() -> None:
    async with serving() as api:
        assert (await read(api, "/api/v1/configmaps"))["items"] == []


async def test_an_api_service_comes_and_goes_with_each_version_of_a_definition() -> None:
    async with serving() as api:

        async def names() -> set[str]:
            items = (await read(api, API_SERVICES))["items"]
            return {item["metadata"]["name"] for item in items if item["metadata"]["name"].endswith("example.com")}

        async def are(*wanted: str) -> bool:
            return await names() == set(wanted)

        await api("POST", CRDS, definition("v1", "v2"))
        await eventually(lambda: are("v1.example.com", "v2.example.com"))
        await api("DELETE", f"{API_SERVICES}/v1.example.com")
        await eventually(lambda: are("v1.example.com", "v2.example.com"))
        found = await read(api, f"{CRDS}/gadgets.example.com")
        found["spec"]["versions"][1]["served"] = False
        await api("PUT", f"{CRDS}/gadgets.example.com", found)
        await eventually(lambda: are("v1.example.com"))
        await api("DELETE", f"{CRDS}/gadgets.example.com")
        await eventually(are)


async def test_controllers_can_be_left_out() -> None:
    async with serving(controllers=("*", "-serviceaccount-controller")) as api:
        await api("POST", "/api/v1/namespaces", {"metadata": {"name": "new"}})
        assert await read(api, "/api/v1/namespaces/new/serviceaccounts/default") is None


async def test_an_unknown_controller_is_refused_with_the_names_of_the_others() -> None:
    with pytest.raises(ValueError, match="no controller is named 'deployment-controller'; the controllers are garbage"):
        await ApiServer(ApiServerConfig(controllers=("*", "-deployment-controller"))).start()


async def test_every_path_of_the_root_is_answered() -> None:
    async with serving() as api:
        for path in (await read(api, "/"))["paths"]:
            status, _ = await api("GET", path)
            assert status == 200, path
