"""What ValidatingAdmissionPolicies refuse and warn of."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.conformance.differential.language import (
    CONFIG_MAPS,
    MERGE,
    Call,
    Case,
    apply,
    case,
    config_map,
    delete,
    get,
    patch,
    post,
    put,
)

_API = "/apis/admissionregistration.k8s.io/v1"
_POLICIES, _BINDINGS = f"{_API}/validatingadmissionpolicies", f"{_API}/validatingadmissionpolicybindings"
_DEPLOYMENTS = "/apis/apps/v1/namespaces/$ns/deployments"
_CORE = "/api/v1/namespaces/$ns"
_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "c", "image": "i"}]},
}
_EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction"}
_BIND = {"apiVersion": "v1", "kind": "Binding", "target": {"kind": "Node", "name": "n"}}
_ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}}
_TOKEN = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": ["api"]}}
_CLEANUP = (f"{_BINDINGS}/$id", f"{_BINDINGS}/$id-deny", f"{_POLICIES}/$id")
_RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}
_OWN_NAMESPACE = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "$ns"}}}
_REFUSED = "has(object.data) && 'refused' in object.data"


def _policy(*validations: Mapping[str, Any], rules: Sequence[Mapping[str, Any]] = (_RULE,), **spec: Any) -> Any:
    # The first tells when the policy is in force.
    marker = {"expression": "object == null || object.metadata.name != 'marker'", "message": "marked"}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "$id"},
        "spec": {
            "matchConstraints": {"resourceRules": list(rules)},
            "validations": [marker, *validations],
            **spec,
        },
    }


def _binding(*actions: str, **spec: Any) -> Any:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "$id"},
        "spec": {
            "policyName": "$id",
            "validationActions": list(actions or ("Deny",)),
            # Others play their cases in other namespaces at the same time.
            "matchResources": _OWN_NAMESPACE,
            **spec,
        },
    }


# A policy that only warns is in force when another binding of it refuses.
_DENIES_MARKER = {
    **_binding(matchResources={**_OWN_NAMESPACE, "resourceRules": [{**_RULE, "resourceNames": ["marker"]}]}),
    "metadata": {"name": "$id-deny"},
}


def _in_force(policy: Any, binding: Any = None, status: int = 422) -> tuple[Call, ...]:
    return (
        post(_POLICIES, policy, silent=True),
        post(_BINDINGS, _binding() if binding is None else binding, silent=True),
        post(f"{CONFIG_MAPS}?dryRun=All", config_map("marker"), until=status),
    )


def _case(name: str, *steps: Any) -> Case:
    return case(name, *steps, cleanup=_CLEANUP)


def _deployment(replicas: int) -> dict[str, Any]:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }


CASES = (
    _case(
        "a policy refuses creates, updates, patches and applies",
        *_in_force(_policy({"expression": f"object == null || !({_REFUSED})"})),
        post(CONFIG_MAPS, config_map("a", {"refused": "yes"})),
        post(CONFIG_MAPS, config_map("a", {"kept": "yes"})),
        put(f"{CONFIG_MAPS}/a", config_map("a", {"refused": "yes"})),
        patch(f"{CONFIG_MAPS}/a", {"data": {"refused": "yes"}}, MERGE),
        apply(f"{CONFIG_MAPS}/b", config_map("b", {"refused": "yes"})),
        apply(f"{CONFIG_MAPS}/a", config_map("a", {"refused": "yes"})),
        post(
            CONFIG_MAPS,
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "x-"}, "data": {"refused": ""}},
        ),
        get(f"{CONFIG_MAPS}/a"),
        delete(f"{CONFIG_MAPS}/a"),
    ),
    _case(
        "a policy has messages, reasons and the first refusal counts",
        *_in_force(
            _policy(
                {"expression": "object.metadata.name != 'plain'", "message": " plain words "},
                {"expression": "object.metadata.name != 'forbidden'", "message": "no", "reason": "Forbidden"},
                {"expression": "object.metadata.name != 'large'", "reason": "RequestEntityTooLarge"},
                {
                    "expression": "object.metadata.name != 'computed'",
                    "messageExpression": "'the name ' + object.metadata.name + ' is taken'",
                    "message": "static",
                },
                {
                    "expression": "object.metadata.name != 'failing'",
                    "messageExpression": "string(object.nothing.at.all)",
                    "message": "static",
                },
                {"expression": "!(object.metadata.name in ['plain', 'failing'])", "message": "second"},
            )
        ),
        *(
            post(CONFIG_MAPS, config_map(name))
            for name in ("plain", "forbidden", "large", "computed", "failing", "other")
        ),
    ),
    _case(
        "an expression that fails refuses, unless failures are ignored",
        *_in_force(_policy({"expression": "object.data.key == 'value'"}), status=422),
        post(CONFIG_MAPS, config_map("a")),
        post(CONFIG_MAPS, config_map("a", {"other": "value"})),
        post(CONFIG_MAPS, config_map("a", {"key": "value"})),
        patch(f"{_POLICIES}/$id", {"spec": {"failurePolicy": "Ignore"}}, silent=True),
        post(f"{CONFIG_MAPS}?dryRun=All", config_map("b"), until=201),
        post(CONFIG_MAPS, config_map("b", {"key": "other"})),
        post(CONFIG_MAPS, config_map("b", {"other": "value"})),
    ),
    _case(
        "a policy warns",
        post(
            _POLICIES,
            _policy({"expression": "object == null || has(object.data)", "message": "no data"}),
            silent=True,
        ),
        post(_BINDINGS, _binding("Warn", "Audit"), silent=True),
        post(_BINDINGS, _DENIES_MARKER, silent=True),
        post(f"{CONFIG_MAPS}?dryRun=All", config_map("marker"), until=422),
        post(CONFIG_MAPS, config_map("a")),
        post(CONFIG_MAPS, config_map("b", {"k": "v"})),
        post(CONFIG_MAPS, config_map("marker")),
    ),
    _case(
        "a policy compares with the old object and sees deletes",
        *_in_force(
            _policy(
                {
                    "expression": "object == null || oldObject == null || object.data == oldObject.data",
                    "message": "same",
                },
                {"expression": "request.operation != 'DELETE' || !('keep' in oldObject.data)", "message": "kept"},
                {"expression": "object != null || request.operation == 'DELETE'", "message": "never"},
            )
        ),
        post(CONFIG_MAPS, config_map("a", {"keep": "1"})),
        patch(f"{CONFIG_MAPS}/a", {"data": {"keep": "2"}}, MERGE),
        patch(f"{CONFIG_MAPS}/a", {"metadata": {"labels": {"l": "1"}}}, MERGE),
        delete(f"{CONFIG_MAPS}/a"),
        delete(f"{CONFIG_MAPS}/a?dryRun=All"),
        delete(f"{CONFIG_MAPS}?labelSelector=l%3D1"),
        get(f"{CONFIG_MAPS}/a"),
    ),
    _case(
        "variables are evaluated when they are read",
        *_in_force(
            _policy(
                {"expression": "object.metadata.name == 'other' || variables.count < 2", "message": "too many"},
                {"expression": "object.metadata.name != 'other' || variables.wrong > 0"},
                variables=[
                    {"name": "labels", "expression": "has(object.metadata.labels) ? object.metadata.labels : {}"},
                    {"name": "count", "expression": "size(variables.labels)"},
                    {"name": "wrong", "expression": "int(object.data.none)"},
                ],
            ),
            status=422,
        ),
        post(CONFIG_MAPS, config_map("a", labels={"x": "1"})),
        post(CONFIG_MAPS, config_map("b", labels={"x": "1", "y": "2"})),
        post(CONFIG_MAPS, config_map("other")),
    ),
    _case(
        "conditions choose what a policy is asked about",
        *_in_force(
            _policy(
                {"expression": "object == null || has(object.data)", "message": "no data"},
                matchConditions=[
                    {
                        "name": "not-exempt",
                        "expression": "object == null || !object.metadata.name.startsWith('exempt')",
                    },
                    {"name": "by-user", "expression": "request.userInfo.username != 'nobody'"},
                    {
                        "name": "may-fail",
                        "expression": "!has(object.metadata.labels) || object.metadata.labels.need == '1'",
                    },
                ],
            )
        ),
        post(CONFIG_MAPS, config_map("exempt-a")),
        post(CONFIG_MAPS, config_map("a")),
        post(CONFIG_MAPS, config_map("a", {"k": "v"}, labels={"other": "1"})),
        post(CONFIG_MAPS, config_map("a", labels={"need": "2"})),
        post(CONFIG_MAPS, config_map("a", labels={"need": "1"})),
    ),
    _case(
        "parameters come from the namespace of the object",
        post(CONFIG_MAPS, config_map("limits", {"most": "2"}), silent=True),
        *_in_force(
            _policy(
                {
                    "expression": "object.metadata.name == 'limits' || size(object.data) <= int(params.data.most)",
                    "messageExpression": "params.data.most + ' by ' + params.kind + ' ' + params.metadata.name",
                },
                paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
            ),
            _binding(paramRef={"name": "limits", "parameterNotFoundAction": "Deny"}),
        ),
        post(CONFIG_MAPS, config_map("a", {"1": "", "2": ""})),
        post(CONFIG_MAPS, config_map("b", {"1": "", "2": "", "3": ""})),
    ),
    _case(
        "several parameters each decide, and a missing one denies",
        post(CONFIG_MAPS, config_map("first", {"word": "one"}, labels={"limits": "yes"}), silent=True),
        *_in_force(
            _policy(
                {"expression": "!has(object.data) || !(params.data.word in object.data)", "message": "a word"},
                paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
            ),
            _binding(
                paramRef={"selector": {"matchLabels": {"limits": "yes"}}, "parameterNotFoundAction": "Deny"},
            ),
        ),
        post(CONFIG_MAPS, config_map("a", {"one": ""})),
        post(CONFIG_MAPS, config_map("a", {"two": ""})),
        delete(f"{CONFIG_MAPS}/first", silent=True),
        post(f"{CONFIG_MAPS}?dryRun=All", config_map("b", {"one": ""}), until=422, only="message"),
    ),
    _case(
        "a parameter of an unknown kind denies",
        *_in_force(
            _policy(
                {"expression": "params != null"},
                paramKind={"apiVersion": "none.example.com/v1", "kind": "None"},
                # No binding narrows this down.
                matchConstraints={"resourceRules": [_RULE], **_OWN_NAMESPACE},
            ),
            _binding(paramRef={"name": "any", "parameterNotFoundAction": "Deny"}),
        ),
    ),
    _case(
        "rules, exclusions and selectors choose what a policy is asked about",
        *_in_force(
            _policy(
                {"expression": "object == null || has(object.data)", "message": "no data"},
                matchConstraints={
                    "resourceRules": [
                        {**_RULE, "operations": ["CREATE"]},
                        {**_RULE, "operations": ["UPDATE"], "resourceNames": ["named"]},
                    ],
                    "excludeResourceRules": [{**_RULE, "resourceNames": ["excluded"]}],
                    "objectSelector": {"matchExpressions": [{"key": "skip", "operator": "DoesNotExist"}]},
                },
            )
        ),
        post(CONFIG_MAPS, config_map("a")),
        post(CONFIG_MAPS, config_map("excluded")),
        post(CONFIG_MAPS, config_map("skipped", labels={"skip": "yes"})),
        post(CONFIG_MAPS, config_map("named", {"k": "v"})),
        post(CONFIG_MAPS, config_map("free", {"k": "v"})),
        put(f"{CONFIG_MAPS}/named", config_map("named")),
        put(f"{CONFIG_MAPS}/free", config_map("free")),
        delete(f"{CONFIG_MAPS}/named"),
    ),
    _case(
        "subresources are asked about by themselves",
        *_in_force(
            _policy(
                {"expression": "request.resource.resource == 'configmaps' || object.spec.replicas < 3", "message": "3"},
                {
                    "expression": "request.subResource != 'scale' || request.kind.kind == 'Scale'",
                    "message": "kind",
                },
                rules=[
                    _RULE,
                    {**_RULE, "apiGroups": ["apps"], "resources": ["deployments", "deployments/scale"]},
                ],
            )
        ),
        post(_DEPLOYMENTS, _deployment(3)),
        post(_DEPLOYMENTS, _deployment(2), silent=True),
        patch(f"{_DEPLOYMENTS}/web/scale", {"spec": {"replicas": 3}}, MERGE),
        patch(f"{_DEPLOYMENTS}/web/scale", {"spec": {"replicas": 1}}, MERGE, only="spec"),
        patch(f"{_DEPLOYMENTS}/web/status", {"status": {"replicas": 5}}, MERGE, silent=True),
    ),
    _case(
        "a policy sees the request and the namespace",
        *_in_force(
            _policy(
                {
                    "expression": "object.metadata.name != 'shown'",
                    "messageExpression": (
                        "[request.operation, request.kind.kind, request.resource.resource, request.name, "
                        "request.namespace == namespaceObject.metadata.name ? 'same' : 'other', "
                        "request.dryRun ? 'dry' : 'wet', request.requestKind.version, "
                        "string(request.options.kind), has(request.subResource) ? 'part' : 'whole', "
                        "has(namespaceObject.metadata.labels) ? 'labelled' : 'bare'].join(' ')"
                    ),
                },
            )
        ),
        post(CONFIG_MAPS, config_map("shown")),
        post(f"{CONFIG_MAPS}?dryRun=All", config_map("shown")),
        apply(f"{CONFIG_MAPS}/shown", config_map("shown")),
    ),
    _case(
        "an expression that costs too much refuses",
        *_in_force(
            _policy(
                {
                    "expression": (
                        "object.metadata.name != 'long' || "
                        "object.data.all(a, object.data.all(b, object.data.all(c, a + b + c != '')))"
                    )
                },
            )
        ),
        post(CONFIG_MAPS, config_map("long", {f"k{number}": "" for number in range(120)}), only="message"),
    ),
    _case(
        "evictions, bindings and requests for tokens are asked about",
        *_in_force(
            _policy(
                {
                    "expression": "request.resource.resource == 'configmaps' || request.kind.kind == 'x'",
                    "message": "no",
                },
                {"expression": "request.name in ['marker', 'web', 'robot']", "message": "name"},
                rules=[
                    _RULE,
                    {**_RULE, "resources": ["pods/eviction", "pods/binding", "serviceaccounts/token"]},
                ],
            )
        ),
        post(f"{_CORE}/pods", _POD, silent=True),
        post(f"{_CORE}/pods/web/eviction", {**_EVICTION, "metadata": {"name": "web"}}),
        post(f"{_CORE}/pods/none/eviction", {**_EVICTION, "metadata": {"name": "none"}}),
        post(f"{_CORE}/pods/web/binding", {**_BIND, "metadata": {"name": "web"}}),
        post(f"{_CORE}/serviceaccounts", _ACCOUNT, silent=True),
        post(f"{_CORE}/serviceaccounts/robot/token", _TOKEN),
        post(f"{_CORE}/serviceaccounts/none/token", _TOKEN),
    ),
    _case(
        "policies and reviews are never asked about",
        *_in_force(
            _policy(
                {"expression": "request.kind.kind == 'ConfigMap'", "message": "others"},
                rules=[{**_RULE, "apiGroups": ["*"], "resources": ["*"], "apiVersions": ["*"]}],
            )
        ),
        post("/api/v1/namespaces/$ns/secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}),
        patch(f"{_POLICIES}/$id", {"metadata": {"labels": {"l": "1"}}}, MERGE, only="metadata labels"),
        post(
            "/apis/authorization.k8s.io/v1/namespaces/$ns/localsubjectaccessreviews",
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "LocalSubjectAccessReview",
                "metadata": {"namespace": "$ns"},
                "spec": {"user": "x", "resourceAttributes": {"namespace": "$ns", "verb": "get", "resource": "pods"}},
            },
            only="status allowed",
        ),
    ),
)
