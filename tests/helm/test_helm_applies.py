"""Both ways of install on a real kube-apiserver, and the life of a release: install, upgrade, rollback, uninstall."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from manifests.helm.base import ADDITIONS, MANIFESTS, with_components
from manifests.helm.generate import CHART
from tests.helm.client import NAMESPACE, RELEASE, Failed, Helm, Kubectl, Object, container_of, one
from tests.helm.comparing import Key, comparable

PLUGIN = 'text = "{{ .Values.image }} {{ fail \\"x\\" }}"  # \'quotes\', "$(POD_NAME)"\n'


def names(kubectl: Kubectl, release: str, namespace: str | None = None) -> set[tuple[str, str]]:
    return {(obj["kind"], obj["metadata"]["name"]) for obj in kubectl.of_instance(release, namespace)}


@pytest.fixture
def released(deployed: Helm, kubectl: Kubectl) -> Iterator[Helm]:
    """Helm, and no release of it that a test left."""
    yield deployed
    for line in deployed("list", "--all-namespaces", "--output", "yaml", "--no-headers").split("- ")[1:]:
        found = yaml.safe_load(f"- {line}")[0]
        with contextlib.suppress(Failed):
            deployed("uninstall", found["name"], "--namespace", found["namespace"])


@pytest.fixture(scope="module")
def of_kustomize(kubectl: Kubectl) -> dict[Key, Object]:
    """The objects that kubectl applies, which are gone again."""
    kubectl("apply", "--kustomize", str(MANIFESTS))
    found = comparable(kubectl.of_instance(RELEASE))
    # The namespace takes the others along.
    kubectl("delete", "--kustomize", str(MANIFESTS), "--ignore-not-found", "--wait=true", "--timeout=50s")
    return found


def test_both_ways_of_install_make_the_same_objects(
    released: Helm, kubectl: Kubectl, of_kustomize: dict[Key, Object]
) -> None:
    released("install", RELEASE, CHART, "--namespace", NAMESPACE, "--create-namespace")

    of_helm = comparable(kubectl.of_instance(RELEASE))
    assert len(of_helm) == 13
    assert of_helm == of_kustomize


def test_both_ways_make_the_same_objects_with_everything_switched_on(
    released: Helm, kubectl: Kubectl, namespace: str
) -> None:
    manifests = [obj for obj in with_components(*ADDITIONS, "pod-disruption-budget") if obj["kind"] != "Namespace"]
    text = yaml.safe_dump_all(manifests).replace(NAMESPACE, namespace)
    kubectl("apply", "-f", "-", given=text)
    of_kustomize = comparable(kubectl.of_instance(RELEASE, namespace))
    kubectl("delete", "-f", "-", "--wait=true", given=text)

    words = ("--values", CHART / "ci" / "monitored-values.yaml", "--set", "examples=false")
    released("install", RELEASE, CHART, "--namespace", namespace, *words)

    of_helm = comparable(kubectl.of_instance(RELEASE, namespace))
    del of_helm["ConfigMap", namespace, "plugin-operator-plugins"]
    assert {kind for kind, _, _ in of_helm} >= {"ServiceMonitor", "PrometheusRule", "NetworkPolicy"}
    assert of_helm == of_kustomize


def test_a_release_is_installed_upgraded_rolled_back_and_uninstalled(
    released: Helm, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN)
    words = ("--namespace", namespace)
    notes = released("install", "r", CHART, *words, "--set", "rbac.scope=namespaces")
    assert "shipped examples" in notes
    first = comparable(kubectl.of_instance("r"))
    assert not any(kind.startswith("ClusterRole") for kind, _, _ in first)

    rules = 'rbac.rules=[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]'
    notes = released(
        "upgrade", "r", CHART, *words, "--set-file", rf"plugins.mine\.py={tmp_path}/mine.py", "--set-json", rules,
        "--set", "flags.log-level=debug", "--set", "flags.processes=4",
    )  # fmt: skip
    assert "has the plugins" in notes
    assert "set resources for 4 worker processes" in notes
    objects = kubectl.of_instance("r")
    assert one(objects, "ConfigMap", "plugins")["data"] == {"mine.py": PLUGIN}
    assert one(objects, "ClusterRole", "-plugins")["rules"][0]["resources"] == ["pods"]
    assert {"--log-level=debug", "--processes=4"} <= set(container_of(objects)["args"])
    assert not any("plugin-secret" in obj["metadata"]["name"] for obj in objects)
    assert {obj["metadata"]["name"] for obj in objects if obj["kind"] == "Role"} == {
        "r-plugin-operator-leader-election"
    }

    released("rollback", "r", "1", *words)
    assert comparable(kubectl.of_instance("r")) == first

    released("uninstall", "r", *words)
    assert kubectl.of_instance("r") == []


def test_two_releases_in_one_namespace_leave_each_other_alone(released: Helm, kubectl: Kubectl, namespace: str) -> None:
    for release in ("one", "two"):
        released("install", release, CHART, "--namespace", namespace)
    before = names(kubectl, "two")

    released("uninstall", "one", "--namespace", namespace)

    assert names(kubectl, "one") == set()
    assert names(kubectl, "two") == before
    assert len(before) == 13


def test_a_release_is_upgraded_from_one_kind_of_deployment_to_another_and_back(
    released: Helm, kubectl: Kubectl, namespace: str
) -> None:
    released("install", "r", CHART, "--namespace", namespace)
    first = comparable(kubectl.of_instance("r"))

    for name in ("single", "git-sync"):
        released("upgrade", "r", CHART, "--namespace", namespace, "--values", CHART / "ci" / f"{name}-values.yaml")
        assert comparable(kubectl.of_instance("r")) != first
    released("upgrade", "r", CHART, "--namespace", namespace, "--reset-values")

    assert comparable(kubectl.of_instance("r")) == first
