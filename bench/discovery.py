"""What the load server answers when asked which resources there are: core/v1 with three, and kinds of its own."""

import json
from typing import Any

GROUP, VERSION, CUSTOM_KINDS = "bench.example.com", "v1", 20
_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


def _resource(plural: str, kind: str, *, namespaced: bool = True) -> dict[str, Any]:
    singular = kind.lower()
    return {"name": plural, "singularName": singular, "namespaced": namespaced, "kind": kind, "verbs": _VERBS}


_GROUP_VERSION = {"groupVersion": f"{GROUP}/{VERSION}", "version": VERSION}
_GROUP = {"name": GROUP, "versions": [_GROUP_VERSION], "preferredVersion": _GROUP_VERSION}
_DOCUMENTS: dict[str, dict[str, Any]] = {
    "/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_GROUP]},
    f"/apis/{GROUP}": {"kind": "APIGroup", "apiVersion": "v1", **_GROUP},
    f"/apis/{GROUP}/{VERSION}": {
        "kind": "APIResourceList",
        "groupVersion": f"{GROUP}/{VERSION}",
        "resources": [_resource(f"bench{number:02d}", f"Bench{number:02d}") for number in range(CUSTOM_KINDS)],
    },
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
