"""The command ``finalizers``: what controllers have left on live objects, and its removal."""

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

pytestmark = pytest.mark.embedded_only("it needs a kubeconfig and planned faults")

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap", cleanup=lambda ctx, obj: None)
async def copies(ctx, request): ...
"""

WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["wd"]},
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}},
        ],
    },
}


class Cluster:
    """A cluster with a ConfigMap that has finalizers of two controllers and of another program."""

    def __init__(self, server: ApiServer, kubeconfig: Path, admin: ApiClient) -> None:
        self.server = server
        self._kubeconfig = kubeconfig
        self._admin = admin

    async def run(self, *arguments: str) -> Result:
        words = ["finalizers", *arguments, "--kubeconfig", str(self._kubeconfig)]
        return await asyncio.to_thread(CliRunner().invoke, group, words)

    async def define_widgets(self) -> None:
        """Create a custom kind, and an object of it that has a finalizer of a controller."""
        await self._admin.create(WIDGETS)
        metadata = {"name": "w", "namespace": "default", "finalizers": ["plugin-operator.cleanup/web"]}
        await self._admin.create({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata})

    async def finalizers(self) -> list[str]:
        found: dict[str, Any] = await self._admin.get("v1/ConfigMap", "a", "default")
        return list(found["metadata"].get("finalizers", []))


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    kubeconfig = tmp_path / "kubeconfig"
    server = ApiServer(ApiServerConfig(kubeconfig_path=kubeconfig))
    await server.start()
    try:
        async with Connection.open(load_connection_config(str(kubeconfig)), Metrics()) as link:
            admin = ApiClient(link, RESTMapper(link), field_manager="test")
            names = ["plugin-operator.cleanup/copies", "plugin-operator/copies", "plugin-operator.cleanup/b", "e.com/x"]
            metadata = {"name": "a", "namespace": "default", "finalizers": names}
            await admin.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
            yield Cluster(server, kubeconfig, admin)
    finally:
        await server.stop()


async def test_it_lists_and_removes_the_finalizers_of_one_controller(cluster: Cluster, tmp_path: Path) -> None:
    plugin = tmp_path / "copies.py"
    plugin.write_text(PLUGIN)
    listed = await cluster.run("list", str(plugin), "-o", "json")
    assert listed.exit_code == 0, listed.output
    ids = [(each["name"], each["id"], each["isDeleted"]) for each in json.loads(listed.stdout)["finalizers"]]
    assert ids == [("a", "copies", False), ("a", "copies", False), ("a", "b", False)]
    asked = await cluster.run("clear", "--for", "v1/ConfigMap", "--id", "copies")
    assert (asked.exit_code, "add --yes" in asked.output) == (2, True)
    cleared = await cluster.run("clear", "--for", "v1/ConfigMap", "--id", "copies", "--yes")
    assert (cleared.exit_code, cleared.stdout) == (0, "v1/ConfigMap default/a: finalizer removed\n")
    assert await cluster.finalizers() == ["plugin-operator.cleanup/b", "e.com/x"]
    again = await cluster.run("clear", "--for", "v1/ConfigMap", "--id", "copies", "--yes")
    assert (again.exit_code, "with the id 'copies': the ids are 'b'" in again.output) == (0, True)


async def test_it_names_the_ids_that_no_given_plugin_has(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "copies.py").write_text(PLUGIN)
    listed = await cluster.run("list", str(tmp_path))
    assert listed.stderr == (
        "no given plugin has a controller with the id 'b': unless another operator has it, write renamed_from= in "
        "its successor, or remove its finalizers with clear\n"
    )
    assert (await cluster.run("list", "--for", "cm")).stderr == ""


async def test_without_finalizers_it_says_where_it_has_looked(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "copies.py").write_text(PLUGIN)
    listed = await cluster.run("list", "--for", "v1/Secret", "--in-namespace", "kube-system", str(tmp_path))
    assert listed.stderr == "No finalizers of controllers found on v1/Secret, v1/ConfigMap; --for names other kinds\n"


@pytest.mark.parametrize("kind", ["cm", "ConfigMap", "configmaps"])
async def test_it_takes_the_names_of_a_kind_that_kubectl_takes(cluster: Cluster, kind: str) -> None:
    listed = await cluster.run("list", "--for", kind, "--id", "b")
    assert (listed.exit_code, "plugin-operator.cleanup/b" in listed.stdout) == (0, True)


@pytest.mark.parametrize("kind", ["wd", "Widget", "widgets", "widgets.example.com"])
async def test_it_takes_such_names_of_a_custom_kind(cluster: Cluster, kind: str) -> None:
    await cluster.define_widgets()
    listed = await cluster.run("list", "--for", kind, "-o", "json")
    assert [each["kind"] for each in json.loads(listed.stdout)["finalizers"]] == ["example.com/v1/Widget"]


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("confgmap", "did you mean 'v1/ConfigMap'?"),
        ("qqqqq", "kubectl api-resources lists the names"),
        ("ev", "write v1/Event or events.k8s.io/v1/Event"),
    ],
)
async def test_a_name_that_means_no_kind_or_several_is_wrong_usage(cluster: Cluster, kind: str, hint: str) -> None:
    listed = await cluster.run("list", "--for", kind)
    assert (listed.exit_code, hint in listed.output) == (2, True)


async def test_without_discovery_the_names_of_built_in_kinds_are_known(cluster: Cluster) -> None:
    cluster.server.faults.add(Fault(action=Action.REFUSE, path="/api", code=403, count=2))  # of /api and /apis
    listed = await cluster.run("list", "--for", "cm", "--id", "b")
    assert (listed.exit_code, "plugin-operator.cleanup/b" in listed.stdout) == (0, True)


async def test_an_id_that_no_finalizer_has_is_answered_with_those_that_exist(cluster: Cluster) -> None:
    cleared = await cluster.run("clear", "--for", "cm", "--id", "c", "--yes")
    assert cleared.stderr == "no object has a finalizer with the id 'c': the ids are 'b', 'copies'\n"
    elsewhere = await cluster.run("list", "--for", "cm", "--id", "c", "--in-namespace", "kube-system", "-o", "json")
    assert elsewhere.stderr == "no object has a finalizer with the id 'c': they have none of any controller\n"


async def test_a_plugin_that_cannot_be_loaded_is_named_with_the_way_out(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "empty").mkdir()
    for path, reason in ((tmp_path / "one.py", "one.py:1: ModuleNotFoundError"), (tmp_path / "empty", "empty: ")):
        listed = await cluster.run("list", str(path))
        assert (listed.exit_code, reason in listed.output, "with --for" in listed.output) == (1, True, True)
    listed = await cluster.run("list", "--for", "cm", str(tmp_path / "one.py"))
    assert (listed.exit_code, "leave it out, because --for names the kinds" in listed.output) == (1, True)


async def test_a_directory_whose_last_plugin_was_deleted_has_none_of_the_ids(cluster: Cluster, tmp_path: Path) -> None:
    listed = await cluster.run("list", "--for", "cm", str(tmp_path))
    assert (listed.exit_code, "plugin-operator.cleanup/copies" in listed.stdout) == (0, True)
    assert "no given plugin has a controller with the id 'b' or 'copies'" in listed.stderr


async def test_what_may_not_be_read_or_changed_is_an_error(cluster: Cluster) -> None:
    cluster.server.faults.add(Fault(action=Action.REFUSE, verb="patch", code=403, count=None))
    denied = await cluster.run("clear", "--for", "v1/ConfigMap", "--id", "copies", "--yes")
    assert (denied.exit_code, "v1/ConfigMap default/a: 403" in denied.output) == (1, True)
    assert len(await cluster.finalizers()) == 4
    unknown = await cluster.run("list", "--for", "example.com/v1/Widget")
    assert (unknown.exit_code, "example.com/v1/Widget:" in unknown.output) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("list",), "name kinds with --for"),
        (("clear", "--for", "v1/ConfigMap"), "clear needs --id"),
        (("list", "--for", "a/b/c/d"), "--for: 'a/b/c/d' is not a kind"),
    ],
)
def test_wrong_usage_says_what_to_write(arguments: tuple[str, ...], reason: str) -> None:
    refused = CliRunner().invoke(group, ["finalizers", *arguments])
    assert (refused.exit_code, reason in refused.output) == (2, True)
