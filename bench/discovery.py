"""What the load server answers when a client asks which resources there are: core/v1 with three of them."""

import json
from typing import Any

_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


def _resource(plural: str, kind: str, *, namespaced: bool = True) -> dict[str, Any]:
    singular = kind.lower()
    return {"name": plural, "singularName": singular, "namespaced": namespaced, "kind": kind, "verbs": _VERBS}


_DOCUMENTS: dict[str, dict[str, Any]] = {
    "/version": {"major": "1", "minor": "36", "gitVersion": "v1.36.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            _resource("configmaps", "ConfigMap"),
            _resource("events", "Event"),
            _resource("namespaces", "Namespace", namespaced=False),
        ],
    },
}
DOCUMENTS = {path: json.dumps(document).encode() for path, document in _DOCUMENTS.items()}
