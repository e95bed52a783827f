"""Overlays and components: each renders, in every order that is allowed, and follows namespace and image."""

import random
from pathlib import Path

import pytest

from tests import manifests
from tests.manifests import (
    COMPONENTS,
    DEFAULT_NAMESPACE,
    MANIFESTS,
    OVERLAYS,
    Object,
    kustomization,
    one,
    overlay,
    pod_of,
    render,
    text_of,
)

pytestmark = pytest.mark.skipif(not manifests.KUBECTL, reason="kubectl is not installed")
#: They change what other components bring.
LAST = ("apply-crds", "secure-metrics", "roles", "namespaced")
LONGEST = "n" * 63
BASE = MANIFESTS / "base"


def named(name: str, folder: Path) -> list[Object]:
    return render(kustomization(folder, [BASE], [name], namespace=DEFAULT_NAMESPACE))


def args_of(objects: list[Object]) -> list[str]:
    found: list[str] = pod_of(objects)["containers"][0]["args"]
    return found


@pytest.mark.parametrize("name", ["", *OVERLAYS], ids=lambda name: name or "manifests")
def test_another_namespace_and_image_stand_everywhere_and_the_default_ones_nowhere(name: str, tmp_path: Path) -> None:
    image = {"name": "plugin-operator", "newName": "registry.example.com:5000/a/b", "digest": f"sha256:{'0' * 64}"}
    folder = kustomization(tmp_path / "mine", [overlay(name)], namespace=LONGEST, images=[image])
    objects = render(folder)

    assert DEFAULT_NAMESPACE not in text_of(folder)
    assert pod_of(objects)["containers"][0]["image"] == f"{image['newName']}@{image['digest']}"
    for each in objects:
        if each["kind"].startswith("Cluster"):
            assert each["metadata"]["name"].startswith(f"{LONGEST}:")


def test_two_deployments_share_no_cluster_wide_object(tmp_path: Path) -> None:
    deployments = [
        render(kustomization(tmp_path / name, [overlay("secure-metrics")], namespace=name)) for name in ("a", "b")
    ]
    one_has, other_has = (
        {(each["kind"], each["metadata"]["name"]) for each in objects if "namespace" not in each["metadata"]}
        for objects in deployments
    )

    assert len(one_has) == len(other_has) >= 8
    assert one_has & other_has == set()


def test_all_components_together_render_in_any_order(tmp_path: Path) -> None:
    first = [name for name in COMPONENTS if name not in {*LAST, "git-sync"}]
    rendered = []
    for seed in range(3):
        order = random.Random(seed).sample(first, len(first))
        folder = kustomization(tmp_path / str(seed), [BASE], [*order, *LAST], namespace="a")
        rendered.append(sorted(map(repr, render(folder))))

    assert rendered[1:] == rendered[:-1]


@pytest.mark.parametrize("pair", [("git-sync", "single"), ("single", "git-sync"), ("spread", "git-sync")])
def test_the_sidecar_goes_with_the_other_components(pair: tuple[str, str], tmp_path: Path) -> None:
    objects = render(kustomization(tmp_path / "both", [BASE], pair, namespace="a"))
    (sidecar,) = pod_of(objects)["initContainers"]
    (settings,) = (each for each in objects if each["metadata"]["name"].startswith("plugin-operator-git-sync-"))

    assert sidecar["envFrom"] == [{"configMapRef": {"name": settings["metadata"]["name"]}}]
    assert "--plugins-dir=$(PLUGINS_DIR)" in args_of(objects)
    assert ("--leader-elect=false" in args_of(objects)) == ("single" in pair)


def test_one_replica_has_no_election_and_no_rights_for_one() -> None:
    objects = render(overlay("single"))
    deployment = one(objects, "Deployment")["spec"]

    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert "--leader-elect=false" in args_of(objects)
    assert "--leader-elect" not in args_of(objects)
    assert not any(each["kind"] == "PodDisruptionBudget" for each in objects)
    rules = one(objects, "Role", "plugin-operator-leader-election")["rules"]
    assert [rule.get("resourceNames") for rule in rules] == [None, ["plugin-operator-schedules"]]


def test_worker_processes_are_as_many_as_requested_cpus(tmp_path: Path) -> None:
    (container,) = pod_of(named("processes", tmp_path))["containers"]
    variable = {each["name"]: each for each in container["env"]}["PLUGIN_OPERATOR_PROCESSES"]

    assert variable["valueFrom"] == {"resourceFieldRef": {"resource": "requests.cpu", "divisor": "1"}}
    assert not any(each.startswith("--processes") for each in container["args"])  # a flag would go before it
    assert container["resources"] == {
        "requests": {"cpu": "2", "memory": "192Mi"},
        "limits": {"memory": "768Mi"},
    }


