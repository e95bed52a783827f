"""The templates of the chart: each object of the manifests with the parts that values set replaced.

Owns which object goes into which template, and under which condition. The Deployment has a module of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from manifests.helm.base import ADDITIONS, Object, add, at, identity, one, put, rendered, with_components
from manifests.helm.deployment import CERTIFICATE, COMMON, deployment
from manifests.helm.emit import MERGED, Expr, When, Yaml, mapping, merged

FULLNAME = 'include "plugin-operator.fullname" $'
CLUSTER_NAME = 'include "plugin-operator.clusterName" $'
SELECTOR = Yaml('include "plugin-operator.selector" $', keep=True)
#: Labels that the chart makes itself, for each object in the same way.
STANDARD = {f"app.kubernetes.io/{name}" for name in ("name", "instance", "version", "part-of", "managed-by")}
_COMPONENT = "app.kubernetes.io/component"
_NAME = "plugin-operator"


@dataclass(frozen=True, slots=True)
class Template:
    """One document of a template.

    Attributes:
        file: the file below ``templates``; several documents may have the same.
        node: the object.
        condition: when it is there.
        each: a list as JSON, of whose items the document is repeated; an item is ``$namespace``.
    """

    file: str
    node: dict[str, Any]
    condition: str = ""
    each: str = ""

    def lines(self) -> Iterator[str]:
        """Yield the lines of the document."""
        if self.condition:
            yield f"{{{{- if {self.condition} }}}}"
        if self.each:
            yield f"{{{{- range $namespace := {self.each} | fromJsonArray }}}}"
        yield "---"
        yield from mapping(self.node)
        yield from ["{{- end }}"] * (bool(self.condition) + bool(self.each))


@dataclass(slots=True)
class Sources:
    """What kustomize makes of the manifests: the default, and each addition to the base."""

    default: list[Object] = field(default_factory=rendered)
    added: list[Object] = field(default_factory=lambda: with_components(*ADDITIONS))
    monitored: list[Object] = field(default_factory=lambda: with_components("service-monitor"))
    git_sync: list[Object] = field(default_factory=lambda: rendered("overlays/git-sync"))
    highly_available: list[Object] = field(default_factory=lambda: rendered("overlays/ha"))
    claimed: list[Object] = field(default_factory=lambda: rendered("overlays/pvc"))


def templates(sources: Sources) -> list[Template]:
    """Return all templates.

    Raises:
        LookupError: the manifests have an object that no template is made of, or lack one.
    """
    made = [
        Template("serviceaccount.yaml", _service_account(sources.default), "$.Values.serviceAccount.create"),
        *_operator_roles(sources.default),
        *_lease_roles(sources.default),
        _plugins(sources.default),
        *_example_roles(sources.default),
        *_rules(sources.default),
        Template("deployment.yaml", deployment(sources.default, sources.git_sync)),
        Template("service.yaml", _service(sources.default), "$.Values.metrics.enabled"),
        _budget(sources.default),
        *_metrics_roles(sources.added),
        *_definition_roles(sources.added),
        *_network_policies(sources.added),
        _service_monitor(sources),
        _alerts(sources.added),
        _claim(sources.claimed),
        _git_sync(sources.git_sync),
    ]
    _all_are_used(sources)
    return made


def _all_are_used(sources: Sources) -> None:
    default = {identity(obj) for obj in sources.default}
    kinds = [kind for kind, _ in sorted(default)]
    expected = [
        *["ClusterRole", "ClusterRole", "ClusterRole"],
        *["ClusterRoleBinding", "ClusterRoleBinding", "ClusterRoleBinding"],
        *["ConfigMap", "Deployment", "Namespace", "PodDisruptionBudget", "Role", "RoleBinding", "Service"],
        "ServiceAccount",
    ]
    if kinds != expected:
        raise LookupError(f"the manifests have other objects than the templates of the chart: {kinds}")


def named(found: Object, name: Any = None, *, scope: str = "namespace", labels: tuple[str, ...] = ()) -> Object:
    """Replace name, namespace, labels and annotations of an object.

    Args:
        found: the object, which is changed.
        name: its name; None puts the name of the release in place of the name of the operator.
        scope: ``namespace`` for the release's own, ``cluster`` for none, ``role`` for one that follows ``rbac.scope``.
        labels: expressions of further labels.
    """
    metadata = found["metadata"]
    component = metadata["labels"][_COMPONENT]
    others = {key: value for key, value in metadata["labels"].items() if key not in {*STANDARD, _COMPONENT}}
    words = " ".join([f'(list $ "{component}"', *labels]) + ")"
    made: dict[str, Any] = {"name": Expr(name or _name(metadata["name"]))}
    if scope == "namespace":
        made["namespace"] = Expr("$.Release.Namespace")
    elif scope == "role":
        made["namespace"] = When("$namespace", Expr("$namespace"))
    made["labels"] = {MERGED: Yaml(f'include "plugin-operator.labels" {words}', keep=True), **others}
    made["annotations"] = Yaml("$.Values.commonAnnotations")
    if "annotations" in metadata:
        raise LookupError(f"{identity(found)} has annotations, which the chart does not know")
    return {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": made, **_rest(found)}


def _rest(found: Object) -> Object:
    return {key: value for key, value in found.items() if key not in {"apiVersion", "kind", "metadata"}}


def _name(name: str) -> str:
    """Return the expression of an object's name: what comes before the operator's name is the namespace."""
    before, found, after = name.partition(_NAME)
    if before:  # <namespace>:<name>: the namespace begins with the operator's name as well
        raise LookupError(f"{name} does not begin with {_NAME}")
    after = after if found else ""
    return f'printf "%s{after}" ({FULLNAME})' if after else FULLNAME


def _cluster_name(name: str) -> str:
    after = name.partition(":")[2].removeprefix(_NAME)
    return f'printf "%s{after}" ({CLUSTER_NAME})' if after else CLUSTER_NAME


def _service_account(objects: list[Object]) -> Object:
    made = named(one(objects, "ServiceAccount"), 'include "plugin-operator.serviceAccountName" $')
    made["metadata"]["annotations"] = Yaml(
        "merge (dict) (default dict $.Values.serviceAccount.annotations) (default dict $.Values.commonAnnotations)"
    )
    return made


def _subjects(binding: Object) -> None:
    put(binding, "subjects.0.name", Expr('include "plugin-operator.serviceAccountName" $'))
    put(binding, "subjects.0.namespace", Expr("$.Release.Namespace"))


def _role(objects: list[Object], name: str) -> Object:
    """A ClusterRole that is a Role with the scope ``namespaces``."""
    found = one(objects, "ClusterRole", name)
    made = named(found, _cluster_name(found["metadata"]["name"]), scope="role")
    return {**made, "kind": Expr('include "plugin-operator.roleKind" $')}


def _binding(objects: list[Object], name: str) -> Object:
    found = one(objects, "ClusterRoleBinding", name)
    expression = _cluster_name(found["metadata"]["name"])
    made = named(found, expression, scope="role")
    put(made, "roleRef.name", Expr(expression))
    put(made, "roleRef.kind", Expr('include "plugin-operator.roleKind" $'))
    _subjects(made)
    return {**made, "kind": Expr('include "plugin-operator.roleKind" $ | printf "%sBinding"')}


def _operator_roles(objects: list[Object]) -> Iterator[Template]:
    for make in (_role, _binding):
        yield Template(
            "rbac-operator.yaml", make(objects, ":plugin-operator"), "$.Values.rbac.create",
            '(include "plugin-operator.operatorNamespaces" $)',
        )  # fmt: skip


#: Of replicas that share objects: the names of their Leases cannot be listed beforehand.
_SHARED_LEASES = {
    "apiGroups": ["coordination.k8s.io"],
    "resources": ["leases"],
    "verbs": ["get", "list", "watch", "update", "delete"],
}


def _lease_roles(objects: list[Object]) -> Iterator[Template]:
    role = one(objects, "Role", "plugin-operator-leader-election")
    put(role, "rules.1.resourceNames.0", Expr('include "plugin-operator.lease" $'))
    put(role, "rules.2.resourceNames.0", Expr('include "plugin-operator.schedules" $'))
    role["rules"][1] = When("$.Values.leaderElection.enabled", role["rules"][1])
    role["rules"].append(When('index (default dict $.Values.flags) "shard-replicas"', _SHARED_LEASES))
    binding = one(objects, "RoleBinding", "plugin-operator-leader-election")
    put(binding, "roleRef.name", Expr(_name(binding["roleRef"]["name"])))
    _subjects(binding)
    for found in (role, binding):
        made = named(found)
        made["metadata"]["namespace"] = Expr('include "plugin-operator.leaseNamespace" $')
        yield Template("rbac-leases.yaml", made, "$.Values.rbac.create")


def _source_is(*names: str) -> str:
    return f'has (include "plugin-operator.source" $) (list {" ".join(map(_quoted, names))})'


def _quoted(text: str) -> str:
    return f'"{text}"'


def _plugins(objects: list[Object]) -> Template:
    made = named(one(objects, "ConfigMap", "plugin-operator-plugins"), 'include "plugin-operator.configMap" $')
    examples = {**made.pop("data")}
    made["data"] = When(_source_is("examples"), examples, Yaml("toYaml (default dict $.Values.plugins)", keep=True))
    return Template("plugins.yaml", made, _source_is("examples", "plugins"))


def _example_roles(objects: list[Object]) -> Iterator[Template]:
    for obj in objects:
        kind, name = identity(obj)
        if obj["metadata"].get("labels", {}).get(_COMPONENT) == "plugin":
            make = _role if kind == "ClusterRole" else _binding
            yield Template(
                "rbac-examples.yaml", make(objects, name), f'and $.Values.rbac.create ({_source_is("examples")})',
                '(include "plugin-operator.pluginNamespaces" $)',
            )  # fmt: skip


def _rules(objects: list[Object]) -> Iterator[Template]:
    """The rules of a user's plugins are in a role like that of an example."""
    name = f'printf "%s-plugins" ({CLUSTER_NAME})'
    role, binding = _role(objects, "plugin-configmap"), _binding(objects, "plugin-configmap")
    put(role, "rules", Yaml("toYaml $.Values.rbac.rules", keep=True))
    put(binding, "roleRef.name", Expr(name))
    for made in (role, binding):
        put(made, "metadata.name", Expr(name))
        yield Template(
            "rbac-plugins.yaml", made, "and $.Values.rbac.create $.Values.rbac.rules",
            '(include "plugin-operator.pluginNamespaces" $)',
        )  # fmt: skip


