"""A real API server for the tests: the control plane binary, or a cluster that stands in for it.

Owns one namespace for as long as a pytest process lives, an identity with a token, and cleaning up between tests.
Starting and reading are left to the conformance package's ``targets``.

``TEST_SERVER=real`` chooses it; ``CONFORMANCE_KUBECONFIG`` names the stand-in. Parallel pytest processes need a control
plane each, because tests define the same custom kinds; a stand-in is therefore used by one process only.
"""

import contextlib
import json
import os
import secrets
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kube_apiserver import Endpoint
from kube_apiserver.security.kubeconfig import write_kubeconfig
from tests import gotool
from tests.conformance.differential.targets import Target, read_kubeconfig, running

KUBECTL = Path(sys.executable).parent / "kubectl"
DEADLINE_SECONDS = 60
GROUPS_OF_TESTS = ("example.com", "example.org")
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
# What controllers of a whole cluster put into every namespace, and the identity of these tests.
KEPT = ("kube-root-ca.crt", "default", "admin")
# A Pod that is bound to a node waits for its kubelet, unless it has no time to end.
AT_ONCE = {"propagationPolicy": "Background", "gracePeriodSeconds": 0}
UNLESS_KEPT = "?fieldSelector=" + ",".join(f"metadata.name!={name}" for name in KEPT)
EMPTIED = (
    "/api/v1/{}/configmaps",
    "/api/v1/{}/secrets",
    "/api/v1/{}/serviceaccounts",
    "/api/v1/{}/pods",
    "/apis/apps/v1/{}/deployments",
    "/apis/batch/v1/{}/jobs",
    "/apis/coordination.k8s.io/v1/{}/leases",
    "/apis/rbac.authorization.k8s.io/v1/{}/rolebindings",
    "/apis/rbac.authorization.k8s.io/v1/{}/roles",
)


def is_chosen() -> bool:
    """Tell whether this run is against the real server."""
    return os.environ.get("TEST_SERVER") == "real"


def take_namespace() -> None:
    """Name this process's namespace where test modules look for it."""
    os.environ["TEST_NAMESPACE"] = f"test-{secrets.token_hex(4)}"


def excuse_handshakes(config: pytest.Config) -> None:
    """A TLS handshake that is cancelled leaves its transport to the garbage collector (fixed in Python 3.12)."""
    for leftover in ("<socket.socket", "<function _SelectorTransport.__del__"):
        leaves = f"ignore:Exception ignored in. {leftover}:pytest.PytestUnraisableExceptionWarning"
        config.addinivalue_line("filterwarnings", leaves)


@dataclass(frozen=True, slots=True)
class RealServer:
    """A server with this process's namespace in it."""

    target: Target
    namespace: str
    endpoint: Endpoint

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request; None means that there is nothing of that name."""
        content = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self.endpoint.token}", "Content-Type": content}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.target.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS, context=self.target.context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def write_kubeconfig(self, path: Path) -> None:
        """Write a kubeconfig whose namespace is the test's."""
        write_kubeconfig(path, self.endpoint)
        target = ["--kubeconfig", str(path), "config", "set-context", "--current", "--namespace", self.namespace]
        subprocess.run([KUBECTL, *target], check=True, capture_output=True, timeout=DEADLINE_SECONDS)

    def empty(self) -> None:
        """Remove what a test left, and wait until it is gone."""
        for path in (pattern.format(f"namespaces/{self.namespace}") for pattern in EMPTIED):
            self.request("DELETE", path + UNLESS_KEPT, AT_ONCE)
            self._until_gone(path + UNLESS_KEPT)
        for service in self._names(f"/api/v1/namespaces/{self.namespace}/services"):
            self.request("DELETE", f"/api/v1/namespaces/{self.namespace}/services/{service}")
        for name in self._names(CRDS):
            if name.partition(".")[2] in GROUPS_OF_TESTS:
                self.request("DELETE", f"{CRDS}/{name}")
                self._until_gone(f"{CRDS}/{name}")

    def _names(self, path: str) -> list[str]:
        return [item["metadata"]["name"] for item in self.request("GET", path)["items"]]

    def _until_gone(self, path: str) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (found := self.request("GET", path)) is not None and found.get("items") != []:
            for item in found.get("items", ()):
                if item["metadata"].get("finalizers"):
                    one = f"{path.partition('?')[0]}/{item['metadata']['name']}"
                    self.request("PATCH", one, {"metadata": {"finalizers": None}})
            assert time.monotonic() < deadline, f"{path} is not gone"
            time.sleep(0.05)


@contextlib.contextmanager
def started(folder: Path) -> Iterator[RealServer]:
    """Start the control plane, or reach the stand-in, with a namespace for this process that goes at the end."""
    if stand_in := os.environ.get("CONFORMANCE_KUBECONFIG"):
        with _prepared(read_kubeconfig(Path(stand_in))) as server:
            yield server
        return
    command = [gotool.needed("controlplane"), "--data-dir", str(folder), "--stop-on-stdin-close"]
    with running(command, folder / "kubeconfig", folder / "log") as target, _prepared(target) as server:
        yield server


@contextlib.contextmanager
def _prepared(target: Target) -> Iterator[RealServer]:
    namespace = os.environ["TEST_NAMESPACE"]
    kubectl = [str(KUBECTL), "--kubeconfig", str(target.kubeconfig)]

    def run(*words: str) -> str:
        ended = subprocess.run([*kubectl, *words], check=True, capture_output=True, text=True, timeout=DEADLINE_SECONDS)
        return ended.stdout.strip()

    run("create", "namespace", namespace)
    token = target.token
    try:
        if not token:
            # A stand-in whose admin holds a certificate: the tests take a token, as in a pod.
            run("create", "serviceaccount", "admin", "--namespace", namespace)
            subject = f"--serviceaccount={namespace}:admin"
            run("create", "clusterrolebinding", namespace, "--clusterrole=cluster-admin", subject)
            token = run("create", "token", "admin", "--namespace", namespace, "--duration=2h")
        yield RealServer(target, namespace, Endpoint(target.url, _authority(target.context), token))
    finally:
        run("delete", "clusterrolebinding", namespace, "--ignore-not-found")
        run("delete", "namespace", namespace, "--timeout=50s")


def _authority(context: ssl.SSLContext | None) -> str:
    certificates = context.get_ca_certs(binary_form=True) if context else []
    return "".join(map(ssl.DER_cert_to_PEM_cert, certificates))
