"""ValidatingAdmissionPolicies on the embedded server; the cases ``policies`` compare words with kube-apiserver."""

from typing import Any

import pytest

from tests.integration.kube_apiserver.conftest import JsonApi

pytestmark = pytest.mark.embedded_only("there a policy counts at once; the cases wait for it on both servers")

API = "/apis/admissionregistration.k8s.io/v1"
MAPS, PODS = "/api/v1/namespaces/default/configmaps", "/api/v1/namespaces/default/pods"


def policy(expression: str, *resources: str, **spec: Any) -> dict[str, Any]:
    rule = {
        "apiGroups": ["*"],
        "apiVersions": ["*"],
        "operations": ["*"],
        "resources": list(resources or ["configmaps"]),
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "limits"},
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": expression, "message": "no"}],
            **spec,
        },
    }


def binding(*actions: str) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "limits"},
        "spec": {"policyName": "limits", "validationActions": list(actions or ["Deny"])},
    }


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def in_force(api: JsonApi, made: dict[str, Any], *actions: str) -> None:
    for path, obj in (("validatingadmissionpolicies", made), ("validatingadmissionpolicybindings", binding(*actions))):
        status, answer = await api("POST", f"{API}/{path}", obj)
        assert status == 201, answer


async def test_a_write_that_a_policy_denies_is_not_stored(api: JsonApi) -> None:
    await in_force(api, policy("object == null || object.data.size == 'small'"))

    status, answer = await api("POST", MAPS, config_map("a", size="large"))

    assert (status, answer["reason"]) == (422, "Invalid")
    assert answer["message"] == (
        "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'limits' with binding 'limits' denied request: no"
    )
    assert (await api("GET", f"{MAPS}/a"))[0] == 404
    assert (await api("POST", MAPS, config_map("a", size="small")))[0] == 201


async def test_a_policy_without_a_binding_is_asked_about_nothing(api: JsonApi) -> None:
    assert (await api("POST", f"{API}/validatingadmissionpolicies", policy("false")))[0] == 201
    assert (await api("POST", MAPS, config_map("a")))[0] == 201


async def test_an_edit_and_a_deletion_of_a_policy_count_at_once(api: JsonApi) -> None:
    await in_force(api, policy("false"))
    assert (await api("POST", MAPS, config_map("a")))[0] == 422
    path = f"{API}/validatingadmissionpolicies/limits"
    found = (await api("GET", path))[1]
    found["spec"]["validations"][0]["expression"] = "object.metadata.name == 'a'"
    assert (await api("PUT", path, found))[0] == 200
    assert (await api("POST", MAPS, config_map("a")))[0] == 201
    assert (await api("POST", MAPS, config_map("b")))[0] == 422
    assert (await api("DELETE", path))[0] == 200
    assert (await api("POST", MAPS, config_map("b")))[0] == 201


async def test_a_binding_that_warns_lets_the_write_pass(api: JsonApi) -> None:
    await in_force(api, policy("false"), "Warn")
    async with api.session.post(api.url + MAPS, json=config_map("a")) as answer:
        assert answer.status == 201
        assert (
            "Validation failed for ValidatingAdmissionPolicy 'limits' with binding 'limits': no"
            in (answer.headers["Warning"])
        )


async def test_an_expression_with_an_authorizer_fails_with_the_reason(api: JsonApi) -> None:
    await in_force(api, policy("authorizer.group('').resource('pods').check('get').allowed()"))
    status, answer = await api("POST", MAPS, config_map("a"))
    assert status == 422
    assert "undeclared reference to 'authorizer'" in answer["message"]


@pytest.mark.parametrize("subresource", ["binding", "eviction"])
async def test_a_policy_is_asked_about_what_changes_a_pod_beside_itself(api: JsonApi, subresource: str) -> None:
    await in_force(api, policy("object.metadata.name != 'web'", f"pods/{subresource}"))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}
    assert (await api("POST", PODS, {**pod, "spec": {"containers": [{"name": "c", "image": "i"}]}}))[0] == 201
    bodies: dict[str, dict[str, Any]] = {
        "binding": {"apiVersion": "v1", "kind": "Binding", "target": {"kind": "Node", "name": "n"}},
        "eviction": {"apiVersion": "policy/v1", "kind": "Eviction"},
    }
    status, answer = await api(
        "POST", f"{PODS}/web/{subresource}", {**bodies[subresource], "metadata": {"name": "web"}}
    )
    assert (status, "denied request: no" in answer["message"]) == (422, True)


async def test_a_token_request_is_judged_too(api: JsonApi) -> None:
    await in_force(api, policy("object.spec.audiences == ['mine']", "serviceaccounts/token"))
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}}
    assert (await api("POST", "/api/v1/namespaces/default/serviceaccounts", account))[0] == 201
    path = "/api/v1/namespaces/default/serviceaccounts/robot/token"
    for audience, expected in (("other", 422), ("mine", 201)):
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": [audience]},
        }
        assert (await api("POST", path, request))[0] == expected