def test_the_namespaced_overlay_has_nothing_outside_of_its_namespace_and_watches_it() -> None:
    objects = render(overlay("namespaced"))

    assert {each["metadata"].get("namespace") for each in objects} == {DEFAULT_NAMESPACE}
    assert not any(each["kind"].startswith("Cluster") for each in objects)
    environment = {each["name"]: each for each in pod_of(objects)["containers"][0]["env"]}
    assert environment["WATCH_NAMESPACE"]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.namespace"}}


def test_high_availability_never_puts_both_replicas_on_one_node() -> None:
    node, zone = pod_of(render(overlay("ha")))["topologySpreadConstraints"]

    assert (node["topologyKey"], node["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "DoNotSchedule")
    assert (zone["topologyKey"], zone["whenUnsatisfiable"]) == ("topology.kubernetes.io/zone", "ScheduleAnyway")


def test_secure_metrics_get_the_right_to_ask_and_nothing_else(tmp_path: Path) -> None:
    before = [each["metadata"]["name"] for each in render(BASE)]
    objects = named("secure-metrics", tmp_path)
    rules = [
        rule
        for each in objects
        if each["kind"] == "ClusterRole" and each["metadata"]["name"] not in before
        for rule in each["rules"]
    ]

    assert [(rule.get("resources") or rule["nonResourceURLs"], rule["verbs"]) for rule in rules] == [
        (["tokenreviews"], ["create"]),
        (["subjectaccessreviews"], ["create"]),
        (["/metrics"], ["get"]),
    ]
    assert "--metrics-secure" in args_of(objects)


def test_apply_crds_gets_the_right_to_write_definitions_and_never_to_delete_them(tmp_path: Path) -> None:
    objects = named("apply-crds", tmp_path)
    (role,) = (each for each in objects if each["metadata"]["name"].endswith(":plugin-operator-apply-crds")
               and each["kind"] == "ClusterRole")  # fmt: skip

    assert role["rules"] == [
        {"apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"],
         "verbs": ["get", "create", "patch"]}
    ]  # fmt: skip
    assert "--apply-crds" in args_of(objects)


def test_network_policies_meet_the_pods_and_their_ports(tmp_path: Path) -> None:
    names = ["network-policy-egress", "network-policy-ingress"]
    objects = render(kustomization(tmp_path / "both", [BASE], names, namespace="a"))
    labels = one(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
    policies = [each["spec"] for each in objects if each["kind"] == "NetworkPolicy"]

    assert sorted(policy["policyTypes"] for policy in policies) == [["Egress"], ["Ingress"]]
    assert all(policy["podSelector"]["matchLabels"].items() <= labels.items() for policy in policies)
    (ingress,) = (policy["ingress"] for policy in policies if "ingress" in policy)
    assert {port["port"] for rule in ingress for port in rule["ports"]} == {"metrics"}


def test_the_service_monitor_finds_the_service_and_follows_secure_metrics(tmp_path: Path) -> None:
    names = ["service-monitor", "secure-metrics"]
    plain = named("service-monitor", tmp_path / "plain")
    secure = render(kustomization(tmp_path / "secure", [BASE], names, namespace="a"))
    service = one(plain, "Service", "plugin-operator-metrics")
    monitor = one(plain, "ServiceMonitor")["spec"]

    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["endpoints"][0]["port"] in [port["name"] for port in service["spec"]["ports"]]
    (endpoint,) = one(secure, "ServiceMonitor")["spec"]["endpoints"]
    assert (endpoint["scheme"], endpoint["tlsConfig"]) == ("https", {"insecureSkipVerify": True})


@pytest.mark.parametrize(("name", "source"), [("pvc", "persistentVolumeClaim"), ("git-sync", "emptyDir")])
def test_plugins_come_from_another_volume(name: str, source: str) -> None:
    objects = render(overlay(name))
    volumes = {volume["name"]: volume for volume in pod_of(objects)["volumes"]}

    assert set(volumes["plugins"]) == {"name", source}
    assert not any(
        each["metadata"]["name"] == "plugin-operator-plugins" for each in objects if each["kind"] == "ConfigMap"
    )
    if name == "pvc":
        assert one(objects, "PersistentVolumeClaim", volumes["plugins"][source]["claimName"])