def _service(objects: list[Object]) -> Object:
    made = named(one(objects, "Service"), labels=("$.Values.metrics.service.labels",))
    made["metadata"]["annotations"] = Yaml(
        "merge (dict) (default dict $.Values.metrics.service.annotations) (default dict $.Values.commonAnnotations)"
    )
    put(made, "spec.selector", {MERGED: SELECTOR})
    put(made, "spec.ports.0.port", Expr("$.Values.metrics.port"))
    return made


def _budget(objects: list[Object]) -> Template:
    made = named(one(objects, "PodDisruptionBudget"))
    put(made, "spec.selector.matchLabels", {MERGED: SELECTOR})
    most = "$.Values.podDisruptionBudget.maxUnavailable"
    put(made, "spec.minAvailable", When(f'kindIs "invalid" {most}', Expr("$.Values.podDisruptionBudget.minAvailable")))
    add(made, "spec.maxUnavailable", When(f'not (kindIs "invalid" {most})', Expr(most)))
    return Template(
        "poddisruptionbudget.yaml", made, "and $.Values.podDisruptionBudget.enabled (gt (int $.Values.replicas) 1)"
    )


def _metrics_roles(objects: list[Object]) -> Iterator[Template]:
    condition = "and $.Values.rbac.create $.Values.metrics.enabled $.Values.metrics.secure"
    yield from _cluster_roles(objects, "plugin-operator-metrics-", "rbac-metrics.yaml", condition)


