"""What the chart renders: the objects of kustomize, and what each value says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from manifests.helm.base import ADDITIONS, rendered, with_components
from manifests.helm.generate import CHART
from tests.helm.client import NAMESPACE, Helm, Object, container_of, one, pod_of
from tests.helm.comparing import comparable

VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
OVERLAYS = ("git-sync", "ha", "namespaced", "pvc", "secure-metrics", "single")

DIGEST = f"sha256:{'a' * 64}"

# What templates, YAML and shells would each like to understand.
NASTY = {
    "braces.py": 'text = "{{ .Values.image }} {{ include \\"x\\" . }} {{- fail -}} {{/* */}}"\n',
    "quotes.py": "a = \"'\"\nb = '''x: [y] # z'''\n",
    "no_newline.py": "a = 1",
    "newlines.py": "\n\na = 1\n\n\n",
    "tabs.py": "if 1:\n\tpass  # trailing space \n",
    "dashes.py": "---\n...\n{{ end }}\n",
    "unicode.py": 'a = "é 🙂 \u2028 \\u0000 %s $(POD_NAME) ${x}"\n',
    "empty.py": "",
    "number.py": "1",
    "null.py": "null",
    "crlf.py": "a = 1\r\nb = 2\r\n",
}


def test_the_chart_passes_the_strict_lint_with_each_file_of_values(helm: Helm) -> None:
    for values in (None, *VALUES):
        helm("lint", "--strict", CHART, *(("--values", values) if values else ()))


def test_defaults_render_the_objects_of_kustomize(helm: Helm) -> None:
    assert comparable(helm.template()) == comparable(rendered())


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_values_render_the_objects_of_the_overlay(helm: Helm, overlay: str) -> None:
    made = helm.template("--values", CHART / "ci" / f"{overlay}-values.yaml")

    assert comparable(made) == comparable(rendered(f"overlays/{overlay}"))


def test_values_render_the_objects_of_the_components(helm: Helm) -> None:
    made = comparable(helm.template("--values", CHART / "ci" / "monitored-values.yaml", "--set", "examples=false"))
    expected = comparable(with_components(*ADDITIONS, "pod-disruption-budget"))

    plugins = made.pop(("ConfigMap", NAMESPACE, "plugin-operator-plugins"))
    assert plugins["data"] == {}
    assert made == expected


def test_values_render_the_worker_processes_of_the_component(helm: Helm) -> None:
    ours = container_of(helm.template("--values", CHART / "ci" / "processes-values.yaml"))
    theirs = container_of(with_components("processes"))

    assert ours["resources"] == theirs["resources"]
    assert f"--processes={ours['resources']['requests']['cpu']}" in ours["args"]


def test_the_source_of_a_plugin_survives_to_the_letter(helm: Helm) -> None:
    made = helm.template(values={"plugins": NASTY})

    assert one(made, "ConfigMap", "plugins")["data"] == NASTY


def test_a_plugin_from_a_file_is_the_only_one(helm: Helm, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(NASTY["braces.py"])

    made = helm.template("--set-file", rf"plugins.mine\.py={tmp_path}/mine.py")

    assert one(made, "ConfigMap", "plugins")["data"] == {"mine.py": NASTY["braces.py"]}
    assert not [obj for obj in made if "plugin-secret" in obj["metadata"]["name"]]


def test_text_of_a_value_is_never_a_template_or_yaml(helm: Helm) -> None:
    nasty = "x\"y\n{{ .Release.Name }}: ['a'] # b"
    values = {
        "commonLabels": {"a": nasty},
        "commonAnnotations": {"b": nasty},
        "existingConfigMap": nasty,
        "priorityClassName": nasty,
        "serviceAccount": {"name": nasty},
        "leaderElection": {"resourceName": nasty},
        "metrics": {"secure": True, "certificate": {"secretName": nasty}},
        "flags": {"plugins-signature-key": nasty},
        "env": [{"name": "X", "value": nasty}],
        "rbac": {"rules": [{"apiGroups": [nasty], "resources": [nasty], "verbs": [nasty]}]},
    }

    made = helm.template(values=values)

    deployment, pod = one(made, "Deployment"), pod_of(made)
    assert deployment["metadata"]["labels"]["a"] == nasty
    assert deployment["metadata"]["annotations"]["b"] == nasty
    assert pod["volumes"][0]["configMap"]["name"] == nasty
    assert (pod["priorityClassName"], pod["serviceAccountName"]) == (nasty, nasty)
    assert f"--plugins-signature-key={nasty}" in container_of(made)["args"]
    assert f"--leader-elect-resource-name={nasty}" in container_of(made)["args"]
    assert one(made, "ClusterRole", "-plugins")["rules"] == values["rbac"]["rules"]  # type: ignore[index]


def test_flags_are_written_as_the_command_line_reads_them(helm: Helm) -> None:
    given = {
        "scan-interval": 1000000, "drain-timeout": 0.5, "validate-timeout": "1m30s", "enable-tracing": True,
        "shutdown-grace-period": None, "log-level": "debug",
    }  # fmt: skip

    arguments = container_of(helm.template(values={"flags": given}))["args"]

    assert arguments[-5:] == [
        "--drain-timeout=0.5", "--enable-tracing", "--log-level=debug", "--scan-interval=1000000",
        "--validate-timeout=1m30s",
    ]  # fmt: skip
    assert "--enable-tracing=false" in container_of(helm.template(values={"flags": {"enable-tracing": False}}))["args"]


def test_a_default_that_is_set_to_null_is_left_out(helm: Helm) -> None:
    values: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    optional = {
        key: None for key, value in values.items()
        if value in ("", [], {}) or key in {"resources", "podSecurityContext", "securityContext", "env"}
    }  # fmt: skip
    nested = {"probes": {"startup": None, "liveness": None, "readiness": None}, "flags": None}

    made = helm.template(values={**optional, **nested, "topologySpreadConstraints": None})

    assert not {"resources", "livenessProbe", "readinessProbe", "startupProbe"} & container_of(made).keys()
    assert "topologySpreadConstraints" not in pod_of(made)


@pytest.mark.parametrize("word", ["a" * 53, "plugin-operator" + "-x" * 19, "x" * 36 + "-plugin-operator"])
def test_names_of_the_longest_release_fit_and_begin_with_it(helm: Helm, word: str) -> None:
    made = helm.template(release=word, values={"metrics": {"secure": True}})

    service = one(made, "Service")["metadata"]["name"]
    assert len(service) <= 63
    assert service.startswith(word)
    assert all(len(value) <= 63 for obj in made for value in obj["metadata"]["labels"].values())


def test_two_releases_share_no_name(helm: Helm) -> None:
    def names(release: str, namespace: str) -> set[tuple[str, ...]]:
        made = helm.template("--values", CHART / "ci" / "monitored-values.yaml", release=release, namespace=namespace)
        return {(obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]) for obj in made}

    every = [names("one", "a"), names("two", "a"), names("one", "b")]

    assert len(set.union(*every)) == sum(map(len, every))


def test_two_releases_that_watch_one_namespace_share_no_role_and_no_lease(helm: Helm) -> None:
    values = {"rbac": {"scope": "namespaces", "rules": _RULES}, "watchNamespaces": ["team"], "examples": False}
    made = [helm.template(values=values, release=release, namespace=release) for release in ("one", "two")]

    roles = [{obj["metadata"]["name"] for obj in objects if obj["kind"] == "Role"} for objects in made]
    assert not roles[0] & roles[1]
    leases = [one(objects, "Role", "leader-election")["rules"][1]["resourceNames"] for objects in made]
    assert leases == [["one-plugin-operator-leader-election"], ["two-plugin-operator-leader-election"]]
    for objects, (lease,) in zip(made, leases, strict=True):
        assert f"--leader-elect-resource-name={lease}" in container_of(objects)["args"]


_RULES = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}]


def test_with_namespaces_there_is_no_cluster_wide_object(helm: Helm) -> None:
    values = {"rbac": {"scope": "namespaces", "rules": _RULES}, "watchNamespaces": ["a", "b"], "examples": False}

    made = helm.template(values=values)

    assert not [obj for obj in made if obj["kind"].startswith("ClusterRole")]
    roles = {(obj["metadata"]["namespace"], obj["metadata"]["name"]) for obj in made if obj["kind"] == "Role"}
    assert roles == {
        ("a", f"{NAMESPACE}:plugin-operator"), ("b", f"{NAMESPACE}:plugin-operator"),
        (NAMESPACE, f"{NAMESPACE}:plugin-operator"), (NAMESPACE, "plugin-operator-leader-election"),
        ("a", f"{NAMESPACE}:plugin-operator-plugins"), ("b", f"{NAMESPACE}:plugin-operator-plugins"),
    }  # fmt: skip
    assert "--namespace=a,b" in container_of(made)["args"]
    for binding in (obj for obj in made if obj["kind"] == "RoleBinding"):
        assert binding["subjects"][0]["namespace"] == NAMESPACE


def test_without_rbac_and_account_nothing_is_granted(helm: Helm) -> None:
    values = {"rbac": {"create": False, "rules": _RULES}, "serviceAccount": {"create": False, "name": "mine"}}

    made = helm.template(values=values)

    assert {obj["kind"] for obj in made} == {"ConfigMap", "Deployment", "Service", "PodDisruptionBudget"}
    assert pod_of(made)["serviceAccountName"] == "mine"


def test_everything_of_the_pod_can_be_set(helm: Helm) -> None:
    values: dict[str, Any] = {
        "image": {"repository": "registry.example.com:5000/team/op", "digest": DIGEST, "pullPolicy": "Always"},
        "imagePullSecrets": [{"name": "registry"}],
        "podLabels": {"team": "a", "app.kubernetes.io/component": "not this"},
        "podAnnotations": {"kubectl.kubernetes.io/default-container": "proxy", "c": "d"},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0}},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}, "podAffinity": {"x": [1]}},
        "priorityClassName": "high",
        "runtimeClassName": "gvisor",
        "schedulerName": "mine",
        "dnsPolicy": "Default",
        "dnsConfig": {"searches": ["x"]},
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["x"]}],
        "hostNetwork": True,
        "lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
        "initContainers": [{"name": "first", "image": "x"}],
        "extraContainers": [{"name": "proxy", "image": "y"}],
        "extraVolumes": [{"name": "keys", "secret": {"secretName": "keys"}}],
        "extraVolumeMounts": [{"name": "keys", "mountPath": "/keys"}],
        "envFrom": [{"secretRef": {"name": "s"}}],
        "flags": {"plugins-signature-key": "/keys/public.pem"},
    }  # fmt: skip

    made = helm.template(values=values)

    deployment, pod, container = one(made, "Deployment"), pod_of(made), container_of(made)
    template = deployment["spec"]["template"]["metadata"]
    assert container["image"] == f"registry.example.com:5000/team/op@{DIGEST}"
    assert template["labels"].items() >= deployment["spec"]["selector"]["matchLabels"].items()
    assert template["labels"]["team"] == "a"
    assert template["annotations"] == values["podAnnotations"]
    assert deployment["spec"]["strategy"] == values["strategy"]
    same = (
        "imagePullSecrets", "nodeSelector", "tolerations", "affinity", "priorityClassName", "runtimeClassName",
        "schedulerName", "dnsPolicy", "dnsConfig", "hostAliases", "hostNetwork", "initContainers",
    )  # fmt: skip
    assert {name: pod[name] for name in same} == {name: values[name] for name in same}
    assert pod["containers"][1:] == values["extraContainers"]
    assert pod["volumes"][-1:] == values["extraVolumes"]
    assert container["volumeMounts"][-1:] == values["extraVolumeMounts"]
    assert (container["envFrom"], container["lifecycle"]) == (values["envFrom"], values["lifecycle"])
    assert container["imagePullPolicy"] == "Always"


def test_a_certificate_is_mounted_named_and_trusted(helm: Helm) -> None:
    values = {"metrics": {"secure": True, "certificate": {"secretName": "cert"}, "serviceMonitor": {"enabled": True}}}

    made = helm.template(values=values, release="r", namespace="n")

    assert "--metrics-cert-path=/metrics-certificate" in container_of(made)["args"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container_of(made)["volumeMounts"]}
    assert mounts["metrics-certificate"] == "/metrics-certificate"
    assert one(made, "ServiceMonitor")["spec"]["endpoints"][0]["tlsConfig"] == {
        "ca": {"secret": {"name": "cert", "key": "ca.crt"}},
        "serverName": "r-plugin-operator-metrics.n.svc",
    }


def test_the_chart_serves_as_a_part_of_another(helm: Helm, tmp_path: Path) -> None:
    chart: Object = {"apiVersion": "v2", "name": "parent", "version": "1.0.0"}
    chart["dependencies"] = [{"name": "plugin-operator", "version": "*", "repository": f"file://{CHART}"}]
    (tmp_path / "Chart.yaml").write_text(yaml.safe_dump(chart))
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({"global": {"x": 1}, "plugin-operator": {"replicas": 3}}))
    helm("dependency", "build", "--skip-refresh", tmp_path)

    out = helm("template", "r", tmp_path)

    assert one(list(filter(None, yaml.safe_load_all(out))), "Deployment")["spec"]["replicas"] == 3
