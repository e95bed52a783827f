"""Seeds are on the server before the operator starts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kube_apiserver import ApiServer, ApiServerConfig
from plugin_operator.cli.group import group
from plugin_operator.cli.manifest_files import Manifest, read_manifests
from plugin_operator.cli.sandbox.seeding import seed
from plugin_operator.client import ApiClient, Connection, RESTMapper, load_connection_config
from plugin_operator.errors import PluginOperatorError
from plugin_operator.metrics import Metrics

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
    made = CliRunner().invoke(group, ["new", "widget", "--for", "example.com/v1/Widget", "--dir", str(tmp_path)])
    assert made.exit_code == 0, made.output
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
