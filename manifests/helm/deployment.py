"""The template of the Deployment: everything in it has a value whose default is what the manifests say."""

from typing import Any

from manifests.helm.base import Object, add, at, one, put
from manifests.helm.emit import MERGED, Expr, When, Yaml, merged

_GIT = "$.Values.gitSync.enabled"
_CLAIM = "$.Values.persistence.enabled"
_METRICS = "$.Values.metrics.enabled"
COMMON = "$.Values.commonAnnotations"
_PULL_POLICY = "$.Values.image.pullPolicy"
CERTIFICATE = "$.Values.metrics.certificate.secretName"
#: Parts of the pod that are only there if a value sets them.
_OPTIONAL = ("imagePullSecrets", "nodeSelector", "tolerations", "affinity", "hostAliases", "dnsConfig")
_OPTIONAL_SCALARS = ("priorityClassName", "runtimeClassName", "schedulerName", "hostNetwork", "dnsPolicy")
#: Arguments that a helper makes of other values, or that stand in the value ``flags``.
_ARGUMENTS = {
    "--plugins-dir": Expr(
        'printf "--plugins-dir=%s" (ternary "$(PLUGINS_DIR)" "@directory@" $.Values.gitSync.enabled)'
    ),
    "--metrics-addr": When(
        _METRICS, Expr('printf "--metrics-addr=:%d" (int $.Values.metrics.port)'), "--metrics-addr=0"
    ),
    "--health-probe-bind-address": Expr('printf "--health-probe-bind-address=:%d" (int $.Values.probes.port)'),
    "--leader-elect": When("$.Values.leaderElection.enabled", "--leader-elect", "--leader-elect=false"),
}


def deployment(default: list[Object], git_sync: list[Object]) -> Object:
    """Return the Deployment with its parts replaced; the sidecar is that of the overlay ``git-sync``."""
    from manifests.helm.objects import SELECTOR, named

    found = one(default, "Deployment")
    made = named(found)
    made["metadata"]["annotations"] = Yaml(
        "merge (dict) (default dict $.Values.annotations) (default dict $.Values.commonAnnotations)"
    )
    put(made, "spec.replicas", Expr("int $.Values.replicas"))
    put(made, "spec.revisionHistoryLimit", Expr("int $.Values.revisionHistoryLimit"))
    put(made, "spec.selector.matchLabels", {MERGED: SELECTOR})
    recreate = When("not $.Values.leaderElection.enabled", {"type": "Recreate"}, at(made, "spec.strategy"))
    put(made, "spec.strategy", When("$.Values.strategy", Yaml("toYaml $.Values.strategy", keep=True), recreate))
    labels = 'include "plugin-operator.labels" (list $ "operator" $.Values.podLabels)'
    put(made, "spec.template.metadata.labels", {MERGED: Yaml(labels, keep=True)})
    own = " ".join(f'"{name}" "{value}"' for name, value in at(made, "spec.template.metadata.annotations").items())
    annotations = merged("$.Values.podAnnotations", COMMON, f"(dict {own})")
    put(made, "spec.template.metadata.annotations", Yaml(f"toYaml ({annotations})", keep=True))
    put(made, "spec.template.spec", _pod(at(made, "spec.template.spec"), one(git_sync, "Deployment")))
    return made


def _pod(pod: Object, git_sync: Object) -> Object:
    put(pod, "serviceAccountName", Expr('include "plugin-operator.serviceAccountName" $'))
    put(pod, "terminationGracePeriodSeconds", Expr("int $.Values.terminationGracePeriodSeconds"))
    put(pod, "enableServiceLinks", Expr("$.Values.enableServiceLinks"))
    put(pod, "securityContext", Yaml("$.Values.podSecurityContext"))
    put(pod, "topologySpreadConstraints", When(
        "$.Values.topologySpreadConstraints", Yaml('include "plugin-operator.spread" $', keep=True)
    ))  # fmt: skip
    for key in _OPTIONAL:
        add(pod, key, Yaml(f"$.Values.{key}"))
    for key in _OPTIONAL_SCALARS:
        add(pod, key, When(f"$.Values.{key}", Expr(f"$.Values.{key}")))
    (container,) = at(pod, "containers")
    put(pod, "containers", [_container(container), Yaml("$.Values.extraContainers")])
    (sidecar,) = at(git_sync, "spec.template.spec.initContainers")
    add(pod, "initContainers", When(f"or {_GIT} $.Values.initContainers", [
        When(_GIT, _sidecar(sidecar)), Yaml("$.Values.initContainers"),
    ]))  # fmt: skip
    put(pod, "volumes", _volumes(at(pod, "volumes"), at(git_sync, "spec.template.spec.volumes")))
    return pod


