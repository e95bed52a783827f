"""helm and kubectl as the tests call them."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from manifests.helm.generate import CHART

KUBECTL = Path(sys.executable).parent / "kubectl"
DEADLINE_SECONDS = 60
NAMESPACE = "plugin-operator-system"
RELEASE = "plugin-operator"
KINDS = (
    "serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,configmaps,deployments,services,"
    "poddisruptionbudgets,networkpolicies,servicemonitors,prometheusrules,persistentvolumeclaims"
)

Object = dict[str, Any]


class Failed(Exception):
    """A command that ended with another status than 0; the text is what it printed."""


def _run(command: Sequence[str | Path], environment: dict[str, str], given: str | None) -> str:
    done = subprocess.run(
        command, input=given, env=environment, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
    )
    if done.returncode:
        raise Failed(done.stderr)
    return done.stdout


@dataclass(frozen=True, slots=True)
class Helm:
    """One version of helm, with a home of its own."""

    program: str
    home: Path
    kubeconfig: Path | None = None

    def __call__(self, *words: str | Path, given: str | None = None) -> str:
        """Run helm and return what it prints.

        Raises:
            Failed: its status is not 0.
        """
        environment = {"HOME": str(self.home), "PATH": os.environ["PATH"]}
        if self.kubeconfig is not None:
            environment["KUBECONFIG"] = str(self.kubeconfig)
        return _run([self.program, *words], environment, given)

    def template(
        self, *words: str | Path, values: Any = None, release: str = RELEASE, namespace: str = NAMESPACE
    ) -> list[Object]:
        """Return the objects of the chart with these values."""
        # JSON as YAML: characters outside of the BMP stand for themselves, line separators are escaped.
        given = None if values is None else json.dumps(values, ensure_ascii=False).replace("\u2028", "\\u2028")
        more = () if values is None else ("--values", "-")
        out = self("template", release, CHART, "--namespace", namespace, *more, *words, given=given)
        return [found for found in yaml.safe_load_all(out) if found]


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl as the cluster's admin."""

    kubeconfig: Path

    def __call__(self, *words: str | Path, given: str | None = None) -> str:
        """Run kubectl and return what it prints.

        Raises:
            Failed: its status is not 0.
        """
        return _run([KUBECTL, "--kubeconfig", self.kubeconfig, *words], dict(os.environ), given)

    def of_instance(self, name: str, namespace: str | None = None) -> list[Object]:
        """Return all objects of one release; with a namespace, those in it and those of the cluster that name it."""
        words = ("get", KINDS, "--all-namespaces", "--selector", f"app.kubernetes.io/instance={name}", "-o", "json")
        found: list[Object] = json.loads(self(*words))["items"]
        if namespace is None:
            return found
        return [
            obj
            for obj in found
            if obj["metadata"].get("namespace", obj["metadata"]["name"].partition(":")[0]) == namespace
        ]


def one(objects: list[Object], kind: str, name: str = "") -> Object:
    """Return the one object of a kind whose name ends with ``name``."""
    (found,) = (obj for obj in objects if obj["kind"] == kind and obj["metadata"]["name"].endswith(name))
    return found


def pod_of(objects: list[Object]) -> Object:
    """Return the pod of the Deployment."""
    spec: Object = one(objects, "Deployment")["spec"]["template"]["spec"]
    return spec


def container_of(objects: list[Object]) -> Object:
    """Return the operator's container."""
    found: Object = next(found for found in pod_of(objects)["containers"] if found["name"] == "operator")
    return found
