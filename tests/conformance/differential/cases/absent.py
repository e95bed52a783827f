"""Writes to objects that are not there: some kinds are created by an update, and it takes the right to create."""

from typing import Any

from tests.conformance.differential.language import CONFIG_MAPS, apply, case, config_map, get, post, put

_RBAC = "rbac.authorization.k8s.io"
_USER = {"Impersonate-User": "user-$id"}
_ANY = f"/apis/{_RBAC}/v1/clusterroles/absent-$id"
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/$ns/leases"
_ROLE: dict[str, Any] = {"rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]}
_REF = {"apiGroup": _RBAC, "kind": "Role", "name": "absent"}


def _object(version: str, kind: str, *, name: str = "absent", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}


def _may(*verbs: str) -> tuple[Any, ...]:
    """Let the case's own user do ``verbs`` to Leases and ConfigMaps."""
    rules = [{"apiGroups": ["", "coordination.k8s.io"], "resources": ["configmaps", "leases"], "verbs": list(verbs)}]
    subject = {"kind": "User", "apiGroup": _RBAC, "name": "user-$id"}
    base = f"/apis/{_RBAC}/v1/namespaces/$ns"
    role = _object(f"{_RBAC}/v1", "Role", rules=rules)
    binding = _object(f"{_RBAC}/v1", "RoleBinding", roleRef=_REF, subjects=[subject])
    review = {"verb": verbs[0], "group": "", "resource": "configmaps", "namespace": "$ns"}
    spec = {"user": "user-$id", "resourceAttributes": review}
    return (
        post(f"{base}/roles", role, silent=True),
        post(f"{base}/rolebindings", binding, silent=True),
        post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": spec}, silent=True),
    )


CASES = (
    case(
        "an update creates what is absent of some kinds",
        put(f"{_LEASES}/absent", _object("coordination.k8s.io/v1", "Lease", spec={"holderIdentity": "a"})),
        get(f"{_LEASES}/absent"),
        put(f"/apis/{_RBAC}/v1/namespaces/$ns/roles/absent", _object(f"{_RBAC}/v1", "Role", **_ROLE)),
        put(
            f"/apis/{_RBAC}/v1/namespaces/$ns/rolebindings/absent",
            _object(f"{_RBAC}/v1", "RoleBinding", roleRef=_REF, subjects=[]),
        ),
        put(_ANY, _object(f"{_RBAC}/v1", "ClusterRole", name="absent-$id", **_ROLE)),
        put(
            "/api/v1/namespaces/$ns/limitranges/absent",
            _object("v1", "LimitRange", spec={"limits": [{"type": "Pod", "max": {"cpu": "1"}}]}),
        ),
        put("/api/v1/namespaces/$ns/endpoints/absent", _object("v1", "Endpoints")),
        cleanup=(_ANY,),
    ),
    case(
        "an update of other absent kinds finds nothing",
        put(f"{CONFIG_MAPS}/absent", config_map("absent")),
        put("/api/v1/namespaces/$ns/secrets/absent", _object("v1", "Secret")),
        put("/api/v1/namespaces/$ns/serviceaccounts/absent", _object("v1", "ServiceAccount")),
        put("/apis/apps/v1/namespaces/$ns/deployments/absent", _object("apps/v1", "Deployment")),
    ),
    case(
        "an update that creates is checked like a create",
        put(f"{_LEASES}/absent", _object("coordination.k8s.io/v1", "Lease", spec={"leaseDurationSeconds": 0})),
        put(f"{_LEASES}/other", _object("coordination.k8s.io/v1", "Lease")),
        put(f"{_LEASES}/absent?dryRun=All", _object("coordination.k8s.io/v1", "Lease")),
        get(f"{_LEASES}/absent"),
        put(
            f"{_LEASES}/absent",
            {**_object("coordination.k8s.io/v1", "Lease"), "metadata": {"name": "absent", "resourceVersion": "1"}},
        ),
        put(
            "/apis/coordination.k8s.io/v1/namespaces/$ns-none/leases/absent",
            _object("coordination.k8s.io/v1", "Lease"),
        ),
    ),
    case(
        "an update that creates needs the right to create",
        *_may("get", "update", "patch"),
        put(f"{_LEASES}/absent", _object("coordination.k8s.io/v1", "Lease"), headers=_USER),
        get(f"{_LEASES}/absent"),
        apply(f"{CONFIG_MAPS}/absent", config_map("absent"), headers=_USER),
        get(f"{CONFIG_MAPS}/absent"),
    ),
)