def _container(container: Object) -> Object:
    put(container, "image", Expr('include "plugin-operator.image" $'))
    add(container, "imagePullPolicy", When(_PULL_POLICY, Expr(_PULL_POLICY)))
    put(container, "args", _arguments(container))
    put(container, "env", [*container["env"], _own_namespace(), Yaml("$.Values.env")])
    add(container, "envFrom", When(f"or {_GIT} $.Values.envFrom", [
        When(_GIT, _settings()), Yaml("$.Values.envFrom"),
    ]))  # fmt: skip
    put(container, "ports.0.containerPort", Expr("int $.Values.metrics.port"))
    put(container, "ports.1.containerPort", Expr("int $.Values.probes.port"))
    metrics, probes = container["ports"]
    put(container, "ports", [When(_METRICS, metrics), probes])
    for probe in ("startup", "liveness", "readiness"):
        put(container, f"{probe}Probe", Yaml(f"$.Values.probes.{probe}"))
    put(container, "resources", Yaml("$.Values.resources"))
    put(container, "securityContext", Yaml("$.Values.securityContext"))
    add(container, "lifecycle", Yaml("$.Values.lifecycle"))
    certificate = {"name": "metrics-certificate", "mountPath": "/metrics-certificate", "readOnly": True}
    put(container, "volumeMounts", [
        *container["volumeMounts"], When(CERTIFICATE, certificate), Yaml("$.Values.extraVolumeMounts"),
    ])  # fmt: skip
    return container


def _arguments(container: Object) -> list[Any]:
    (directory,) = (mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "plugins")
    made: list[Any] = []
    for argument in container["args"]:
        flag = argument.partition("=")[0]
        if flag in _ARGUMENTS:
            known = _ARGUMENTS[flag]
            made.append(Expr(known.text.replace("@directory@", directory)) if isinstance(known, Expr) else known)
        elif not flag.startswith("--"):
            made.append(argument)
    made.append(Yaml('include "plugin-operator.ownArguments" $ | trim', keep=True))
    made.append(Yaml('include "plugin-operator.arguments" $.Values.flags | trim', keep=True))
    return made


def free_arguments(container: Object) -> dict[str, Any]:
    """Return the arguments that are the default of the value ``flags``."""
    found: dict[str, Any] = {}
    for argument in container["args"]:
        flag, given, value = argument.partition("=")
        if flag.startswith("--") and flag not in _ARGUMENTS:
            found[flag.removeprefix("--")] = value if given else True
    return found


def _own_namespace() -> When:
    """With the scope ``namespaces`` and none given, plugins watch the namespace of the release."""
    variable = {"name": "WATCH_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    return When('and (eq $.Values.rbac.scope "namespaces") (not $.Values.watchNamespaces)', variable)


def _settings() -> Object:
    return {"configMapRef": {"name": Expr('include "plugin-operator.gitSyncConfigMap" $')}}


def _sidecar(sidecar: Object) -> Object:
    put(sidecar, "image", Expr("$.Values.gitSync.image"))
    period = [index for index, argument in enumerate(sidecar["args"]) if argument.startswith("--period=")]
    put(sidecar, f"args.{period[0]}", Expr('printf "--period=%s" $.Values.gitSync.period'))
    put(sidecar, "envFrom", [_settings(), Yaml("$.Values.gitSync.envFrom")])
    add(sidecar, "env", Yaml("$.Values.gitSync.env"))
    add(sidecar, "imagePullPolicy", When(_PULL_POLICY, Expr(_PULL_POLICY)))
    put(sidecar, "resources", Yaml("$.Values.gitSync.resources"))
    put(sidecar, "securityContext", Yaml("$.Values.gitSync.securityContext"))
    put(sidecar, "volumeMounts", [*sidecar["volumeMounts"], Yaml("$.Values.gitSync.volumeMounts")])
    return sidecar


def _volumes(volumes: list[Object], git_sync: list[Object]) -> list[Any]:
    plugins, tmp = volumes
    cloned, _, *others = git_sync
    if [plugins["name"], tmp["name"], cloned["name"]] != ["plugins", "tmp", "plugins"]:
        raise LookupError("the volumes of the manifests are not plugins and tmp")
    put(plugins, "configMap.name", Expr('include "plugin-operator.configMap" $'))
    put(cloned, "emptyDir.sizeLimit", Expr("$.Values.gitSync.sizeLimit"))
    put(tmp, "emptyDir.sizeLimit", Expr("$.Values.tmpSizeLimit"))
    claim = Expr(
        'default (printf "%s-plugins" (include "plugin-operator.fullname" $)) $.Values.persistence.existingClaim'
    )
    plugins = {
        "name": "plugins",
        "emptyDir": When(_GIT, cloned["emptyDir"]),
        "persistentVolumeClaim": When(_CLAIM, {"claimName": claim, "readOnly": True}),
        "configMap": When(f"not (or {_GIT} {_CLAIM})", plugins["configMap"]),
    }
    certificate = {"name": "metrics-certificate", "secret": {"secretName": Expr(CERTIFICATE)}}
    return [
        plugins, tmp, *(When(_GIT, volume) for volume in others), When(CERTIFICATE, certificate),
        Yaml("$.Values.extraVolumes"),
    ]  # fmt: skip
