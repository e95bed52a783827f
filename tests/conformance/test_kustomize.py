"""Every overlay is applied, side by side on one server, to kube-apiserver and to the embedded one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.differential.targets import Target
from tests.manifests import (
    DEFAULT_NAMESPACE,
    KUBECTL,
    MANIFESTS,
    OVERLAYS,
    ROOT,
    kustomization,
    overlay,
    pod_of,
    render,
)

ADDED = ("service-monitor", "network-policy-egress", "network-policy-ingress")
#: The PodDisruptionBudget's selector is always patched anew, and kubectl says so.
BUDGET = "poddisruptionbudget.policy/plugin-operator configured"
STUB = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: servicemonitors.monitoring.coreos.com}
spec:
  group: monitoring.coreos.com
  scope: Namespaced
  names: {kind: ServiceMonitor, plural: servicemonitors, singular: servicemonitor, listKind: ServiceMonitorList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""


class Kubectl:
    """kubectl as the admin of one server."""

    def __init__(self, target: Target) -> None:
        self._command = [KUBECTL, "--kubeconfig", str(target.kubeconfig)]

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        command = [*self._command, *arguments]
        ended = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=90)
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
        return ended.stdout

    def names(self, kind: str) -> set[str]:
        return set(self("get", kind, "-o", "name").replace("/", " ").split()[1::2])


@pytest.fixture(params=["real_server", "embedded_server"])
def kubectl(request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    made = Kubectl(request.getfixturevalue(request.param))
    made("apply", "-f", "-", stdin=STUB)
    made("wait", "--for=condition=Established", "crd/servicemonitors.monitoring.coreos.com", "--timeout=30s")
    yield made
    namespaces = [*(f"k-{name}" for name in OVERLAYS), DEFAULT_NAMESPACE, "k-made"]
    owned = [name for name in made.names("clusterroles") if name.partition(":")[0] in namespaces]
    made("delete", "clusterroles,clusterrolebindings", "--ignore-not-found", *owned)
    # The controller that takes this finalizer away runs in a whole cluster only.
    if "k-pvc" in made.names("namespaces"):
        made("patch", "pvc", "plugin-operator-plugins", "-n", "k-pvc", "-p", '{"metadata": {"finalizers": null}}')
    made("delete", "namespaces", "--ignore-not-found", "--timeout=60s", *namespaces)
    made("delete", "crd", "servicemonitors.monitoring.coreos.com")


def apply(kubectl: Kubectl, folder: Path, *arguments: str) -> None:
    """Apply a directory twice: all is created, then nothing changes."""
    first = kubectl("apply", "--validate=strict", "-k", str(folder), *arguments).splitlines()
    second = kubectl("apply", "--validate=strict", "-k", str(folder), *arguments).splitlines()

    assert len(first) == len(render(folder))
    assert [line for line in first if not line.endswith(" created")] == []
    assert [line for line in second if not line.endswith(" unchanged")] in ([], [BUDGET])


def admit_pod(kubectl: Kubectl, folder: Path, namespace: str) -> None:
    """Create the Deployment's pod for trial: the admission of Pod Security Standards sees it."""
    pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": namespace}}
    kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod | {"spec": pod_of(render(folder))}))


@pytest.mark.timeout(300)
def test_every_overlay_applies_beside_the_others_and_twice(kubectl: Kubectl, tmp_path: Path) -> None:
    apply(kubectl, MANIFESTS)
    admit_pod(kubectl, MANIFESTS, DEFAULT_NAMESPACE)
    for name in OVERLAYS:
        namespace, added = f"k-{name}", list(ADDED)
        arguments: list[str] = []
        if name == "namespaced":
            kubectl("create", "namespace", namespace)
            kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
            kubectl("create", "rolebinding", "dev", "--clusterrole=admin", "--user=dev", "--namespace", namespace)
            arguments, added = ["--as=dev"], added[1:]
        folder = kustomization(tmp_path / name, [overlay(name)], added, namespace=namespace)
        apply(kubectl, folder, *arguments)
        admit_pod(kubectl, folder, namespace)

    roles, bindings = kubectl.names("clusterroles"), kubectl.names("clusterrolebindings")
    for name in (DEFAULT_NAMESPACE, *(f"k-{name}" for name in OVERLAYS if name != "namespaced")):
        assert f"{name}:plugin-operator" in roles & bindings
    assert not any(name.startswith("k-namespaced:") for name in roles | bindings)


@pytest.mark.timeout(300)
def test_the_output_of_manifests_applies_and_allows_what_the_plugins_do(kubectl: Kubectl) -> None:
    command = [sys.executable, "-m", "plugin_operator", "manifests", str(ROOT / "plugins"), "--namespace=k-made"]
    made = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    first = kubectl("apply", "--validate=strict", "-f", "-", stdin=made).splitlines()

    assert [line for line in first if not line.endswith(" created")] == []
    account = "--as=system:serviceaccount:k-made:plugin-operator"
    for kind in ("configmaps", "secrets"):
        assert kubectl("auth", "can-i", "list", kind, "--all-namespaces", account) == "yes\n"
