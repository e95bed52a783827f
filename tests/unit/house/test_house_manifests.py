"""The manifests keep the promises of a locked-down namespace and call the command line that exists."""

import tomllib
from pathlib import Path
from typing import Any, cast

import click
import pytest
import yaml

from plugin_operator.app.election import make_schedule_record
from plugin_operator.cli.group import group
from plugin_operator.options import LeaderElectionOptions
from plugin_operator.testing import VirtualClock

ROOT = Path(__file__).parents[3]
DEPLOYED = sorted((ROOT / "manifests").glob("*.yaml"))
OPTIONAL = sorted((ROOT / "manifests" / "optional").glob("*.yaml"))
OF_PLUGINS = sorted((ROOT / "manifests" / "plugins").glob("*.yaml"))
LABELS = {"name", "instance", "version", "component", "part-of", "managed-by"}
NAMESPACE = "plugin-operator-system"


def documents(files: list[Path] = DEPLOYED) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in files:
        text = path.read_text().replace("IMAGE_PLACEHOLDER", "example/image:1").replace("{{ TIMESTAMP }}", "2026-01-02")
        found.extend(yaml.safe_load_all(text))
    return found


def parameters(command: str) -> list[click.Parameter]:
    found = group.get_command(click.Context(group), command)
    assert found is not None
    return found.params


def one(kind: str, name: str = "plugin-operator") -> dict[str, Any]:
    (found,) = (doc for doc in documents() if doc["kind"] == kind and doc["metadata"]["name"] == name)
    return found


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = one("Deployment")["spec"]["template"]["spec"]
    return spec


def container() -> dict[str, Any]:
    (only,) = pod()["containers"]
    return dict(only)


@pytest.mark.parametrize(
    "document",
    documents([*DEPLOYED, *OF_PLUGINS, *OPTIONAL]),
    ids=lambda doc: f"{doc['kind']}-{doc['metadata']['name']}",
)
def test_every_object_carries_the_recommended_labels(document: dict[str, Any]) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    labels = document["metadata"]["labels"]

    assert {f"app.kubernetes.io/{name}" for name in LABELS} <= labels.keys()
    assert labels["app.kubernetes.io/version"] == version


def test_the_namespace_comes_first_and_holds_everything_namespaced() -> None:
    first, *others = documents()

    assert (first["kind"], first["metadata"]["name"]) == ("Namespace", NAMESPACE)
    assert first["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for document in others:
        cluster_scoped = document["kind"] in {"ClusterRole", "ClusterRoleBinding"}
        assert document["metadata"].get("namespace") == (None if cluster_scoped else NAMESPACE)


def rules_of(files: list[Path]) -> list[dict[str, Any]]:
    return [rule for doc in documents(files) if doc["kind"] in {"ClusterRole", "Role"} for rule in doc["rules"]]


def test_no_role_grants_a_wildcard() -> None:
    for rule in rules_of([*DEPLOYED, *OF_PLUGINS, *OPTIONAL]):
        granted = rule["verbs"] + rule.get("resources", []) + rule.get("apiGroups", [])
        assert "*" not in granted + rule.get("nonResourceURLs", [])


def test_the_base_grants_what_the_operator_needs_and_nothing_for_plugins() -> None:
    assert [(rule["resources"], sorted(rule["verbs"])) for rule in rules_of(DEPLOYED)] == [
        (["events"], ["create", "patch"]),
        (["leases"], ["create"]),
        (["leases"], ["get", "list", "patch", "update", "watch"]),
        (["leases"], ["get", "update"]),
    ]


def test_each_shipped_plugin_has_a_role_of_its_own_that_only_reads_its_kind() -> None:
    assert [path.stem for path in OF_PLUGINS] == sorted(path.stem for path in (ROOT / "plugins").glob("*.py"))
    for path in OF_PLUGINS:
        role, binding = documents([path])
        assert role["rules"] == [{"apiGroups": [""], "resources": [f"{path.stem}s"], "verbs": ["get", "list", "watch"]}]
        assert binding["roleRef"]["name"] == role["metadata"]["name"]
        assert [subject["name"] for subject in binding["subjects"]] == [pod()["serviceAccountName"]]


def test_network_policies_are_optional_and_meet_the_pods_and_their_ports() -> None:
    assert not any(doc["kind"] == "NetworkPolicy" for doc in documents())
    labels = one("Deployment")["spec"]["template"]["metadata"]["labels"]
    policies = [doc["spec"] for doc in documents(OPTIONAL) if doc["kind"] == "NetworkPolicy"]
    assert sorted(policy["policyTypes"] for policy in policies) == [["Egress"], ["Ingress"]]
    for policy in policies:
        assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    (ingress,) = (policy["ingress"] for policy in policies if "ingress" in policy)
    assert {port["port"] for rule in ingress for port in rule["ports"]} == {"metrics"}


def test_two_deployments_share_no_role_and_no_binding_because_names_have_the_namespace() -> None:
    for doc in documents([*DEPLOYED, *OF_PLUGINS, *OPTIONAL]):
        if doc["kind"] in {"ClusterRole", "ClusterRoleBinding"}:
            assert doc["metadata"]["name"].startswith(f"{NAMESPACE}:")


def test_the_role_of_the_lease_names_the_lease_that_the_flags_default_to() -> None:
    params = {param.name: param for param in parameters("run")}
    update = one("Role", "plugin-operator-leader-election")["rules"][1]

    assert update["resourceNames"] == [params["leader_resource_name"].default]


async def test_the_role_names_the_lease_that_keeps_the_times_of_schedules() -> None:
    record = make_schedule_record(LeaderElectionOptions(), NAMESPACE, cast("Any", None), clock=VirtualClock())
    rule = one("Role", "plugin-operator-leader-election")["rules"][2]

    assert (rule["resourceNames"], rule["verbs"]) == ([record.name], ["get", "update"])


def test_every_binding_joins_a_role_that_exists_to_the_account_of_the_pod() -> None:
    roles = {(doc["kind"], doc["metadata"]["name"]) for doc in documents()}
    bindings = [doc for doc in documents() if doc["kind"].endswith("Binding")]

    assert len(bindings) == 2
    for binding in bindings:
        assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) in roles
        assert [subject["name"] for subject in binding["subjects"]] == [pod()["serviceAccountName"]]


