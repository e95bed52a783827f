"""Seeds are on the server before the operator starts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from plugin_operator.cli.manifest_files import Manifest, read_manifests
from plugin_operator.cli.sandbox.seeding import needs_definitions, seed
from plugin_operator.client import ApiClient, Connection, RESTMapper, load_connection_config
from plugin_operator.errors import PluginOperatorError
from plugin_operator.metrics import Metrics
from tests.widget_files import write_widgets

pytestmark = pytest.mark.embedded_only("a sandbox has the embedded server")

WIDGET = {"apiVersion": "example.com/v1", "kind": "Widget", "spec": {"message": "hi"}}


@pytest.fixture
async def kubeconfig(tmp_path: Path) -> AsyncIterator[Path]:
    server = ApiServer(ApiServerConfig(kubeconfig_path=tmp_path / "kubeconfig"))
    await server.start()
    yield tmp_path / "kubeconfig"
    await server.stop()


def widget(**metadata: Any) -> Manifest:
    return Manifest(
        {**WIDGET, "metadata": {"name": "w", **metadata}, "status": {"conditions": []}}, "w.yaml, document 3"
    )


async def get(kubeconfig: Path, kind: str, name: str, namespace: str | None = None) -> Any:
    async with Connection.open(load_connection_config(str(kubeconfig)), Metrics(), user_agent="test") as link:
        return await ApiClient(link, RESTMapper(link), field_manager="test").get(kind, name, namespace)


async def test_crds_come_first_and_a_dump_of_another_server_is_applied_twice(kubeconfig: Path, tmp_path: Path) -> None:
    write_widgets(tmp_path)
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "gone"}
    dumped = widget(namespace="team", uid="x", resourceVersion="7", ownerReferences=[owner], managedFields=[{}])
    manifests = [dumped, *read_manifests([tmp_path / "crds"], "--seed")]
    await seed(kubeconfig, manifests)
    await seed(kubeconfig, manifests)
    found = await get(kubeconfig, "example.com/v1/Widget", "w", "team")
    assert (found["spec"], found["status"]) == ({"message": "hi"}, {"conditions": []})
    assert "ownerReferences" not in found["metadata"]


async def test_an_object_that_the_server_rejects_is_reported_with_file_and_document(kubeconfig: Path) -> None:
    with pytest.raises(PluginOperatorError, match=r"w.yaml, document 3: example.com/v1/Widget w: .* --seed too"):
        await seed(kubeconfig, [widget()])
    pod = Manifest({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "A"}, "spec": {}}, "p.yaml, document 1")
    with pytest.raises(PluginOperatorError, match=r"--seed: p.yaml, document 1: v1/Pod A: .*nvalid"):
        await seed(kubeconfig, [pod])


async def test_a_broken_definition_is_reported_by_its_field_and_a_namespace_as_one(
    kubeconfig: Path, tmp_path: Path
) -> None:
    text = write_widgets(tmp_path).read_text()
    broken = tmp_path / "broken.yaml"
    broken.write_text("---\n" + text.replace("subresources: {status: {}}", "subresources: true"))
    with pytest.raises(PluginOperatorError) as caught:
        await seed(kubeconfig, read_manifests([broken], "--seed"))
    assert str(caught.value) == (
        f"--seed: {broken}, document 1: apiextensions.k8s.io/v1/CustomResourceDefinition widgets.example.com: "
        ".spec.versions[0].subresources: expected map, got true"
    )
    with pytest.raises(PluginOperatorError, match=r"example.com/v1/Widget w: its namespace 'A_b': metadata.name: Inv"):
        await seed(kubeconfig, [widget(namespace="A_b")])
    typo = Manifest({"apiVersion": "v1", "kind": "configmap", "metadata": {"name": "a"}}, "c.yaml, document 1")
    with pytest.raises(PluginOperatorError, match=r"did you mean v1/ConfigMap\?$"):
        await seed(kubeconfig, [typo])


@pytest.mark.parametrize(
    "spec",
    [
        None,
        "text",
        {},
        {"group": "example.com", "names": "text"},
        {"group": [], "names": {"kind": {}}, "versions": [1]},
    ],
)
async def test_a_definition_that_is_none_is_refused_with_its_file(kubeconfig: Path, spec: Any) -> None:
    obj = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a.b.c"}}
    manifest = Manifest(obj | ({} if spec is None else {"spec": spec}), "crd.yaml, document 1")
    assert needs_definitions([manifest]) is False
    with pytest.raises(PluginOperatorError, match=r"(?s)^--seed: crd\.yaml, document 1: .*spec"):
        await seed(kubeconfig, [manifest])
