"""The command ``orphans``: children in a cluster that no plugin looks after, and why."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.faults import Action, Fault
from plugin_operator.cli.group import group
from plugin_operator.client import ApiClient, Connection, RESTMapper, load_connection_config
from plugin_operator.metrics import Metrics

pytestmark = pytest.mark.embedded_only("it plans faults")

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap", id="family", renamed_from="tribe", owns=["v1/Secret"])
async def one(ctx, request): ...
"""


class Cluster:
    """A server with two namespaces, and the plugin's folder."""

    def __init__(self, server: ApiServer, kubeconfig: Path, admin: ApiClient, plugins: Path) -> None:
        self.server = server
        self.kubeconfig = kubeconfig
        self.admin = admin
        self.plugins = plugins

    async def orphans(self, *arguments: str) -> Result:
        words = ["orphans", "--kubeconfig", str(self.kubeconfig), *arguments, str(self.plugins)]
        return await asyncio.to_thread(CliRunner().invoke, group, words)

    async def create(
        self, kind: str, name: str, namespace: str = "default", *, controller: str = "", **metadata: Any
    ) -> dict[str, Any]:
        labels = {**metadata.pop("labels", {}), **({"plugin-operator/controller": controller} if controller else {})}
        about = {"name": name, "namespace": namespace, "labels": labels, **metadata}
        version, _, word = kind.rpartition("/")
        made: dict[str, Any] = await self.admin.create({"apiVersion": version, "kind": word, "metadata": about})
        return made


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    kubeconfig, plugins = tmp_path / "kubeconfig", tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "one.py").write_text(PLUGIN)
    server = ApiServer(ApiServerConfig(kubeconfig_path=kubeconfig))
    await server.start()
    try:
        async with Connection.open(load_connection_config(str(kubeconfig)), Metrics()) as link:
            admin = ApiClient(link, RESTMapper(link), field_manager="test")
            await admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
            yield Cluster(server, kubeconfig, admin, plugins)
    finally:
        await server.stop()


def owned_by(owner: dict[str, Any]) -> dict[str, Any]:
    metadata = owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"]}
    return {"ownerReferences": [{**reference, "uid": metadata["uid"], "controller": True}]}


async def test_each_orphan_is_listed_with_its_reason_and_others_are_not(cluster: Cluster) -> None:
    owner = await cluster.create("v1/ConfigMap", "owner")

    def far(uid: str, name: str = "owner") -> dict[str, Any]:
        return {
            "labels": {"plugin-operator/owner-uid": uid},
            "annotations": {"plugin-operator/owner": f"ConfigMap/default/{name}"},
        }

    await cluster.create("v1/Secret", "unmarked")
    kept = await cluster.create("v1/Secret", "kept", controller="family", **owned_by(owner))
    await cluster.create("v1/Secret", "not-moved", controller="tribe", **owned_by(owner))
    # As the EndpointSlices and the Endpoints of a Service that is a child.
    await cluster.create("v1/ServiceAccount", "copied", controller="family", **owned_by(kept))
    await cluster.create("v1/ServiceAccount", "no-owner", controller="family")
    # The child of a child, of another controller.
    await cluster.create("v1/ServiceAccount", "below", controller="gone", **owned_by(kept))
    await cluster.create("v1/Secret", "kept-far", "other", controller="family", **far(owner["metadata"]["uid"]))
    await cluster.create("v1/ServiceAccount", "kind", controller="family", **owned_by(owner))
    await cluster.create("v1/Secret", "controller", controller="gone", **owned_by(owner))
    await cluster.create("v1/Secret", "owner", "other", controller="family", **far("uid", "no"))
    await cluster.create("v1/Secret", "uid", "other", controller="family", **far("uid"))
    found = await cluster.orphans("-o", "json")
    assert found.exit_code == 1
    assert found.stderr == ""
    assert {each["name"]: each["reason"] for each in json.loads(found.stdout)["orphans"]} == {
        "kind": "the controller does not own v1/ServiceAccount",
        "below": "no plugin has a controller with the id gone, or with renamed_from='gone'",
        "controller": "no plugin has a controller with the id gone, or with renamed_from='gone'",
        "owner": "its owner does not exist",
        "uid": "its owner was deleted, and another has its name",
    }
    there = await cluster.orphans("--in-namespace", "other")
    assert [line.split()[:6] for line in there.stdout.splitlines()] == [
        ["NAMESPACE", "KIND", "NAME", "CONTROLLER", "OWNER", "REASON"],
        ["other", "v1/Secret", "owner", "family", "ConfigMap/default/no", "its"],
        ["other", "v1/Secret", "uid", "family", "ConfigMap/default/owner", "its"],
    ]


async def test_a_child_that_outlived_its_owner_is_listed_and_a_copy_of_its_labels_is_not(cluster: Cluster) -> None:
    marks = {"name": "left", "namespace": "default", "labels": {"plugin-operator/controller": "family"}}
    for kind, manager in (("Secret", "plugin-operator/family"), ("ServiceAccount", "kubectl")):
        child = {"apiVersion": "v1", "kind": kind, "metadata": marks}
        await cluster.admin.apply(child, field_manager=manager)
    found = await cluster.orphans("-o", "json")
    (orphan,) = json.loads(found.stdout)["orphans"]
    assert (orphan["kind"], orphan["name"], orphan["controller"], orphan["owner"]) == ("Secret", "left", "family", "")
    assert orphan["reason"] == "it has no owner any more: delete it, or take it over with Child(obj, adopt=True)"


async def test_a_cluster_without_orphans_says_so(cluster: Cluster) -> None:
    owner = await cluster.create("v1/ConfigMap", "owner")
    await cluster.create("v1/Secret", "kept", controller="family", **owned_by(owner))
    found = await cluster.orphans()
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", "No orphans found\n")


async def test_a_kind_that_cannot_be_listed_is_a_warning_and_hides_no_other(cluster: Cluster) -> None:
    owner = await cluster.create("v1/ConfigMap", "owner")
    await cluster.create("v1/ServiceAccount", "kind", controller="family", **owned_by(owner))
    cluster.server.faults.add(Fault(action=Action.REFUSE, verb="list", resource="secrets", code=403, count=None))
    found = await cluster.orphans()
    assert found.exit_code == 1
    assert "Warning: v1/Secret cannot be read: 403" in found.stderr
    assert "the controller does not own v1/ServiceAccount" in found.stdout


async def test_a_plugin_that_cannot_be_loaded_ends_the_command_because_its_children_would_be_orphans(
    cluster: Cluster,
) -> None:
    (cluster.plugins / "two.py").write_text("import nothing_of_that_name\n")
    await cluster.create("v1/Secret", "of-two", controller="two")
    found = await cluster.orphans()
    assert (found.exit_code, found.stdout) == (1, "")
    assert "two.py:1: ModuleNotFoundError" in found.stderr


async def test_a_server_that_is_gone_is_one_line(cluster: Cluster) -> None:
    await cluster.server.stop()
    found = await cluster.orphans()
    assert found.exit_code == 1
    assert found.stderr.startswith("Error: ")
    assert found.stderr.count("\n") == 1