def test_secure_metrics_get_the_right_to_ask_and_nothing_else() -> None:
    rules = [rule for doc in documents(OPTIONAL) if doc["kind"] == "ClusterRole" for rule in doc["rules"]]

    assert [rule.get("resources") or rule["nonResourceURLs"] for rule in rules] == [
        ["tokenreviews"],
        ["subjectaccessreviews"],
        ["/metrics"],
    ]
    assert [rule["verbs"] for rule in rules] == [["create"], ["create"], ["get"]]


def test_the_pod_runs_without_any_privilege() -> None:
    assert {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532}.items() <= pod()["securityContext"].items()
    assert pod()["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_every_flag_of_the_deployment_exists() -> None:
    command, *arguments = container()["args"]
    flags = {option for param in parameters(command) for option in param.opts}

    for argument in arguments:
        assert argument.partition("=")[0] in flags


def test_the_command_line_takes_the_arguments_of_the_deployment_as_they_are_meant(tmp_path: Path) -> None:
    command, *arguments = (argument.replace("=/plugins", f"={tmp_path}") for argument in container()["args"])
    run = group.get_command(click.Context(group), command)
    assert run is not None

    settings = run.make_context("run", arguments).params

    assert settings["leader_enabled"] is True
    assert settings["plugins_dir"] == tmp_path
    assert settings["shutdown_grace_period_seconds"] == 30


def test_the_pod_has_time_to_stop_by_itself() -> None:
    (grace,) = (arg.partition("=")[2] for arg in container()["args"] if arg.startswith("--shutdown-grace-period="))

    assert pod()["terminationGracePeriodSeconds"] > int(grace.removesuffix("s"))


def test_probes_and_service_meet_the_ports_of_the_flags() -> None:
    ports = {port["name"]: port["containerPort"] for port in container()["ports"]}

    assert f"--metrics-addr=:{ports['metrics']}" in container()["args"]
    assert f"--health-probe-bind-address=:{ports['probes']}" in container()["args"]
    assert {container()[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")} == {
        "probes"
    }
    (service_port,) = one("Service", "plugin-operator-metrics")["spec"]["ports"]
    assert service_port["targetPort"] in ports


def test_selectors_meet_the_labels_of_the_pods() -> None:
    labels = one("Deployment")["spec"]["template"]["metadata"]["labels"]
    selectors = [
        one("Deployment")["spec"]["selector"]["matchLabels"],
        one("Service", "plugin-operator-metrics")["spec"]["selector"],
        one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        pod()["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
    ]

    assert all(selector.items() <= labels.items() for selector in selectors)


def test_the_plugins_volume_is_a_directory_that_the_kubelet_keeps_up_to_date() -> None:
    mounts = {mount["name"]: mount for mount in container()["volumeMounts"]}

    assert f"--plugins-dir={mounts['plugins']['mountPath']}" in container()["args"]
    assert not any("subPath" in mount or "subPathExpr" in mount for mount in mounts.values())
    assert {"name": "plugins", "configMap": {"name": "plugin-operator-plugins"}} in pod()["volumes"]
