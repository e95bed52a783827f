"""Who may do what: tokens, impersonation, roles, and the reviews that tell."""

from typing import Any

from tests.conformance.differential.language import CONFIG_MAPS, case, config_map, delete, get, post, put

_RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/$ns"
_AS = {"Impersonate-User": "jane"}
_REVIEWS = "/apis/authorization.k8s.io/v1"
_TOKEN_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
_ACCOUNTS = "/api/v1/namespaces/$ns/serviceaccounts"
_CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
_TOKEN = {"token": "status.token"}


def _role(*rules: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "r"},
        "rules": list(rules),
    }


def _binding(kind: str, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"}],
    }


def _token_request(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}


def _token_review(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}


def _access_review(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}


def _review(**attributes: str) -> dict[str, Any]:
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }


def _cluster_role(name: str, *rules: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name, **metadata},
        "rules": list(rules),
    }


def _named(obj: dict[str, Any], name: str) -> dict[str, Any]:
    return {**obj, "metadata": {"name": name}}


def _bound_to_cluster_role(name: str) -> dict[str, Any]:
    return {**_binding("User", "jane"), "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": name}}


def _of_account() -> dict[str, Any]:
    return {**_binding("User", "jane"), "subjects": [{"kind": "ServiceAccount", "name": "sa", "namespace": "$ns"}]}


_GROUP = "rbac.authorization.k8s.io"
_ROLE_REF = {"apiGroup": _GROUP, "kind": "Role", "name": "r"}
_READ_CONFIG_MAPS = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
_READ_SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
_SELECTING = {"clusterRoleSelectors": [{"matchLabels": {"to-$id": "yes"}}]}
_SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_AS_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_SELF_REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
_AS_ACCOUNT = {"Impersonate-User": "system:serviceaccount:$ns:other"}
_TOKEN_OF_AN_ACCOUNT = (
    post(_ACCOUNTS, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "sa"}}, silent=True),
    # kubectl sends null for what it was not told.
    post(f"{_ACCOUNTS}/sa/token", _token_request(audiences=None, expirationSeconds=None), keep=_TOKEN, silent=True),
)
_WITH_TOKEN = {"Authorization": "Bearer $token"}

