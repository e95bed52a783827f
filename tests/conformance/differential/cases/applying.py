"""Server-side apply: ownership, conflicts, force, and managedFields for every writer."""

from typing import Any

from differential.language import CONFIG_MAPS, apply, case, config_map, delete, get, patch, post, put

_A = f"{CONFIG_MAPS}/a"


def _service(*ports: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": list(ports)}}


_SERVICE = "/api/v1/namespaces/$ns/services/s"

CASES = (
    case(
        "apply creates, then updates, then does nothing",
        apply(_A, config_map("a", {"k": "v"})),
        apply(_A, config_map("a", {"k": "w", "l": "x"})),
        apply(_A, config_map("a", {"k": "w", "l": "x"})),
        apply(_A, config_map("a", {"k": "w"})),
        get(_A),
    ),
    case(
        "two appliers of one field conflict unless forced",
        apply(_A, config_map("a", {"k": "v"})),
        apply(_A, config_map("a", {"k": "w"}), "two"),
        apply(_A, config_map("a", {"k": "w"}), "two", force=True),
        apply(_A, config_map("a", {"k": "w"}), "one"),
        apply(_A, config_map("a", {"j": "w"}), "one"),
        get(_A),
    ),
    case(
        "an update takes ownership away from an applier",
        apply(_A, config_map("a", {"k": "v", "l": "w"})),
        put(f"{_A}?fieldManager=updater", config_map("a", {"k": "changed", "l": "w"})),
        apply(_A, config_map("a", {"k": "v", "l": "w"})),
        patch(f"{_A}?fieldManager=patcher", {"data": {"m": "n"}}),
        apply(_A, config_map("a", {"l": "w"})),
    ),
    case(
        "apply can be refused",
        apply(_A, {"apiVersion": "v1", "kind": "ConfigMap"}, silent=True),
        patch(_A, config_map("a"), "application/apply-patch+yaml"),
        apply(_A, config_map("b")),
        apply(_A, config_map("a", managedFields=[])),
        apply(_A, config_map("a", resourceVersion="1")),
        apply(_A, {"kind": "ConfigMap", "metadata": {"name": "a"}}),
        apply(_A, "not: [valid"),
        apply(_A, {**config_map("a"), "nonsense": 1}),
        patch(f"{_A}?force=true&fieldManager=x", {"data": {"k": "v"}}),
    ),
    case(
        "lists with keys merge between appliers",
        apply(_SERVICE, _service({"name": "a", "port": 80}), "one", silent=True),
        apply(_SERVICE, _service({"name": "b", "port": 81}), "two", silent=True),
        apply(_SERVICE, _service({"name": "a", "port": 82}), "one"),
        delete(_SERVICE, silent=True),
    ),
    case(
        "managed fields can be cleared",
        apply(_A, config_map("a", {"k": "v"})),
        patch(_A, {"metadata": {"managedFields": [{}]}}),
        patch(f"{_A}?fieldManager=next", {"data": {"l": "w"}}),
    ),
    case(
        "a dry run of apply stores nothing",
        apply(f"{_A}", config_map("a", {"k": "v"}), silent=True),
        patch(
            f"{_A}?fieldManager=one&dryRun=All",
            config_map("a", {"k": "w"}),
            "application/apply-patch+yaml",
        ),
        get(_A),
    ),
    case(
        "finalizers and owner references are sets for apply",
        apply(_A, config_map("a", finalizers=["example.com/a"]), "one"),
        apply(_A, config_map("a", finalizers=["example.com/b"]), "two"),
        apply(_A, config_map("a", finalizers=[]), "one"),
        apply(_A, config_map("a"), "two"),
        post(CONFIG_MAPS, config_map("z"), silent=True),
    ),
)