def _definition_roles(objects: list[Object]) -> Iterator[Template]:
    condition = "and $.Values.rbac.create $.Values.applyCrds"
    yield from _cluster_roles(objects, "plugin-operator-apply-crds", "rbac-apply-crds.yaml", condition)


def _cluster_roles(objects: list[Object], word: str, file: str, condition: str) -> Iterator[Template]:
    for obj in objects:
        kind, name = identity(obj)
        if word in name and kind.startswith("ClusterRole"):
            made = named(one(objects, kind, name), _cluster_name(name), scope="cluster")
            if kind == "ClusterRoleBinding":
                put(made, "roleRef.name", Expr(_cluster_name(made["roleRef"]["name"])))
                _subjects(made)
            yield Template(file, made, condition)


def _network_policies(objects: list[Object]) -> Iterator[Template]:
    for direction, value in (("ingress", "ingress.from"), ("egress", "egress.rules")):
        made = named(one(objects, "NetworkPolicy", direction))
        put(made, "spec.podSelector.matchLabels", {MERGED: SELECTOR})
        rules = Yaml(f"toYaml $.Values.networkPolicy.{value}", keep=True)
        put(made, "spec.ingress.0.from" if direction == "ingress" else "spec.egress", rules)
        yield Template(f"networkpolicy-{direction}.yaml", made, f"$.Values.networkPolicy.{direction}.enabled")


