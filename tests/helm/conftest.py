"""Fixtures: both versions of helm, and a throwaway kube-apiserver with stub CRDs of the Prometheus Operator.

``HELM_SERVER=embedded`` takes the embedded API server in the place of kube-apiserver.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests import gotool
from tests.conformance import servers
from tests.helm.client import Helm, Kubectl

VERSIONS = ("helm3", "helm4")


def _stub(kind: str) -> dict[str, object]:
    plural, group = f"{kind.lower()}s", "monitoring.coreos.com"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


@pytest.fixture(scope="session", params=VERSIONS)
def helm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm without a cluster."""
    return Helm(gotool.wanted(request.param), tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    folder = tmp_path_factory.mktemp("server")
    is_embedded = os.environ.get("HELM_SERVER") == "embedded"
    server = servers.embedded(folder) if is_embedded else servers.real(gotool.wanted("controlplane"), folder)
    with server as target:
        kubectl = Kubectl(target.kubeconfig)
        kubectl("apply", "-f", "-", given=yaml.safe_dump_all([_stub("ServiceMonitor"), _stub("PrometheusRule")]))
        kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
        yield kubectl


@pytest.fixture
def deployed(helm: Helm, kubectl: Kubectl) -> Helm:
    """Helm with the cluster."""
    return Helm(helm.program, helm.home, kubectl.kubeconfig)


@pytest.fixture
def namespace(kubectl: Kubectl, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A namespace of the test's own."""
    name = f"ns-{tmp_path.name.replace('_', '-')}"[:60].rstrip("-").lower()
    kubectl("create", "namespace", name)
    return name
