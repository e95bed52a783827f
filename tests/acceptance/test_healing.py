"""What is missing at the start comes later: the process waits for it with its default settings, and says so.

How soon is bounded on a virtual clock (tests/unit/cache); here it is seen to heal, and nobody else to be concerned.
"""

import json
import os
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import Run, StartOperator

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")
PLUGIN = """
from plugin_operator import controller

@controller(for_="example.org/v1/Widget", distribution="sharded")
async def widgets(ctx, request):
    ctx.log.info("Widget reconciled")
"""
OTHERS = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def configmaps(ctx, request):
    ctx.log.info("ConfigMap reconciled")
"""
SECRETS = """
from plugin_operator import controller

@controller(for_="v1/Secret")
async def passwords(ctx, request):
    ctx.log.info("Secret reconciled")
"""
WIDGETS = f"/apis/example.org/v1/namespaces/{NAMESPACE}/widgets"


@pytest.fixture
def operator(operator: StartOperator, processes: int) -> StartOperator:
    """Start the operator with one process, and with several."""
    return partial(operator, "--processes", str(processes))


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
    operator: StartOperator, cluster: Cluster, plugins: Path, tmp_path: Path
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


def get(address: str, path: str) -> str:
    with urllib.request.urlopen(f"http://{address}{path}", timeout=30) as answer:
        return str(answer.read().decode())


def test_a_permission_that_is_missing_is_waited_for_and_used_within_half_a_minute_of_its_grant(
    operator: StartOperator,
    run: Run,
    cluster: Cluster,
    plugins: Path,
    tmp_path: Path,
    free_port: int,
    other_free_port: int,
    processes: int,
) -> None:
    def grant(resource: str) -> None:
        cluster.kubectl("create", "role", resource, f"--resource={resource}", "--verb=get,list,watch")
        account = f"--serviceaccount={NAMESPACE}:operator"
        cluster.kubectl("create", "rolebinding", resource, f"--role={resource}", account)

    (plugins / "others.py").write_text(OTHERS)
    (plugins / "passwords.py").write_text(SECRETS)
    cluster.kubectl("create", "serviceaccount", "operator")
    grant("configmaps")
    probes, metrics = f"127.0.0.1:{free_port}", f"127.0.0.1:{other_free_port}"
    running = operator(
        "--namespace", NAMESPACE, "--kubeconfig", cluster.kubeconfig_of("operator", tmp_path),
        "--health-probe-bind-address", probes, metrics=metrics,
    )  # fmt: skip
    running.wait_for("Informer is waiting", "v1/Secret", "secrets is forbidden")
    cluster.kubectl("create", "configmap", "first")
    running.wait_for("ConfigMap reconciled", "first")
    assert "secrets is forbidden" in run("status", "--address", probes).stdout
    assert "secrets is forbidden" in get(probes, "/readyz?verbose")
    scraped = get(metrics, "/metrics")
    assert 'plugin_operator_plugin_state{plugin="passwords",state="Waiting"} 1.0' in scraped
    assert 'plugin_operator_watch_restarts_total{kind="v1/Secret",reason="forbidden"}' in scraped

    cluster.kubectl("create", "secret", "generic", "second")
    grant("secrets")
    running.wait_for("Secret reconciled", "second", seconds=30)
    assert running.text.count("Informer is waiting") == processes
    assert running.text.count("Informer is no longer waiting") <= processes
    assert "Traceback" not in running.text


@pytest.fixture
def unconvertible(cluster: Cluster, tmp_path: Path) -> Callable[[], None]:
    """Widgets of which there is one, and which cannot be converted until what is returned is called."""
    define(cluster, tmp_path, "v2", "v1")
    file = tmp_path / "widget.json"
    file.write_text(json.dumps({"apiVersion": "example.org/v2", "kind": "Widget", "metadata": {"name": "only"}}))
    cluster.kubectl("create", "--raw", WIDGETS.replace("v1", "v2"), "-f", str(file))
    if cluster.process is None:
        return convert_by_webhook(cluster)
    return refuse_conversion(cluster, tmp_path)


def convert_by_webhook(cluster: Cluster) -> Callable[[], None]:
    """Have the API server ask a webhook that nobody serves."""

    def strategy(conversion: dict[str, Any]) -> None:
        patch = json.dumps({"spec": {"conversion": conversion}})
        cluster.kubectl("patch", "crd", "widgets.example.org", "--type=merge", "-p", patch)

    client = {"url": "https://127.0.0.1:1/convert"}
    strategy({"strategy": "Webhook", "webhook": {"clientConfig": client, "conversionReviewVersions": ["v1"]}})
    return lambda: strategy({"strategy": "None", "webhook": None})


def refuse_conversion(cluster: Cluster, folder: Path) -> Callable[[], None]:
    """Plan that answer in the embedded server, which converts without a webhook."""
    words = "conversion webhook for example.org/v2, Kind=Widget failed: connection refused"
    for verb in ("list", "watch"):
        file = folder / "fault.json"
        fault = {"action": "refuse", "verb": verb, "resource": "widgets", "count": None, "message": words}
        file.write_text(json.dumps(fault | {"agent": "plugin-operator/"}))
        cluster.kubectl("create", "--raw", "/debug/faults", "-f", str(file))

    def heal() -> None:
        cluster.kubectl("delete", "--raw", "/debug/faults")

    return heal


def test_a_kind_that_cannot_be_converted_is_waited_for_and_followed_once_it_can(
    operator: StartOperator, cluster: Cluster, plugins: Path, unconvertible: Callable[[], None], processes: int
) -> None:
    (plugins / "widgets.py").write_text(PLUGIN)
    (plugins / "others.py").write_text(OTHERS)
    running = operator()
    for worker in [f"worker={number}" for number in range(processes)] if processes > 1 else [""]:
        running.wait_for("Informer is waiting", "example.org/v1/Widget", "webhook for example.org/v2", worker)
    cluster.kubectl("create", "configmap", "first")
    running.wait_for("ConfigMap reconciled", "first")
    unconvertible()
    running.wait_for("Informer is no longer waiting", "example.org/v1/Widget")
    running.wait_for("Widget reconciled", "only")
    assert running.text.count("Informer is waiting") == processes
    assert "Traceback" not in running.text