CASES = (
    case(
        "a token of a service account is reviewed as that account",
        *_TOKEN_OF_AN_ACCOUNT,
        post(_TOKEN_REVIEWS, _token_review(token="$token")),
        get(CONFIG_MAPS, headers=_WITH_TOKEN),
        post(_TOKEN_REVIEWS, _token_review(token="nobody's")),
        post(_TOKEN_REVIEWS, _token_review(token="")),
        post(_TOKEN_REVIEWS, _token_review()),
        post(_TOKEN_REVIEWS, _token_review(token="nobody's"), headers=_AS),
    ),
    case(
        "a token lives ten minutes at least",
        post(_ACCOUNTS, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "sa"}}, silent=True),
        post(f"{_ACCOUNTS}/sa/token", _token_request(expirationSeconds=599)),
        post(f"{_ACCOUNTS}/sa/token", _token_request(expirationSeconds=2**32 + 1)),
        post(f"{_ACCOUNTS}/sa/token", _token_request(expirationSeconds="600")),
        post(f"{_ACCOUNTS}/none/token", _token_request(expirationSeconds=600)),
        post(f"{_ACCOUNTS}/sa/token", _token_request(expirationSeconds=600), headers=_AS),
    ),
    case(
        "what is only created has no table",
        post(_SELF, _SELF_REVIEW, accept=_AS_TABLE),
        post(f"{_ACCOUNTS}", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "sa"}}, silent=True),
        post(f"{_ACCOUNTS}/sa/token", _token_request(), accept=_AS_TABLE),
        post(_SELF, _SELF_REVIEW, accept=f"{_AS_TABLE},application/json"),
    ),
    case(
        "a review about a path",
        post(
            _CLUSTER_ROLES,
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRole",
                "metadata": {"name": "paths-$id"},
                "rules": [{"nonResourceURLs": ["/metrics", "/logs/*"], "verbs": ["get"]}],
            },
            silent=True,
        ),
        post(
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": "paths-$id"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "paths-$id"},
                "subjects": [{"kind": "Group", "name": "scrapers-$id", "apiGroup": "rbac.authorization.k8s.io"}],
            },
            silent=True,
        ),
        get("/logs/x", headers={**_AS, "Impersonate-Group": "scrapers-$id"}, until=404, silent=True),
        *(
            post(
                f"{_REVIEWS}/subjectaccessreviews",
                _access_review(
                    user="jane", groups=groups, extra={"a": ["b"]}, nonResourceAttributes={"path": path, "verb": verb}
                ),
            )
            for groups, path, verb in (
                (["scrapers-$id"], "/metrics", "get"),
                (["scrapers-$id"], "/logs/kubelet", "get"),
                (["scrapers-$id"], "/metrics", "post"),
                (["others"], "/metrics", "get"),
            )
        ),
        post(f"{_REVIEWS}/subjectaccessreviews", _access_review(nonResourceAttributes={"path": "/", "verb": "get"})),
        post(f"{_REVIEWS}/subjectaccessreviews", _access_review(user="jane")),
        post(
            "/apis/authorization.k8s.io/v1/namespaces/$ns/localsubjectaccessreviews",
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "LocalSubjectAccessReview",
                "metadata": {"namespace": "$ns"},
                "spec": {"user": "jane", "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "$ns"}},
            },
        ),
        cleanup=(
            f"{_CLUSTER_ROLES}/paths-$id",
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/paths-$id",
        ),
    ),
    case(
        "a stranger is sent away",
        get(CONFIG_MAPS, headers={"Authorization": "Bearer nonsense"}),
        get("/api", headers={"Authorization": "Bearer nonsense"}),
        get("/healthz", headers={"Authorization": "Bearer nonsense"}),
    ),
    case(
        "somebody without rights is forbidden",
        get(CONFIG_MAPS, headers=_AS),
        get(f"{CONFIG_MAPS}/a", headers=_AS),
        post(CONFIG_MAPS, config_map("a"), headers=_AS),
        delete(f"{CONFIG_MAPS}/a", headers=_AS),
        get("/api/v1/namespaces", headers=_AS),
        get("/apis/apps/v1/namespaces/$ns/deployments/d/status", headers=_AS),
        get("/metrics", headers=_AS),
        get("/version", headers=_AS),
        get("/healthz", headers=_AS),
    ),
    case(
        "a role gives exactly its rights",
        post(
            f"{_RBAC}/roles",
            _role({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}),
            silent=True,
        ),
        post(f"{_RBAC}/rolebindings", _binding("User", "jane"), silent=True),
        get(CONFIG_MAPS, headers=_AS, until=200),
        get(f"{CONFIG_MAPS}/none", headers=_AS),
        post(CONFIG_MAPS, config_map("a"), headers=_AS),
        get("/api/v1/namespaces/$ns/secrets", headers=_AS),
        get("/api/v1/configmaps", headers=_AS),
        get(CONFIG_MAPS, headers={"Impersonate-User": "joe"}),
    ),
    case(
        "a role may name its objects",
        post(
            f"{_RBAC}/roles",
            _role({"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"], "verbs": ["*"]}),
            silent=True,
        ),
        post(f"{_RBAC}/rolebindings", _binding("Group", "team"), silent=True),
        get(f"{CONFIG_MAPS}/a", headers={**_AS, "Impersonate-Group": "team"}, until=404),
        get(f"{CONFIG_MAPS}/b", headers={**_AS, "Impersonate-Group": "team"}),
        get(CONFIG_MAPS, headers={**_AS, "Impersonate-Group": "team"}),
    ),
    case(
        "impersonation itself needs a right",
        get(CONFIG_MAPS, headers={"Impersonate-Group": "team"}),
        get(CONFIG_MAPS, headers={"Impersonate-User": "system:serviceaccount:$ns:default"}),
        *_TOKEN_OF_AN_ACCOUNT,
        get(CONFIG_MAPS, headers={**_WITH_TOKEN, **_AS}),
        get(CONFIG_MAPS, headers={**_WITH_TOKEN, "Impersonate-User": "system:serviceaccount:$ns:sa"}),
        get(CONFIG_MAPS, headers={**_AS, "Impersonate-Group": "system:masters"}),
        get(CONFIG_MAPS, headers={**_WITH_TOKEN, **_AS, "Impersonate-Group": "system:masters"}),
    ),
    case(
        "an account's own token has the rights of its bindings",
        *_TOKEN_OF_AN_ACCOUNT,
        get(CONFIG_MAPS, headers=_WITH_TOKEN),
        post(
            f"{_RBAC}/rolebindings",
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": "b"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
                "subjects": [{"kind": "ServiceAccount", "name": "sa", "namespace": "$ns"}],
            },
            silent=True,
        ),
        get(CONFIG_MAPS, headers=_WITH_TOKEN, until=200, silent=True),
        get(f"{CONFIG_MAPS}/none", headers=_WITH_TOKEN),
        post(CONFIG_MAPS, config_map("a"), headers=_WITH_TOKEN),
        get("/api/v1/namespaces/default/configmaps", headers=_WITH_TOKEN),
        get("/api/v1/namespaces/$ns/secrets", headers=_WITH_TOKEN),
        get("/api/v1/nodes", headers=_WITH_TOKEN),
    ),
    case(
        "nobody grants more than he has",
        post(
            f"{_RBAC}/roles",
            _role({"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["create", "get"]}),
            silent=True,
        ),
        post(f"{_RBAC}/rolebindings", _binding("User", "jane"), silent=True),
        get(f"{_RBAC}/roles/none", headers=_AS, until=404, silent=True),
        post(
            f"{_RBAC}/roles",
            {**_role({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}), "metadata": {"name": "more"}},
            headers=_AS,
        ),
    ),
    case(
        "a review says what one may do",
        post(f"{_REVIEWS}/selfsubjectaccessreviews", _review(verb="get", resource="configmaps", namespace="$ns")),
        post(
            f"{_REVIEWS}/selfsubjectaccessreviews",
            _review(verb="get", resource="configmaps", namespace="$ns"),
            headers=_AS,
        ),
        post(
            f"{_REVIEWS}/selfsubjectaccessreviews",
            {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"},
        ),
        post(
            f"{_REVIEWS}/selfsubjectrulesreviews",
            {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": "$ns"}},
        ),
        post(
            f"{_REVIEWS}/subjectaccessreviews",
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "spec": {"user": "jane", "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "$ns"}},
            },
        ),
        post(
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
            headers=_AS,
        ),
    ),
    case(
        "a role that aggregates has the rules of what it selects",
        post(_CLUSTER_ROLES, _cluster_role("one-$id", _READ_CONFIG_MAPS, labels={"to-$id": "yes"}), silent=True),
        post(_CLUSTER_ROLES, {**_cluster_role("all-$id"), "aggregationRule": _SELECTING}),
        post(f"{_RBAC}/rolebindings", _bound_to_cluster_role("all-$id"), silent=True),
        get(CONFIG_MAPS, headers=_AS, until=200, silent=True),
        get(f"{_CLUSTER_ROLES}/all-$id"),
        post(
            _CLUSTER_ROLES,
            _cluster_role("two-$id", _READ_SECRETS, _READ_CONFIG_MAPS, labels={"to-$id": "yes"}),
            silent=True,
        ),
        get("/api/v1/namespaces/$ns/secrets", headers=_AS, until=200, silent=True),
        get(f"{_CLUSTER_ROLES}/all-$id"),
        delete(f"{_CLUSTER_ROLES}/one-$id", silent=True),
        delete(f"{_CLUSTER_ROLES}/two-$id", silent=True),
        get(CONFIG_MAPS, headers=_AS, until=403, silent=True),
        get(f"{_CLUSTER_ROLES}/all-$id"),
        post(_CLUSTER_ROLES, {**_cluster_role("bad-$id"), "aggregationRule": {}}),
        post(_CLUSTER_ROLES, {**_cluster_role("bad-$id"), "aggregationRule": {"clusterRoleSelectors": []}}),
        cleanup=tuple(f"{_CLUSTER_ROLES}/{name}-$id" for name in ("one", "two", "all", "bad")),
    ),
    case(
        "escalate and bind allow what nobody may otherwise",
        post(
            f"{_RBAC}/roles",
            _role(
                {"apiGroups": [_GROUP], "resources": ["roles"], "verbs": ["create", "update", "escalate"]},
                {"apiGroups": [_GROUP], "resources": ["rolebindings"], "verbs": ["create"]},
                {"apiGroups": [_GROUP], "resources": ["clusterroles"], "resourceNames": ["view"], "verbs": ["bind"]},
            ),
            silent=True,
        ),
        post(f"{_RBAC}/rolebindings", _binding("User", "jane"), silent=True),
        post(f"{_RBAC}/roles", _named(_role(_READ_SECRETS), "more"), headers=_AS, until=201),
        post(f"{_RBAC}/rolebindings", _named(_bound_to_cluster_role("view"), "viewing"), headers=_AS),
        post(
            _CLUSTER_ROLES,
            _cluster_role(
                "much-$id",
                {"apiGroups": ["", "apps"], "resources": ["pods", "secrets"], "verbs": ["get", "list"]},
                {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a", "b"], "verbs": ["get", "*"]},
                {"nonResourceURLs": ["/metrics", "/logs/*"], "verbs": ["get", "post"]},
            ),
            silent=True,
        ),
        post(f"{_RBAC}/rolebindings", _named(_bound_to_cluster_role("much-$id"), "much"), headers=_AS),
        post(f"{_RBAC}/rolebindings", _named(_binding("User", "jane"), "again"), headers=_AS),
        post(f"{_RBAC}/rolebindings", _named(_bound_to_cluster_role("none-$id"), "nothing"), headers=_AS),
        cleanup=(f"{_CLUSTER_ROLES}/much-$id",),
    ),
    case(
        "a right to a subresource is no right to the object",
        post(
            f"{_RBAC}/roles",
            _role(
                {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get"]},
                {"apiGroups": ["apps"], "resources": ["*/status"], "verbs": ["get"]},
                {"apiGroups": [""], "resources": ["pods/*"], "verbs": ["get"]},
            ),
            silent=True,
        ),
        post(f"{_RBAC}/rolebindings", _binding("User", "jane"), silent=True),
        get("/apis/apps/v1/namespaces/$ns/deployments/d/scale", headers=_AS, until=404),
        get("/apis/apps/v1/namespaces/$ns/deployments/d", headers=_AS),
        get("/apis/apps/v1/namespaces/$ns/deployments/d/status", headers=_AS),
        get("/apis/apps/v1/namespaces/$ns/statefulsets/d/status", headers=_AS),
        get("/apis/apps/v1/namespaces/$ns/statefulsets/d/scale", headers=_AS),
        get("/api/v1/namespaces/$ns/pods/p", headers=_AS),
        get("/api/v1/namespaces/$ns/pods/p/status", headers=_AS),
        get("/apis/apps/v1/namespaces/$ns/deployments", headers=_AS),
    ),
    case(
        "a right to one object is a right to list and watch it alone",
        post(
            f"{_RBAC}/roles",
            _role(
                {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"], "verbs": ["list", "watch"]},
            ),
            silent=True,
        ),
        post(f"{_RBAC}/rolebindings", _binding("User", "jane"), silent=True),
        get(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Da", headers=_AS, until=200),
        get(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Da,metadata.namespace%3D$ns", headers=_AS),
        get(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Db", headers=_AS),
        get(f"{CONFIG_MAPS}?fieldSelector=metadata.name!%3Da", headers=_AS),
        get(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Da&watch=true&timeoutSeconds=1", headers=_AS),
        get(f"{CONFIG_MAPS}?watch=true&timeoutSeconds=1", headers=_AS),
        get(f"{CONFIG_MAPS}/a", headers=_AS),
        delete(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Da", headers=_AS),
    ),
    case(
        "impersonation may carry a uid and more",
        post(_SELF, _SELF_REVIEW, headers={**_AS, "Impersonate-Uid": "1-2-3"}),
        post(_SELF, _SELF_REVIEW, headers={**_AS, "Impersonate-Extra-Scopes": "view", "Impersonate-Extra-a%2Fb": "c"}),
        post(_SELF, _SELF_REVIEW, headers={"Impersonate-Uid": "1-2-3"}),
        post(_SELF, _SELF_REVIEW, headers={"Impersonate-Extra-Scopes": "view"}),
        post(_SELF, _SELF_REVIEW, headers={"Impersonate-User": "system:serviceaccount:$ns:sa"}),
        post(_SELF, _SELF_REVIEW, headers={"Impersonate-User": "system:anonymous"}),
        post(_SELF, _SELF_REVIEW, headers={"Impersonate-User": "system:node:n", "Impersonate-Group": "system:nodes"}),
        *_TOKEN_OF_AN_ACCOUNT,
        post(
            f"{_RBAC}/roles",
            _role({"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"]}),
            silent=True,
        ),
        post(f"{_RBAC}/rolebindings", _of_account(), silent=True),
        post(_SELF, _SELF_REVIEW, headers={**_WITH_TOKEN, **_AS_ACCOUNT}, until=201),
        post(_SELF, _SELF_REVIEW, headers={**_WITH_TOKEN, **_AS_ACCOUNT, "Impersonate-Uid": "1"}),
        post(_SELF, _SELF_REVIEW, headers={**_WITH_TOKEN, **_AS_ACCOUNT, "Impersonate-Extra-Scopes": "view"}),
    ),
    case(
        "roles and bindings are checked",
        post(f"{_RBAC}/roles", _role({"apiGroups": [""], "resources": ["pods"]})),
        post(f"{_RBAC}/roles", _role({"apiGroups": [""], "verbs": ["get"]})),
        post(f"{_RBAC}/roles", _role({"resources": ["pods"], "verbs": ["get"]})),
        post(f"{_RBAC}/roles", _role({"nonResourceURLs": ["/metrics"], "verbs": ["get"]})),
        post(f"{_RBAC}/roles", _role({})),
        post(
            _CLUSTER_ROLES,
            _cluster_role(
                "mixed-$id", {"nonResourceURLs": ["/a"], "apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
            ),
        ),
        post(_CLUSTER_ROLES, _cluster_role("named-$id", {"nonResourceURLs": ["/a"], "verbs": ["get"]})),
        post(f"{_RBAC}/rolebindings", {**_binding("User", "jane"), "roleRef": {"kind": "Role", "name": "r"}}),
        post(f"{_RBAC}/rolebindings", {**_binding("User", "jane"), "roleRef": {"kind": "Nonsense", "name": "r"}}),
        post(f"{_RBAC}/rolebindings", {**_binding("User", "jane"), "roleRef": {"kind": "Role"}}),
        post(f"{_RBAC}/rolebindings", _named(_binding("Nonsense", "jane"), "c")),
        post(f"{_RBAC}/rolebindings", _named({**_binding("User", "jane"), "subjects": [{"kind": "User"}]}, "c")),
        post(
            f"{_RBAC}/rolebindings",
            _named({**_binding("User", "jane"), "subjects": [{"kind": "ServiceAccount", "name": "sa"}]}, "c"),
        ),
        put(f"{_RBAC}/rolebindings/b", {**_binding("User", "jane"), "roleRef": {**_ROLE_REF, "name": "other"}}),
        put(f"{_RBAC}/rolebindings/b", {**_binding("User", "joe")}),
        cleanup=(f"{_CLUSTER_ROLES}/named-$id",),
    ),
)
