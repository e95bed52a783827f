"""Deletion: preconditions, finalizers, propagation, graceful periods, namespaces."""

from typing import Any

from tests.conformance.differential.language import (
    CONFIG_MAPS,
    JSON_PATCH,
    case,
    config_map,
    delete,
    get,
    patch,
    post,
    put,
)

_A = f"{CONFIG_MAPS}/a"
_MAKE_A = post(CONFIG_MAPS, config_map("a"), silent=True)


def _options(**options: Any) -> dict[str, Any]:
    return {"kind": "DeleteOptions", "apiVersion": "v1", **options}


def _owned(name: str, *, by: str = "a", block: bool = False) -> dict[str, Any]:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": by, "uid": "$uid", "blockOwnerDeletion": block}
    return config_map(name, ownerReferences=[owner])


_OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "$other"}


CASES = (
    case(
        "a finalizer holds an object until it is removed",
        post(CONFIG_MAPS, config_map("a", {"k": "v"}, finalizers=["example.com/f"])),
        delete(_A),
        delete(_A),
        get(_A),
        post(CONFIG_MAPS, config_map("a")),
        patch(_A, {"data": {"k": "w"}}),
        patch(_A, {"metadata": {"finalizers": ["example.com/f", "example.com/g"]}}),
        patch(_A, [{"op": "remove", "path": "/metadata/finalizers"}], JSON_PATCH),
        get(_A),
    ),
    case(
        "options in the query of a delete count where there is no body",
        *(
            step
            for query in ("uid=1-2", "resourceVersion=1", "resourceVersion=0", "dryRun=All", "gracePeriodSeconds=x")
            for step in (_MAKE_A, delete(f"{_A}?{query}"), get(_A, only="kind"))
        ),
        *(
            step
            for query in (
                "uid=1-2",
                "dryRun=All",
                "gracePeriodSeconds=x",
                "propagationPolicy=x",
                "uid=&resourceVersion=",
            )
            for step in (_MAKE_A, delete(f"{_A}?{query}", _options()), get(_A, only="kind"))
        ),
        _MAKE_A,
        delete(f"{_A}?orphanDependents=true", _options(propagationPolicy="Background")),
        _MAKE_A,
        delete(f"{CONFIG_MAPS}?resourceVersion=0"),
        delete(f"{CONFIG_MAPS}?dryRun=All", _options()),
        get(_A),
    ),
    case(
        "preconditions guard a delete",
        post(CONFIG_MAPS, config_map("a"), keep={"uid": "metadata.uid", "rv": "metadata.resourceVersion"}),
        delete(_A, _options(preconditions={"uid": "11111111-2222-3333-4444-555555555555"})),
        delete(_A, _options(preconditions={"resourceVersion": "1"})),
        delete(_A, _options(preconditions={"uid": ""})),
        delete(_A, _options(preconditions={"resourceVersion": ""})),
        delete(_A, _options(preconditions={"uid": "$uid", "resourceVersion": "$rv"})),
    ),
    case(
        "delete options are checked",
        post(CONFIG_MAPS, config_map("a"), silent=True),
        delete(_A, _options(propagationPolicy="Nonsense")),
        delete(_A, _options(propagationPolicy="Foreground", orphanDependents=True)),
        delete(_A, _options(dryRun=["Nonsense"])),
        delete(_A, _options(gracePeriodSeconds=-1)),
        delete(f"{_A}?propagationPolicy=Nonsense"),
        delete(f"{_A}?gracePeriodSeconds=x"),
        delete(_A, "{"),
    ),
    case(
        "deletion in the background takes the dependents",
        post(CONFIG_MAPS, config_map("a"), keep={"uid": "metadata.uid"}, silent=True),
        post(CONFIG_MAPS, _owned("b"), silent=True),
        delete(f"{_A}?propagationPolicy=Background"),
        get(f"{CONFIG_MAPS}/b", until=404),
    ),
    case(
        "deletion in the foreground waits for the dependents",
        post(CONFIG_MAPS, config_map("a"), keep={"uid": "metadata.uid"}, silent=True),
        post(
            CONFIG_MAPS,
            {
                **_owned("b", block=True),
                "metadata": {**_owned("b", block=True)["metadata"], "finalizers": ["example.com/f"]},
            },
            silent=True,
        ),
        delete(_A, _options(propagationPolicy="Foreground")),
        get(_A),
        patch(f"{CONFIG_MAPS}/b", {"metadata": {"finalizers": None}}, silent=True),
        get(f"{CONFIG_MAPS}/b", until=404),
        get(_A, until=404),
    ),
    case(
        "owners in a circle do not wait for each other in the foreground",
        post(CONFIG_MAPS, config_map("a"), keep={"uid": "metadata.uid"}, silent=True),
        post(CONFIG_MAPS, _owned("b", block=True), keep={"uid": "metadata.uid"}, silent=True),
        patch(_A, {"metadata": {"ownerReferences": _owned("a", by="b", block=True)["metadata"]["ownerReferences"]}}),
        delete(_A, _options(propagationPolicy="Foreground"), silent=True),
        get(f"{CONFIG_MAPS}/b", until=404),
        get(_A, until=404),
    ),
    case(
        "a dependent of a second owner stays when the first is deleted in the foreground",
        post(CONFIG_MAPS, config_map("a"), keep={"uid": "metadata.uid"}, silent=True),
        post(CONFIG_MAPS, config_map("other"), keep={"other": "metadata.uid"}, silent=True),
        post(CONFIG_MAPS, _owned("b", block=True), silent=True),
        patch(f"{CONFIG_MAPS}/b", [{"op": "add", "path": "/metadata/ownerReferences/-", "value": _OTHER}], JSON_PATCH),
        delete(_A, _options(propagationPolicy="Foreground"), silent=True),
        get(_A, until=404),
        get(f"{CONFIG_MAPS}/b"),
    ),
    case(
        "orphans stay and forget their owner",
        post(CONFIG_MAPS, config_map("a"), keep={"uid": "metadata.uid"}, silent=True),
        post(CONFIG_MAPS, _owned("b"), silent=True),
        delete(_A, _options(propagationPolicy="Orphan")),
        get(_A, until=404),
        get(f"{CONFIG_MAPS}/b"),
    ),
    case(
        "a dependent of nobody is collected",
        post(
            CONFIG_MAPS,
            config_map(
                "b",
                ownerReferences=[
                    {
                        "apiVersion": "v1",
                        "kind": "ConfigMap",
                        "name": "x",
                        "uid": "11111111-2222-3333-4444-555555555555",
                    }
                ],
            ),
            silent=True,
        ),
        get(f"{CONFIG_MAPS}/b", until=404),
    ),
    case(
        "a namespace ends with what is in it",
        post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "end-$id"}}),
        post("/api/v1/namespaces/end-$id/configmaps", config_map("a", finalizers=["example.com/f"]), silent=True),
        delete("/api/v1/namespaces/end-$id"),
        post("/api/v1/namespaces/end-$id/configmaps", config_map("b")),
        delete("/api/v1/namespaces/end-$id"),
        patch("/api/v1/namespaces/end-$id/configmaps/a", {"metadata": {"finalizers": None}}, silent=True),
        get("/api/v1/namespaces/end-$id", until=404),
        get("/api/v1/namespaces/end-$id/configmaps"),
    ),
    case(
        "the system's namespaces cannot be deleted",
        delete("/api/v1/namespaces/default"),
        delete("/api/v1/namespaces/kube-system"),
        delete("/api/v1/namespaces/kube-public"),
    ),
    case(
        "a namespace's finalizers go through finalize",
        post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fin-$id"}}),
        put(
            "/api/v1/namespaces/fin-$id/finalize",
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": "fin-$id"},
                "spec": {"finalizers": ["x.io/y"]},
            },
        ),
        put(
            "/api/v1/namespaces/fin-$id/finalize",
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fin-$id"}, "spec": {"finalizers": []}},
        ),
        # A namespace without finalizers goes at the second request only.
        cleanup=("/api/v1/namespaces/fin-$id",) * 2,
    ),
    case(
        "an unscheduled pod goes at once",
        post(
            "/api/v1/namespaces/$ns/pods",
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "p"},
                "spec": {"containers": [{"name": "c", "image": "i"}]},
            },
        ),
        delete("/api/v1/namespaces/$ns/pods/p"),
        get("/api/v1/namespaces/$ns/pods/p"),
    ),
    case(
        "a scheduled pod gets its grace",
        post(
            "/api/v1/namespaces/$ns/pods",
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "p"},
                "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]},
            },
            silent=True,
        ),
        delete("/api/v1/namespaces/$ns/pods/p"),
        delete("/api/v1/namespaces/$ns/pods/p?gracePeriodSeconds=0"),
        get("/api/v1/namespaces/$ns/pods/p"),
    ),
)
