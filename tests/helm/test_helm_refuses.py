"""Bad values get a message that names the value and the way out."""

from typing import Any

import pytest

from tests.helm.client import Failed, Helm

# Values, and words of the message of both versions.
BAD: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"replica": 1}, ("replica",)),
    ({"image": {"tag": 1.1}}, ("image", "tag", "string")),
    ({"image": {"repository": "example/op:1.2"}}, ("image", "repository")),
    ({"image": {"repository": ""}}, ("image", "repository")),
    ({"image": {"digest": "sha256:short"}}, ("image", "digest")),
    ({"image": {"pullPolicy": "Sometimes"}}, ("image", "pullPolicy", "IfNotPresent")),
    ({"replicas": "2"}, ("replicas", "integer")),
    ({"replicas": 1.5}, ("replicas", "integer")),
    ({"replicas": -1}, ("replicas", "0")),
    ({"flags": {"lgo-level": "info"}}, ("flags", "lgo-level")),
    ({"flags": {"log-level": "verbose"}}, ("flags", "log-level", "warning")),
    ({"flags": {"scan-interval": "5 seconds"}}, ("flags", "scan-interval")),
    ({"flags": {"processes": 65}}, ("flags", "processes", "64")),
    ({"flags": {"processes": "four"}}, ("flags", "processes", "integer")),
    ({"flags": {"enable-tracing": "yes"}}, ("flags", "enable-tracing", "boolean")),
    ({"flags": {"namespace": "a"}}, ("flags.namespace: set watchNamespaces instead",)),
    ({"flags": {"leader-elect": False}}, ("flags.leader-elect: set leaderElection.enabled instead",)),
    ({"flags": {"metrics-bind-address": ":1"}}, ("flags.metrics-bind-address: set metrics.enabled and metrics.port",)),
    ({"flags": {"processes": 2, "shard-replicas": True}}, ("flags.shard-replicas and flags.processes", "set replicas")),
    (
        {"flags": {"shard-replicas": True}, "replicas": 1, "leaderElection": {"enabled": False}},
        ("flags.shard-replicas needs leaderElection.enabled",),
    ),
    ({"fullnameOverride": "x" * 56}, ("fullnameOverride", "55")),
    ({"fullnameOverride": "Upper"}, ("fullnameOverride",)),
    ({"nameOverride": "x" * 64}, ("nameOverride", "63")),
    ({"plugins": {"../x.py": ""}}, ("plugins", "../x.py")),
    ({"plugins": {"x.py": 1}}, ("plugins", "x.py", "string")),
    ({"watchNamespaces": "a,b"}, ("watchNamespaces", "array")),
    ({"watchNamespaces": ["A"]}, ("watchNamespaces",)),
    ({"rbac": {"scope": "namespace"}}, ("rbac", "scope", "namespaces")),
    ({"rbac": {"rules": [{"apiGroups": [""], "resources": ["pods"]}]}}, ("rbac", "rules", "verbs")),
    ({"rbac": {"rules": [{"verb": ["get"], "verbs": ["get"]}]}}, ("rbac", "rules", "verb")),
    ({"metrics": {"port": 70000}}, ("metrics", "port", "65")),
    ({"metrics": {"port": 8081}}, ("metrics.port and probes.port are the same",)),
    ({"resources": {"memory": "1Gi"}}, ("resources", "memory")),
    ({"podDisruptionBudget": {"minAvailable": "half"}}, ("podDisruptionBudget", "minAvailable")),
    ({"leaderElection": {"enabled": False}}, ("replicas > 1 needs leaderElection.enabled",)),
    ({"plugins": {"a.py": ""}, "existingConfigMap": "b"}, ("plugins and existingConfigMap are set: keep one",)),
    ({"gitSync": {"enabled": True}}, ("gitSync.repository is empty",)),
    ({"metrics": {"certificate": {"secretName": "x"}}}, ("metrics.certificate.secretName needs metrics.secure",)),
    ({"metrics": {"secure": True}, "rbac": {"scope": "namespaces"}}, ("metrics.secure needs a ClusterRole",)),
    ({"applyCrds": True, "rbac": {"scope": "namespaces"}}, ("applyCrds needs a ClusterRole",)),
    ({"flags": {"apply-crds": True}}, ("applyCrds",)),
    ({"metrics": {"enabled": False, "serviceMonitor": {"enabled": True}}}, ("needs metrics.enabled",)),
]  # fmt: skip


def test_every_bad_value_is_refused_and_named(helm: Helm) -> None:
    accepted, unclear = [], []
    for values, words in BAD:
        try:
            helm.template(values=values)
        except Failed as error:
            if not all(word in str(error) for word in words) or len(str(error).splitlines()) > 8:
                unclear.append((values, str(error)))
        else:
            accepted.append(values)

    assert accepted == []
    assert unclear == []


@pytest.mark.parametrize("release", ["x" * 54, "Upper"])
def test_helm_itself_refuses_a_bad_name_of_a_release(helm: Helm, release: str) -> None:
    with pytest.raises(Failed, match="name"):
        helm.template(release=release)
