"""Whatever is sent, the embedded server finds words for it: nothing ends in an error of its own."""

import asyncio
import copy
import io
import json
import os
from typing import Any

import aiohttp
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_apiserver import ApiServer
from kube_apiserver.config import ApiServerConfig
from kube_apiserver.handler import OWN_FAULT
from tests.property.hostile_texts import TEARS, TEXTS

LABELS = {"app": "a"}
TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": LABELS},
    "spec": {"containers": [{"name": "c", "image": "i", "env": [{"name": "A"}]}]},
}
SELECTING = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}
JOB = {"spec": {"template": {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}}}
SCALER = {"spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}}}
LEASE = {"holderIdentity": "a", "leaseDurationSeconds": 15, "renewTime": "2026-01-01T00:00:00.000000Z"}
INVOLVED = {"kind": "Pod", "name": "p", "namespace": "default"}
EVENT = {"involvedObject": INVOLVED, "source": {"component": "c"}, "count": 1, "firstTimestamp": "2026-01-01T00:00:00Z"}
NEW_EVENT = {
    "regarding": INVOLVED,
    "eventTime": "2026-01-01T00:00:00.000000Z",
    "action": "A",
    "reason": "R",
    "type": "Normal",
}
CLAIM = {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
POLICY = {"spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}], "from": [{"podSelector": {}}]}]}}
INGRESS = {
    "spec": {
        "rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s"}}}]}}]
    }
}
TOKEN = {"spec": {"audiences": ["a"], "expirationSeconds": 600}}
DELETION = {
    "dryRun": ["All"],
    "gracePeriodSeconds": 1,
    "preconditions": {"uid": "1-2", "resourceVersion": "1"},
    "propagationPolicy": "Background",
    "orphanDependents": False,
}
RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "default": 1, "minimum": 0, "enum": [1, 2]},
                "parts": {
                    "type": "array",
                    "items": {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}},
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["k"],
                },
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "word": {"type": "string", "pattern": "^[a-z]+$", "format": "hostname", "default": "a", "maxLength": 9},
            },
            "x-kubernetes-validations": [
                {
                    "rule": "self.size >= 0 && self.word.matches('^[a-z]+$') && self.parts.all(p, p.k != self.word)",
                    "messageExpression": "'size ' + string(self.size)",
                    "message": "m",
                    "reason": "FieldValueInvalid",
                    "fieldPath": ".size",
                },
                {"rule": "!oldSelf.hasValue() || self.size >= oldSelf.value().size", "optionalOldSelf": True},
            ],
            "oneOf": [{"required": ["size"]}],
        }
    },
}
VERSION = {
    "name": "v1",
    "served": True,
    "storage": True,
    "schema": {"openAPIV3Schema": SCHEMA},
    "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}},
    "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
}
NAMED = {"name": "broken", "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["example.com/f"]}
OWNED = {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "1-2", "controller": True}]}
IN_NAMESPACE = "namespaces/default"
RBAC = f"rbac.authorization.k8s.io/v1/{IN_NAMESPACE}"
OBJECTS: list[tuple[str, dict[str, Any]]] = [
    (f"/api/v1/{IN_NAMESPACE}/configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "v"}}),
    (
        f"/api/v1/{IN_NAMESPACE}/secrets",
        {"apiVersion": "v1", "kind": "Secret", "data": {"k": "dg=="}, "stringData": {"l": "w"}},
    ),
    (f"/api/v1/{IN_NAMESPACE}/services", {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 80}]}}),
    (f"/api/v1/{IN_NAMESPACE}/pods", {"apiVersion": "v1", "kind": "Pod", "spec": TEMPLATE["spec"]}),
    (
        f"/apis/apps/v1/{IN_NAMESPACE}/deployments",
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "spec": {"selector": {"matchLabels": LABELS}, "template": TEMPLATE},
        },
    ),
    (
        f"/apis/batch/v1/{IN_NAMESPACE}/jobs",
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            **JOB,
        },
    ),
    (f"/apis/{RBAC}/roles", {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": [RULE]}),
    (
        f"/apis/{RBAC}/rolebindings",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
            "subjects": [{"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"}],
        },
    ),
    *(
        (
            f"{root}/{plural}" if cluster else f"{root}/{IN_NAMESPACE}/{plural}",
            {"apiVersion": version, "kind": kind, **content},
        )
        for root, plural, version, kind, content, cluster in (
            (
                "/apis/apps/v1",
                "statefulsets",
                "apps/v1",
                "StatefulSet",
                {"spec": {**SELECTING, "serviceName": "s"}},
                False,
            ),
            ("/apis/apps/v1", "daemonsets", "apps/v1", "DaemonSet", {"spec": SELECTING}, False),
            (
                "/api/v1",
                "replicationcontrollers",
                "v1",
                "ReplicationController",
                {"spec": {"template": TEMPLATE}},
                False,
            ),
            (
                "/apis/batch/v1",
                "cronjobs",
                "batch/v1",
                "CronJob",
                {"spec": {"schedule": "* * * * *", "jobTemplate": JOB}},
                False,
            ),
            (
                "/apis/autoscaling/v2",
                "horizontalpodautoscalers",
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                SCALER,
                False,
            ),
            (
                "/apis/autoscaling/v1",
                "horizontalpodautoscalers",
                "autoscaling/v1",
                "HorizontalPodAutoscaler",
                SCALER,
                False,
            ),
            (
                "/apis/policy/v1",
                "poddisruptionbudgets",
                "policy/v1",
                "PodDisruptionBudget",
                {"spec": {"minAvailable": 1}},
                False,
            ),
            ("/apis/coordination.k8s.io/v1", "leases", "coordination.k8s.io/v1", "Lease", {"spec": LEASE}, False),
            ("/api/v1", "events", "v1", "Event", EVENT, False),
            ("/apis/events.k8s.io/v1", "events", "events.k8s.io/v1", "Event", NEW_EVENT, False),
            ("/api/v1", "persistentvolumeclaims", "v1", "PersistentVolumeClaim", CLAIM, False),
            ("/apis/networking.k8s.io/v1", "networkpolicies", "networking.k8s.io/v1", "NetworkPolicy", POLICY, False),
            ("/apis/networking.k8s.io/v1", "ingresses", "networking.k8s.io/v1", "Ingress", INGRESS, False),
            ("/api/v1", "namespaces", "v1", "Namespace", {"spec": {"finalizers": ["kubernetes"]}}, True),
            ("/api/v1", "nodes", "v1", "Node", {"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}}, True),
            (
                "/apis/rbac.authorization.k8s.io/v1",
                "clusterroles",
                "rbac.authorization.k8s.io/v1",
                "ClusterRole",
                {"rules": [RULE], "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}},
                True,
            ),
            (
                "/apis/authorization.k8s.io/v1",
                "subjectaccessreviews",
                "authorization.k8s.io/v1",
                "SubjectAccessReview",
                {"spec": {"user": "u", "groups": ["g"], "resourceAttributes": {"verb": "get", "resource": "pods"}}},
                True,
            ),
            ("/api/v1", "serviceaccounts/default/token", "authentication.k8s.io/v1", "TokenRequest", TOKEN, False),
            ("/api/v1", "pods/broken/binding", "v1", "Binding", {"target": {"kind": "Node", "name": "n"}}, False),
            ("/api/v1", "pods/broken/eviction", "policy/v1", "Eviction", {"deleteOptions": DELETION}, False),
            ("/api/v1", "configmaps", "v1", "DeleteOptions", DELETION, False),
            (
                "/apis/authentication.k8s.io/v1",
                "tokenreviews",
                "authentication.k8s.io/v1",
                "TokenReview",
                {"spec": {"token": "t", "audiences": ["a"]}},
                True,
            ),
        )
    ),
    (
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "spec": {
                "group": "example.com",
                "scope": "Namespaced",
                "names": {"plural": "broken", "singular": "broke", "kind": "Broken", "shortNames": ["bk"]},
                "versions": [VERSION],
            },
        },
    ),
    (
        f"/apis/example.com/v1/{IN_NAMESPACE}/broken",
        {
            "apiVersion": "example.com/v1",
            "kind": "Broken",
            "spec": {"size": 1, "parts": [{"k": "a"}], "free": {"x": [1]}, "word": "b"},
            "status": {"size": 1},
        },
    ),
]
WORDS = st.sampled_from(["", "x", "-", "a/b", "v1", "1", "$patch", "é", "\x00"])
HURTING = st.sampled_from(TEXTS)
SUBRESOURCES = st.sampled_from(["", "", "/status", "/scale", "/finalize"])
QUERIES = st.sampled_from(
    ["", "dryRun=All", "fieldValidation=Strict", "fieldValidation=Ignore", "dryRun=x", "fieldManager=", "limit=x"]
)
ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**64), st.floats(allow_nan=False, allow_infinity=False), WORDS
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(WORDS, inner, max_size=2)),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, member in value.items():
            found += places(member, (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            found += places(item, (*path, position))
    return found


def texts_in(value: Any) -> list[tuple[Any, ...]]:
    """Return the places of texts, the root if there is none."""
    return [path for path in places(value) if isinstance(at(value, path), str)] or [()]


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    result = copy.deepcopy(value)
    inside = result
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = other
    return result


def _name(body: dict[str, Any]) -> str:
    return "broken.example.com" if body["kind"] == "CustomResourceDefinition" else "broken"


@st.composite
def broken_requests(draw: st.DrawFn) -> tuple[str, str, str, bytes]:
    """Draw a request whose body is right but for one or two places."""
    path, body = draw(st.one_of(st.sampled_from(OBJECTS), st.sampled_from(OBJECTS[-2:])))
    name = _name(body)
    whole: Any = {**body, "metadata": {**NAMED, "name": name, **(OWNED if draw(st.booleans()) else {})}}
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            whole = replaced(whole, draw(st.sampled_from(places(whole))), draw(ANYTHING))
        else:
            whole = replaced(whole, draw(st.sampled_from(texts_in(whole))), draw(HURTING))
    media, method = draw(
        st.sampled_from(
            [
                ("application/json", "POST"),
                ("application/json", "PUT"),
                ("application/merge-patch+json", "PATCH"),
                ("application/strategic-merge-patch+json", "PATCH"),
                ("application/apply-patch+yaml", "PATCH"),
                ("application/apply-patch+yaml", "PATCH"),
                ("application/json-patch+json", "PATCH"),
                ("application/json", "DELETE"),
            ]
        )
    )
    target = path if method == "POST" else f"{path}/{name}"
    target += draw(SUBRESOURCES) if method != "POST" else ""
    query = "?fieldManager=f&force=true" if "apply" in media else f"?{draw(QUERIES)}"
    if media == "application/json-patch+json":
        whole = draw(operations(whole))
    text = yaml.safe_dump(whole) if "yaml" in media and draw(st.booleans()) else json.dumps(whole)
    return method, target + query, media, draw(torn(text.encode()))


POINTERS = ["", "x", "/-", "/spec/parts/-1", "/a~2b", "/spec/9e9"]


@st.composite
def operations(draw: st.DrawFn, whole: Any) -> list[dict[str, Any]]:
    """Draw operations of a JSON patch on the places of an object."""
    pointers = ["".join(f"/{step}" for step in path) for path in places(whole)]
    pointer = st.one_of(st.sampled_from(pointers), st.sampled_from(POINTERS))
    kinds = st.sampled_from(["add", "remove", "replace", "test", "move", "copy", "none"])
    operation = st.fixed_dictionaries({"op": kinds}, optional={"path": pointer, "from": pointer, "value": ANYTHING})
    return draw(st.lists(operation, max_size=3))


@st.composite
def torn(draw: st.DrawFn, text: bytes) -> bytes:
    """Draw bytes like ``text``: as they are, cut, or with other bytes in one place."""
    if draw(st.integers(0, 4)):
        return text
    place, other = draw(st.integers(0, len(text))), draw(st.sampled_from(TEARS))
    return text[:place] + other + (text[place:] if draw(st.booleans()) else b"")


async def _send(session: aiohttp.ClientSession, method: str, target: str, media: str, body: bytes) -> tuple[int, str]:
    async with session.request(method, target, data=io.BytesIO(body), headers={"Content-Type": media}) as answer:
        return answer.status, await answer.text()


async def _started() -> tuple[ApiServer, aiohttp.ClientSession]:
    server = ApiServer(ApiServerConfig(tls=False))
    session = aiohttp.ClientSession((await server.start()).url)
    for path, body in OBJECTS:
        whole = {**body, "metadata": {"name": _name(body)}}
        await _send(session, "POST", path, "application/json", json.dumps(whole).encode())
    return server, session


VALUES = st.sampled_from(
    [
        *("", "x", "-1", "0", "1", "99999999999999999999", "1.5", "true", "null", "\x00", "é", "Exact", "NotOlderThan"),
        *("a=b", "a in (b", "!a,,b", "a=b=c", "metadata.name=x", "metadata.name==x,x!=y", "spec..a=b", "=", "a in ()"),
        *("bm9uc2Vuc2U", "e30", "eyJydiI6LTEsInN0YXJ0IjoiYSJ9", "eyJydiI6Ii0xIiwic3RhcnQiOlsxXX0", "W10", "!!!"),
    ]
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        [
            *("limit", "continue", "labelSelector", "fieldSelector", "resourceVersion", "resourceVersionMatch"),
            *("timeoutSeconds", "timeout", "sendInitialEvents", "includeObject", "pretty", "allowWatchBookmarks"),
        ]
    ),
    VALUES,
    max_size=4,
)
FORMS = st.sampled_from(
    [
        "application/json",
        "application/json;as=Table;v=v1;g=meta.k8s.io",
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
        "application/yaml",
        "text/plain, */*;q=x",
        ";;;",
    ]
)


async def _ask(session: aiohttp.ClientSession, method: str, path: str, query: dict[str, str], form: str) -> str:
    async with session.request(method, path, params=query, headers={"Accept": form}) as answer:
        return await answer.text()


EXAMPLES = settings(max_examples=int(os.environ.get("EXAMPLES", "300")), deadline=None)


def test_a_broken_body_is_never_the_servers_own_fault() -> None:
    with asyncio.Runner() as runner:
        server, session = runner.run(_started())

        @EXAMPLES
        @given(broken_requests())
        def holds(request: tuple[str, str, str, bytes]) -> None:
            status, text = runner.run(_send(session, *request))
            assert OWN_FAULT not in text, (status, text)

        try:
            holds()
        finally:
            runner.run(session.close())
            runner.run(server.stop())


def test_a_broken_query_is_never_the_servers_own_fault() -> None:
    with asyncio.Runner() as runner:
        server, session = runner.run(_started())

        @EXAMPLES
        @given(st.sampled_from(["GET", "DELETE"]), st.sampled_from([path for path, _ in OBJECTS]), PARAMETERS, FORMS)
        def holds(method: str, path: str, query: dict[str, str], form: str) -> None:
            assert OWN_FAULT not in runner.run(_ask(session, method, path, query, form))

        try:
            holds()
        finally:
            runner.run(session.close())
            runner.run(server.stop())
