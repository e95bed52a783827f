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
from tests import manifests
from tests.manifests import DEFAULT_NAMESPACE, MANIFESTS, OVERLAYS, ROOT, Object, overlay, pod_of, render

pytestmark = pytest.mark.skipif(not manifests.KUBECTL, reason="kubectl is not installed")
LABELS = {"name", "instance", "version", "component", "part-of", "managed-by"}
BASE = MANIFESTS / "base"
RIGHTS = MANIFESTS / "plugins"
CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding"}
every_rendering = pytest.mark.parametrize("name", ["", *OVERLAYS], ids=lambda name: name or "manifests")


def parameters(command: str) -> list[click.Parameter]:
    found = group.get_command(click.Context(group), command)
    assert found is not None
    return found.params


def one(kind: str, name: str = "plugin-operator") -> Object:
    return manifests.one(render(MANIFESTS), kind, name)


def pod() -> Object:
    return pod_of(render(MANIFESTS))


def container() -> Object:
    (only,) = pod()["containers"]
    return dict(only)


@every_rendering
def test_every_object_carries_the_recommended_labels(name: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    for document in render(overlay(name)):
        labels = document["metadata"]["labels"]
        assert {f"app.kubernetes.io/{label}" for label in LABELS} <= labels.keys(), document
        assert labels["app.kubernetes.io/version"] == version


@every_rendering
def test_the_namespace_comes_first_and_holds_everything_namespaced(name: str) -> None:
    first, *others = render(overlay(name))

    if name != "namespaced":
        assert (first["kind"], first["metadata"]["name"]) == ("Namespace", DEFAULT_NAMESPACE)
        assert first["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for document in others:
        held = None if document["kind"] in CLUSTER_WIDE else DEFAULT_NAMESPACE
        assert document["metadata"].get("namespace") == held


def rules_of(objects: list[Object]) -> list[Object]:
    return [rule for doc in objects if doc["kind"] in {"ClusterRole", "Role"} for rule in doc["rules"]]


@every_rendering
def test_no_role_grants_a_wildcard(name: str) -> None:
    for rule in rules_of(render(overlay(name))):
        granted = rule["verbs"] + rule.get("resources", []) + rule.get("apiGroups", [])
        assert "*" not in granted + rule.get("nonResourceURLs", [])


def test_the_base_grants_what_the_operator_needs_and_nothing_for_plugins() -> None:
    assert [(rule["resources"], sorted(rule["verbs"])) for rule in rules_of(render(BASE))] == [
        (["leases"], ["create"]),
        (["leases"], ["get", "list", "patch", "update", "watch"]),
        (["leases"], ["get", "update"]),
        (["events"], ["create", "patch"]),
    ]


def test_each_shipped_plugin_has_a_role_of_its_own_that_only_reads_its_kind() -> None:
    shipped = sorted(path.stem for path in (ROOT / "plugins").glob("*.py"))
    listed = yaml.safe_load((RIGHTS / "kustomization.yaml").read_text())["resources"]

    assert sorted(listed) == [f"{name}.yaml" for name in shipped]
    assert sorted(path.name for path in RIGHTS.iterdir()) == sorted([*listed, "kustomization.yaml"])
    for name in shipped:
        role, binding = yaml.safe_load_all((RIGHTS / f"{name}.yaml").read_text())
        assert role["rules"] == [{"apiGroups": [""], "resources": [f"{name}s"], "verbs": ["list", "watch"]}]
        assert binding["roleRef"]["name"] == role["metadata"]["name"]
        assert [subject["name"] for subject in binding["subjects"]] == [pod()["serviceAccountName"]]


def test_the_config_map_has_the_shipped_plugins_and_its_name_never_changes() -> None:
    shipped = {path.name: path.read_text() for path in (ROOT / "plugins").glob("*.py")}

    assert one("ConfigMap", "plugin-operator-plugins")["data"] == shipped


def test_the_role_of_the_lease_names_the_lease_that_the_flags_default_to() -> None:
    params = {param.name: param for param in parameters("run")}
    update = one("Role", "plugin-operator-leader-election")["rules"][1]

    assert update["resourceNames"] == [params["leader_resource_name"].default]


async def test_the_role_names_the_lease_that_keeps_the_times_of_schedules() -> None:
    record = make_schedule_record(LeaderElectionOptions(), DEFAULT_NAMESPACE, cast("Any", None), clock=VirtualClock())
    rule = one("Role", "plugin-operator-leader-election")["rules"][2]

    assert (rule["resourceNames"], rule["verbs"]) == ([record.name], ["get", "update"])


@every_rendering
def test_every_binding_joins_a_role_that_exists_to_the_account_of_the_pod(name: str) -> None:
    objects = render(overlay(name))
    roles = {(doc["kind"], doc["metadata"]["name"]) for doc in objects}
    bindings = [doc for doc in objects if doc["kind"].endswith("Binding")]

    assert len(bindings) >= 2
    for binding in bindings:
        assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) in roles
        account = {"kind": "ServiceAccount", "name": pod_of(objects)["serviceAccountName"]}
        assert binding["subjects"] == [account | {"namespace": DEFAULT_NAMESPACE}]


@every_rendering
def test_the_pod_runs_without_any_privilege(name: str) -> None:
    spec = pod_of(render(overlay(name)))

    assert {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532}.items() <= spec["securityContext"].items()
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for each in [*spec.get("initContainers", ()), *spec["containers"]]:
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert each["resources"]["limits"]["memory"]
        assert each["image"].rpartition(":")[2][:1].isdecimal() or ":v" in each["image"]


@every_rendering
def test_every_flag_of_the_deployment_exists(name: str) -> None:
    command, *arguments = pod_of(render(overlay(name)))["containers"][0]["args"]
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


def selectors_in(value: Any) -> list[dict[str, str]]:
    if isinstance(value, list):
        return [found for each in value for found in selectors_in(each)]
    if not isinstance(value, dict):
        return []
    found = [value["matchLabels"]] if "matchLabels" in value else []
    return found + [inner for key, each in value.items() if key != "namespaceSelector" for inner in selectors_in(each)]


@every_rendering
def test_selectors_meet_the_labels_of_the_pods(name: str) -> None:
    objects = render(overlay(name))
    labels = one("Deployment")["spec"]["template"]["metadata"]["labels"]
    found = [*selectors_in(objects), manifests.one(objects, "Service", "plugin-operator-metrics")["spec"]["selector"]]

    assert len(found) >= 2
    assert all(selector.items() <= labels.items() for selector in found)


def test_the_plugins_volume_is_a_directory_that_the_kubelet_keeps_up_to_date() -> None:
    mounts = {mount["name"]: mount for mount in container()["volumeMounts"]}

    assert f"--plugins-dir={mounts['plugins']['mountPath']}" in container()["args"]
    assert not any("subPath" in mount or "subPathExpr" in mount for mount in mounts.values())
    assert {"name": "plugins", "configMap": {"name": "plugin-operator-plugins"}} in pod()["volumes"]
