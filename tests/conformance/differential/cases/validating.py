"""What a server refuses as unprocessable, with its causes."""

from typing import Any

from tests.conformance.differential.language import CONFIG_MAPS, case, config_map, post, put

_DEPLOYMENTS = "/apis/apps/v1/namespaces/$ns/deployments"
_OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "11111111-2222-3333-4444-555555555555"}


def _deployment(**spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


CASES = (
    case(
        "names are checked",
        post(CONFIG_MAPS, config_map("Bad_Name")),
        post(CONFIG_MAPS, config_map("-a")),
        post(CONFIG_MAPS, config_map("a" * 254)),
        post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a.b"}}),
        post(
            "/api/v1/namespaces/$ns/services",
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "1a"}, "spec": {"ports": [{"port": 80}]}},
        ),
    ),
    case(
        "labels and annotations are checked",
        post(CONFIG_MAPS, config_map("a", labels={"bad key": "v"})),
        post(CONFIG_MAPS, config_map("a", labels={"k": "bad value!"})),
        post(CONFIG_MAPS, config_map("a", annotations={"bad key": "v"})),
        post(CONFIG_MAPS, config_map("a", annotations={"Upper/Case": "v"})),
    ),
    case(
        "keys of a config map are checked",
        post(CONFIG_MAPS, config_map("a", {"bad key": "v"})),
        post(CONFIG_MAPS, config_map("a", {"..": "v"})),
        post(CONFIG_MAPS, {**config_map("a", {"k": "v"}), "binaryData": {"k": "YQ=="}}),
        post(CONFIG_MAPS, {**config_map("a"), "binaryData": {"k": "not base64!"}}),
    ),
    case(
        "owner references and finalizers are checked",
        post(CONFIG_MAPS, config_map("a", ownerReferences=[{"kind": "ConfigMap", "name": "o"}])),
        post(
            CONFIG_MAPS,
            config_map(
                "a", ownerReferences=[{**_OWNER, "controller": True}, {**_OWNER, "name": "p", "controller": True}]
            ),
        ),
        post(CONFIG_MAPS, config_map("a", finalizers=["bad finalizer"])),
        post(CONFIG_MAPS, config_map("b", finalizers=["unqualified"])),
    ),
    case(
        "an immutable config map stays",
        post(CONFIG_MAPS, {**config_map("a", {"k": "v"}), "immutable": True}),
        put(f"{CONFIG_MAPS}/a", {**config_map("a", {"k": "w"}), "immutable": True}),
        put(f"{CONFIG_MAPS}/a", config_map("a", {"k": "v"})),
        put(f"{CONFIG_MAPS}/a", {**config_map("a", {"k": "v"}, labels={"l": "1"}), "immutable": True}),
    ),
    case(
        "a deployment must be whole",
        post(_DEPLOYMENTS, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}),
        post(_DEPLOYMENTS, _deployment(replicas=-1)),
        post(_DEPLOYMENTS, _deployment(replicas="three")),
        post(_DEPLOYMENTS, _deployment(selector={"matchLabels": {"app": "other"}})),
        post(_DEPLOYMENTS, _deployment(template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}})),
    ),
    case(
        "a deployment's selector is immutable",
        post(_DEPLOYMENTS, _deployment(), silent=True),
        put(
            f"{_DEPLOYMENTS}/web",
            _deployment(
                selector={"matchLabels": {"app": "z"}},
                template={
                    "metadata": {"labels": {"app": "z"}},
                    "spec": {"containers": [{"name": "c", "image": "i"}]},
                },
            ),
        ),
    ),
    case(
        "a secret's type fixes its keys",
        post(
            "/api/v1/namespaces/$ns/secrets",
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "t"}, "type": "kubernetes.io/tls"},
        ),
        post(
            "/api/v1/namespaces/$ns/secrets",
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}, "data": {"k": "***"}},
        ),
    ),
    case(
        "an annotation may be large but not too large",
        post(CONFIG_MAPS, config_map("a", annotations={"big": "x" * 270000})),
        post(CONFIG_MAPS, config_map("b", {"big": "x" * 1100000})),
    ),
)
