"""Who may do what: tokens of service accounts, roles, bindings and impersonation."""

import os
from typing import Any

import pytest

from plugin_operator.testing.eventually import eventually
from tests.integration.kube_apiserver.conftest import JsonApi

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

CONFIGMAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
AS_JANE = {"Impersonate-User": "jane"}


async def grant(api: JsonApi, rules: list[dict[str, Any]], *, subject: dict[str, str], name: str = "r") -> None:
    role = {"metadata": {"name": name}, "rules": rules}
    status, answer = await api("POST", f"{RBAC}/namespaces/{NAMESPACE}/roles", role)
    assert status == 201, answer
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
    status, answer = await api("POST", f"{RBAC}/namespaces/{NAMESPACE}/rolebindings", binding)
    assert status == 201, answer
    await holds(api, subject, rules[0])


async def holds(api: JsonApi, subject: dict[str, str], rule: dict[str, Any]) -> None:
    """Wait until the grant is known: kube-apiserver reads roles from a cache."""
    user = subject["name"] if subject["kind"] == "User" else f"system:serviceaccount:{NAMESPACE}:{subject['name']}"
    wanted = {"group": rule["apiGroups"][0], "resource": rule["resources"][0], "verb": rule["verbs"][0]}
    review = {"spec": {"user": user, "resourceAttributes": {"namespace": NAMESPACE, **wanted}}}

    async def known() -> bool:
        _, answer = await api("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        found: bool = answer["status"]["allowed"]
        return found

    await eventually(known)


async def test_a_user_without_a_role_may_only_look_around(api: JsonApi) -> None:
    status, failure = await api("GET", CONFIGMAPS, headers=AS_JANE)
    assert (status, failure["reason"]) == (403, "Forbidden")
    assert failure["message"] == (
        'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" '
        f'in the namespace "{NAMESPACE}"'
    )
    assert (await api("GET", "/apis", headers=AS_JANE))[0] == 200
    assert (await api("GET", "/metrics", headers=AS_JANE))[0] == 403


async def test_a_role_grants_what_it_says_where_it_says(api: JsonApi) -> None:
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]
    await grant(api, rules, subject={"kind": "User", "name": "jane"})
    assert (await api("GET", CONFIGMAPS, headers=AS_JANE))[0] == 200
    assert (await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}}, headers=AS_JANE))[0] == 403
    assert (await api("GET", "/api/v1/namespaces/kube-system/configmaps", headers=AS_JANE))[0] == 403


async def test_a_service_account_token_carries_its_roles(api: JsonApi) -> None:
    await api("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", {"metadata": {"name": "sa"}})
    status, answer = await api("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/sa/token", {"spec": {}})
    assert status == 201, answer
    headers = {"Authorization": f"Bearer {answer['status']['token']}"}
    assert (await api("GET", CONFIGMAPS, headers=headers))[0] == 403
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    await grant(api, rules, subject={"kind": "ServiceAccount", "name": "sa", "namespace": NAMESPACE})
    assert (await api("GET", CONFIGMAPS, headers=headers))[0] == 200
    _, who = await api("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, headers=headers)
    assert who["status"]["userInfo"]["username"] == f"system:serviceaccount:{NAMESPACE}:sa"


async def test_a_role_binding_may_use_an_aggregated_cluster_role(api: JsonApi) -> None:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    binding = {"metadata": {"name": "v"}, "roleRef": reference, "subjects": [{"kind": "User", "name": "jane"}]}
    await api("POST", f"{RBAC}/namespaces/{NAMESPACE}/rolebindings", binding)
    await holds(
        api, {"kind": "User", "name": "jane"}, {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
    )
    assert (await api("GET", CONFIGMAPS, headers=AS_JANE))[0] == 200
    assert (await api("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets", headers=AS_JANE))[0] == 403


async def test_nobody_grants_more_than_they_have(api: JsonApi) -> None:
    rules = [{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["create"]}]
    await grant(api, rules, subject={"kind": "User", "name": "jane"})
    more = {"metadata": {"name": "m"}, "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]}
    status, failure = await api("POST", f"{RBAC}/namespaces/{NAMESPACE}/roles", more, headers=AS_JANE)
    assert status == 403
    assert failure["message"].endswith('not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}')
    same = {"metadata": {"name": "m"}, "rules": rules}
    assert (await api("POST", f"{RBAC}/namespaces/{NAMESPACE}/roles", same, headers=AS_JANE))[0] == 201


async def test_only_who_may_impersonate_does(api: JsonApi) -> None:
    await api("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", {"metadata": {"name": "sa"}})
    _, answer = await api("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/sa/token", {"spec": {}})
    headers = {"Authorization": f"Bearer {answer['status']['token']}", **AS_JANE}
    status, failure = await api("GET", CONFIGMAPS, headers=headers)
    assert (status, "cannot impersonate" in failure["message"]) == (403, True)


async def test_an_apply_patch_of_a_new_object_needs_create_as_well(api: JsonApi) -> None:
    jane = {"kind": "User", "name": "jane"}
    patches = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["patch"]}
    await grant(api, [patches], subject=jane)
    headers = AS_JANE | {"Content-Type": "application/apply-patch+yaml"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    status, failure = await api("PATCH", f"{CONFIGMAPS}/a", body, headers=headers, fieldManager="jane")
    assert (status, failure["reason"]) == (403, "Forbidden")
    await grant(api, [patches | {"verbs": ["create"]}], subject=jane, name="c")
    assert (await api("PATCH", f"{CONFIGMAPS}/a", body, headers=headers, fieldManager="jane"))[0] == 201


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({}, "spec"),
        ({"resourceAttributes": {"fieldSelector": {}}}, "spec.resourceAttributes.fieldSelector.requirements"),
    ],
)
async def test_a_review_that_asks_nothing_is_refused(api: JsonApi, attributes: dict[str, Any], field: str) -> None:
    status, failure = await api("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {"spec": attributes})
    assert (status, [cause["field"] for cause in failure["details"]["causes"]]) == (422, [field])


async def test_a_review_says_that_it_cannot_read_a_selector(api: JsonApi) -> None:
    attributes = {"verb": "get", "resource": "pods", "labelSelector": {"rawSelector": "a in"}}
    body = {"spec": {"resourceAttributes": attributes}}
    _, answer = await api("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
    assert answer["status"]["evaluationError"] == ("spec.resourceAttributes.labelSelector ignored due to parse error")
