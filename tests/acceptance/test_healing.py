"""What is missing at the start comes later: the process waits for it with its default settings, and says so.

How soon is bounded on a virtual clock (tests/unit/cache); here it is seen to heal.
"""

import json
import os
from pathlib import Path
from typing import Any

from tests.acceptance.cluster import Cluster

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")
PLUGIN = """
from plugin_operator import controller

@controller(for_="example.org/v1/Widget")
async def widgets(ctx, request):
    ctx.log.info("Widget reconciled")
"""
WIDGETS = f"/apis/example.org/v1/namespaces/{NAMESPACE}/widgets"


def define(cluster: Cluster, folder: Path, *versions: str) -> None:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    served = [
        {"name": each, "served": True, "storage": each == versions[0], "schema": schema} for each in versions
    ]  # fmt: skip
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.org"},
        "spec": {"group": "example.org", "scope": "Namespaced", "names": names, "versions": served},
    }
    file = folder / "definition.json"
    file.write_text(json.dumps(definition))
    cluster.kubectl("create", "-f", str(file))


def create_widget(cluster: Cluster, folder: Path, name: str) -> None:
    file = folder / "widget.json"
    file.write_text(json.dumps({"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": name}}))
    cluster.kubectl("create", "--raw", WIDGETS, "-f", str(file))


def test_a_kind_that_appears_goes_and_comes_back_in_another_version_is_followed(
    operator: Any, cluster: Cluster, plugins: Path, tmp_path: Path
) -> None:
    (plugins / "widgets.py").write_text(PLUGIN)
    running = operator()
    running.wait_for("Informer is waiting", "serves no example.org/v1/Widget")
    define(cluster, tmp_path, "v1")
    running.wait_for("Informer is no longer waiting")
    create_widget(cluster, tmp_path, "first")
    running.wait_for("Widget reconciled", "first")

    seen = len(running.lines)
    cluster.kubectl("delete", "crd", "widgets.example.org")
    running.wait_for("Informer is waiting", after=seen)
    define(cluster, tmp_path, "v2")
    cluster.kubectl("delete", "crd", "widgets.example.org")
    seen = len(running.lines)
    define(cluster, tmp_path, "v2", "v1")
    running.wait_for("Informer is no longer waiting", after=seen)
    create_widget(cluster, tmp_path, "second")
    running.wait_for("Widget reconciled", "second", after=seen)
    assert "Traceback" not in running.text
