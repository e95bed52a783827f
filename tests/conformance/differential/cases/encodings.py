"""Answers in YAML and in protobuf: what is chosen, objects, lists, metadata alone, errors and watches."""

from typing import Any

from tests.conformance.differential.language import (
    CONFIG_MAPS,
    Events,
    OpenWatch,
    case,
    config_map,
    delete,
    get,
    patch,
    post,
    put,
)
from tests.conformance.differential.widgets import CLEANUP, PATH, crd, ready, widget

_YAML = "application/yaml"
_PROTOBUF = "application/vnd.kubernetes.protobuf"
_META = "v=v1;g=meta.k8s.io"
_SERVICES = "/api/v1/namespaces/$ns/services"
_DEPLOYMENTS = "/apis/apps/v1/namespaces/$ns/deployments"
_LABELS = {"app": "web"}
_DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "d", "annotations": {"b": "1", "a": "2"}},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": _LABELS},
        "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
        "template": {
            "metadata": {"labels": _LABELS},
            "spec": {
                "containers": [
                    {
                        "name": "c",
                        "image": "i:1",
                        "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                        "resources": {"limits": {"cpu": "100m", "memory": "1Gi"}},
                        "livenessProbe": {"httpGet": {"path": "/", "port": "http"}},
                    }
                ],
                "volumes": [{"name": "v", "configMap": {"name": "x", "optional": True}}],
            },
        },
    },
}
_SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "s"},
    "spec": {"clusterIP": "None", "ports": [{"port": 80, "targetPort": "http"}]},
}
_SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "s"},
    "data": {"a": "YQ==", "b": ""},
}
_REVIEW: dict[str, Any] = {
    "apiVersion": "authorization.k8s.io/v1",
    "kind": "SelfSubjectAccessReview",
    "spec": {"nonResourceAttributes": {"path": "/", "verb": "get"}},
}


def _partial(media: str, kind: str = "PartialObjectMetadata") -> str:
    return f"{media};as={kind};{_META}"


CASES = (
    *(
        case(
            f"objects in {name}",
            post(CONFIG_MAPS, config_map("a", {"k": "v", "e": "", "b": "2"}), accept=media),
            put(f"{CONFIG_MAPS}/a", config_map("a", {"k": "w"}), accept=media),
            patch(f"{CONFIG_MAPS}/a", {"metadata": {"labels": {"l": "1"}}}, accept=media),
            get(f"{CONFIG_MAPS}/a", accept=media),
            get(CONFIG_MAPS, accept=media),
            get(f"{CONFIG_MAPS}?limit=1", accept=media),
            post(_DEPLOYMENTS, _DEPLOYMENT, accept=media),
            get(f"{_DEPLOYMENTS}/d/scale", accept=media),
            post(_SERVICES, _SERVICE, accept=media),
            post("/api/v1/namespaces/$ns/secrets", _SECRET, accept=media),
            post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", _REVIEW, accept=media),
            delete(f"{CONFIG_MAPS}/a", accept=media),
        )
        for name, media in (("YAML", _YAML), ("protobuf", _PROTOBUF))
    ),
    *(
        case(
            f"errors in {name}",
            get(f"{CONFIG_MAPS}/none", accept=media),
            post(CONFIG_MAPS, config_map("A"), accept=media),
            post(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "data": 1}, accept=media),
            get(f"{CONFIG_MAPS}?limit=x", accept=media),
            get("/api/v1/namespaces/$ns/nothing", accept=media),
        )
        for name, media in (("YAML", _YAML), ("protobuf", _PROTOBUF))
    ),
    case(
        "the first encoding that the client prefers",
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), silent=True),
        *(
            get(f"{CONFIG_MAPS}/a", accept=accept)
            for accept in (
                f"{_PROTOBUF},application/json",
                f"application/json,{_PROTOBUF}",
                f"{_PROTOBUF};q=0.5,application/json;q=0.9",
                f"{_YAML},*/*",
                f"text/html,{_PROTOBUF}",
                "application/*",
                "text/html",
                f"{_PROTOBUF};stream=watch",
            )
        ),
    ),
    case(
        "what an encoding cannot have",
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), silent=True),
        get(f"{CONFIG_MAPS}/a", accept=_partial(_PROTOBUF)),
        get(CONFIG_MAPS, accept=_partial(_PROTOBUF, "PartialObjectMetadataList")),
        get(f"{CONFIG_MAPS}/a", accept=_partial(_YAML)),
        get(f"{CONFIG_MAPS}/a", accept=_partial(_PROTOBUF, "Table")),
        get(f"{CONFIG_MAPS}/a", accept=f"{_partial(_PROTOBUF, 'Table')},application/json"),
        post(CONFIG_MAPS, config_map("b"), accept="text/html"),
        post(CONFIG_MAPS, config_map("b"), accept=_partial(_PROTOBUF, "Table")),
        get(f"{CONFIG_MAPS}/b"),
    ),
    case(
        "custom objects have no protobuf",
        *ready(crd()),
        post(PATH, widget("a", size=1), accept=_PROTOBUF),
        post(PATH, widget("a", size=1), accept=_YAML),
        get(f"{PATH}/a", accept=f"{_PROTOBUF},application/json"),
        get(PATH, accept=_YAML),
        get(PATH, accept=_PROTOBUF),
        get(f"{PATH}/none", accept=_PROTOBUF),
        get(f"{PATH}/none", accept=_YAML),
        get(f"{PATH}/a", accept=_partial(_PROTOBUF)),
        get(PATH, accept=_partial(_PROTOBUF, "PartialObjectMetadataList")),
        OpenWatch(f"{PATH}?watch=true", accept=_PROTOBUF),
        cleanup=CLEANUP,
    ),
    case(
        "a watch in protobuf",
        get(f"{CONFIG_MAPS}?limit=1", keep={"rv": "metadata.resourceVersion"}, silent=True),
        OpenWatch(f"{CONFIG_MAPS}?watch=true&resourceVersion=$rv", accept=_PROTOBUF),
        OpenWatch(f"{CONFIG_MAPS}?watch=true&resourceVersion=$rv", "preferred", accept=f"{_PROTOBUF},application/json"),
        OpenWatch(f"{CONFIG_MAPS}?watch=true&resourceVersion=$rv", "metadata", accept=_partial(_PROTOBUF)),
        OpenWatch(f"{CONFIG_MAPS}?watch=true&resourceVersion=$rv", "named", accept=f"{_PROTOBUF};stream=watch"),
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), silent=True),
        patch(f"{CONFIG_MAPS}/a", {"data": {"k": "w"}}, silent=True),
        delete(f"{CONFIG_MAPS}/a", silent=True),
        *(Events(3, name) for name in ("watch", "preferred", "metadata", "named")),
    ),
    case(
        "a watch in another encoding is refused",
        OpenWatch(f"{CONFIG_MAPS}?watch=true", accept=_YAML),
        OpenWatch(f"{CONFIG_MAPS}?watch=true", "text", accept="text/html"),
        OpenWatch(f"{CONFIG_MAPS}?watch=true", "rows", accept=_partial(_PROTOBUF, "Table")),
        OpenWatch(f"{CONFIG_MAPS}?watch=true&resourceVersion=1x", "wrong", accept=_PROTOBUF),
    ),
)
