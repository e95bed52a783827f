"""A server starts with the CRDs and objects of files, and says which of them it cannot use."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from kube_apiserver import ApiServer, ApiServerConfig, Endpoint, ManifestError, ManifestRejected
from tests.widgets import definition

pytestmark = pytest.mark.embedded_only("it starts the server with files")

WIDGET = {
    "apiVersion": "example.org/v1",
    "kind": "Widget",
    "metadata": {"name": "one", "namespace": "team", "uid": "of-another-server", "resourceVersion": "7"},
    "spec": {"size": 1},
    "status": {"ready": True},
}
ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "my:role"}}


def write(path: Path, *documents: Any) -> Path:
    path.write_text(yaml.safe_dump_all(documents))
    return path


def config(*seeds: Path, **more: Any) -> ApiServerConfig:
    return ApiServerConfig(tls=False, seeds=seeds, **more)


async def get(endpoint: Endpoint, path: str) -> Any:
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    async with aiohttp.ClientSession() as session, session.get(endpoint.url + path, headers=headers) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_a_server_starts_with_what_is_in_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", WIDGET, None, {"apiVersion": "v1", "kind": "List", "items": [ROLE]})
    (tmp_path / "b.json").write_text(json.dumps(definition(status=True)))
    generated = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "made-"}}
    single = write(tmp_path / "single.yml", generated)
    data = tmp_path / "data"
    for _ in range(2):
        async with ApiServer(config(tmp_path, single, data_dir=data, token="secret")) as endpoint:
            widget = await get(endpoint, "/apis/example.org/v1/namespaces/team/widgets/one")
            assert (widget["spec"], widget["status"]) == ({"size": 1}, {"ready": True})
            assert widget["metadata"]["uid"] != "of-another-server"
            await get(endpoint, "/apis/rbac.authorization.k8s.io/v1/clusterroles/my:role")
            maps = await get(endpoint, "/api/v1/namespaces/default/configmaps")
            assert [each["metadata"]["name"][:5] for each in maps["items"]].count("made-") >= 2


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        ([{**ROLE, "metadata": {"name": ["x"]}}], "document 1: the ClusterRole has no metadata.name"),
        ([ROLE, {"kind": "Pod", "metadata": {"name": "x"}}], "document 2: has no apiVersion"),
    ],
)
async def test_a_file_that_has_no_objects_is_named(documents: list[Any], words: str, tmp_path: Path) -> None:
    path = write(tmp_path / "seeds.yaml", *documents)
    with pytest.raises(ManifestError) as caught:
        await ApiServer(config(path)).start()
    assert str(caught.value).startswith(f"{path}, ")
    assert words in str(caught.value)


NAMELESS = definition()
NAMELESS["spec"]["names"] = {"plural": "other", "kind": "Widget"}
TAKEN = definition()
TAKEN["spec"]["names"]["shortNames"] = ["gadgets"]
GADGET = json.loads(json.dumps(definition()).replace("widget", "gadget").replace("Widget", "Gadget"))


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        (
            [ROLE, WIDGET],
            ": example.org/v1/Widget one: apiVersion and kind: the server has no kind Widget in example.org/v1",
        ),
        (
            [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": 1}}],
            "document 1: v1/ConfigMap x: .data.a: expected string, got 1",
        ),
        (
            [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "A"}}],
            "document 1: v1/ConfigMap x: metadata.namespace: metadata.name: Invalid value",
        ),
        (
            [NAMELESS],
            "/v1/CustomResourceDefinition widgets.example.org: metadata.name: ",
        ),
        ([GADGET, TAKEN], "CustomResourceDefinition widgets.example.org: spec.names: "),
    ],
)
async def test_an_object_that_the_server_rejects_is_named_with_its_field(
    documents: list[Any], words: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "seeds.yaml", *documents)
    server = ApiServer(config(path))
    with pytest.raises(ManifestRejected) as caught:
        await server.start()
    assert str(caught.value).startswith(f"{path}, ")
    assert words in str(caught.value)
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = server.endpoint