def _service_monitor(sources: Sources) -> Template:
    plain, secured = one(sources.monitored, "ServiceMonitor"), one(sources.added, "ServiceMonitor")
    monitor = "$.Values.metrics.serviceMonitor"
    made = named(plain, labels=(f"{monitor}.labels",))
    made["metadata"]["annotations"] = Yaml(
        f"merge (dict) (default dict {monitor}.annotations) (default dict $.Values.commonAnnotations)"
    )
    component = at(plain, "spec.selector.matchLabels")[_COMPONENT]
    instance = f'omit (include "plugin-operator.selector" $ | fromYaml) "{_COMPONENT}" | toYaml'
    put(made, "spec.selector.matchLabels", {MERGED: Yaml(instance, keep=True), _COMPONENT: component})
    endpoint = at(made, "spec.endpoints.0")
    for key, value in at(secured, "spec.endpoints.0").items():
        if key in endpoint:
            continue
        endpoint[key] = When("$.Values.metrics.secure", _tls(value) if key == "tlsConfig" else value)
    for key in ("interval", "scrapeTimeout"):
        endpoint[key] = When(f"{monitor}.{key}", Expr(f"{monitor}.{key}"))
    for key in ("relabelings", "metricRelabelings"):
        endpoint[key] = Yaml(f"{monitor}.{key}")
    return Template("servicemonitor.yaml", made, f"{monitor}.enabled")


def _alerts(objects: list[Object]) -> Template:
    rule = "$.Values.metrics.prometheusRule"
    made = named(one(objects, "PrometheusRule"), labels=(f"{rule}.labels",))
    made["metadata"]["annotations"] = Yaml(merged(f"{rule}.annotations", COMMON))
    return Template("prometheusrule.yaml", made, f"{rule}.enabled")


def _tls(default: Any) -> When:
    secret = CERTIFICATE
    name = f'printf "%s-metrics.%s.svc" ({FULLNAME}) $.Release.Namespace'
    ours = {"ca": {"secret": {"name": Expr(secret), "key": "ca.crt"}}, "serverName": Expr(name)}
    given = "$.Values.metrics.serviceMonitor.tlsConfig"
    return When(given, Yaml(f"toYaml {given}", keep=True), When(secret, ours, default))


def _claim(objects: list[Object]) -> Template:
    made = named(one(objects, "PersistentVolumeClaim"))
    put(made, "spec.accessModes", Yaml("toYaml $.Values.persistence.accessModes", keep=True))
    put(made, "spec.resources.requests.storage", Expr("$.Values.persistence.size"))
    add(
        made,
        "spec.storageClassName",
        When("$.Values.persistence.storageClassName", Expr("$.Values.persistence.storageClassName")),
    )
    return Template(
        "persistentvolumeclaim.yaml", made, "and $.Values.persistence.enabled (not $.Values.persistence.existingClaim)"
    )


def _git_sync(objects: list[Object]) -> Template:
    found = next(obj for obj in objects if obj["kind"] == "ConfigMap")
    if set(found["data"]) != {"GITSYNC_REPO", "GITSYNC_REF", "PLUGINS_DIR"}:
        raise LookupError(f"the ConfigMap of git-sync has other keys than the chart: {sorted(found['data'])}")
    made = named(found, 'include "plugin-operator.gitSyncConfigMap" $')
    put(made, "data", Yaml('include "plugin-operator.gitSync" $', keep=True))
    return Template("git-sync.yaml", made, "$.Values.gitSync.enabled")
