"""The patch types, without server-side apply."""

from typing import Any

from tests.conformance.differential.language import (
    APPLY,
    CONFIG_MAPS,
    JSON_PATCH,
    STRATEGIC,
    Call,
    case,
    config_map,
    get,
    patch,
    post,
    put,
)
from tests.conformance.differential.widgets import CLEANUP, PATH, crd, ready, widget

_A = f"{CONFIG_MAPS}/a"
_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {
        "containers": [
            {"name": "one", "image": "i:1", "env": [{"name": "A", "value": "1"}]},
            {"name": "two", "image": "i:2"},
        ]
    },
}
_PODS = "/api/v1/namespaces/$ns/pods"
_DEPLOYMENTS = "/apis/apps/v1/namespaces/$ns/deployments"
_D = f"{_DEPLOYMENTS}/d"
_DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "d"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": _POD["spec"]},
    },
}


def _of_template(spec: dict[str, Any]) -> Call:
    return patch(_D, {"spec": {"template": {"spec": spec}}}, STRATEGIC)


def _copies(count: int) -> list[dict[str, str]]:
    return [{"op": "copy", "from": "/data/k", "path": f"/data/k{number}"} for number in range(count)]


CASES = (
    case(
        "a merge patch sets, replaces and removes",
        post(CONFIG_MAPS, config_map("a", {"k": "v", "l": "w"}, labels={"x": "1"})),
        patch(_A, {"data": {"k": None, "m": "n"}, "metadata": {"labels": {"y": "2"}}}),
        patch(_A, {"data": None}),
        patch(_A, {}),
        get(_A),
    ),
    case(
        "a merge patch drops null from the objects of lists, and keeps it as an item",
        *ready(crd()),
        post(PATH, widget(size=1, free={"object": {"x": 1}, "list": [1], "null": None, "nulls": [{"x": None}]})),
        *(
            patch(f"{PATH}/w", {"spec": {"free": {name: [{"a": None, "b": {"c": None}}, None, [{"d": None}, None]]}}})
            for name in ("new", "list", "object", "null")
        ),
        patch(f"{PATH}/w", {"spec": {"free": {"new": {"a": None, "b": [{"c": None, "d": 1}]}}}}),
        patch(f"{PATH}/w", {"spec": {"free": {"nulls": {"x": {"y": None, "z": [None]}}, "object": {"x": None}}}}),
        get(f"{PATH}/w"),
        cleanup=CLEANUP,
    ),
    case(
        "a merge patch can be refused",
        patch(_A, {"data": {"k": "v"}}),
        post(CONFIG_MAPS, config_map("a"), keep={"rv": "metadata.resourceVersion"}),
        patch(_A, "nonsense"),
        patch(_A, "[]"),
        patch(_A, {"data": {"k": 1}}),
        patch(_A, {"data": {"bad key": "v"}}),
        patch(_A, {"metadata": {"name": "b"}}),
        patch(_A, {"metadata": {"namespace": "other"}}),
        patch(_A, {"metadata": {"uid": "11111111-2222-3333-4444-555555555555"}}),
        patch(_A, {"data": {"k": "v"}, "metadata": {"resourceVersion": "$rv"}}),
        patch(_A, {"data": {"k": "w"}, "metadata": {"resourceVersion": "$rv"}}),
        patch(_A, {"data": {"k": "w"}, "metadata": {"resourceVersion": "1"}}),
    ),
    case(
        "a JSON patch does its operations in order",
        post(CONFIG_MAPS, config_map("a", {"k": "v"})),
        patch(_A, [{"op": "add", "path": "/data/l", "value": "w"}], JSON_PATCH),
        patch(_A, [{"op": "move", "from": "/data/l", "path": "/data/m"}], JSON_PATCH),
        patch(_A, [{"op": "copy", "from": "/data/m", "path": "/data/n"}], JSON_PATCH),
        patch(_A, [{"op": "test", "path": "/data/k", "value": "v"}, {"op": "remove", "path": "/data/k"}], JSON_PATCH),
        patch(_A, [{"op": "replace", "path": "/data/m", "value": "x"}], JSON_PATCH),
        patch(_A, [{"op": "add", "path": "/metadata/labels", "value": {"example.com/c": "d", "e": "f"}}], JSON_PATCH),
        patch(_A, [{"op": "remove", "path": "/metadata/labels/example.com~1c"}], JSON_PATCH),
        patch(_A, [], JSON_PATCH),
    ),
    case(
        "a JSON patch can be refused",
        post(CONFIG_MAPS, config_map("a", {"k": "v"})),
        patch(_A, [{"op": "test", "path": "/data/k", "value": "other"}], JSON_PATCH),
        patch(_A, [{"op": "remove", "path": "/data/none"}], JSON_PATCH),
        patch(_A, [{"op": "replace", "path": "/data/none", "value": "x"}], JSON_PATCH),
        patch(_A, [{"op": "add", "path": "/none/deep", "value": "x"}], JSON_PATCH),
        patch(_A, [{"op": "nonsense", "path": "/data/k"}], JSON_PATCH),
        patch(_A, {"op": "remove", "path": "/data/k"}, JSON_PATCH),
        patch(_A, "nonsense", JSON_PATCH),
    ),
    case(
        "copies of a JSON patch may add three megabytes",
        post(CONFIG_MAPS, config_map("a", {"k": "v" * 10_000})),
        patch(_A, [*_copies(200), {"op": "replace", "path": "/data", "value": {"short": "x"}}], JSON_PATCH),
        post(CONFIG_MAPS, config_map("b", {"k": "v" * 10_000})),
        patch(
            _A.removesuffix("/a") + "/b",
            [*_copies(320), {"op": "replace", "path": "/data", "value": {"short": "x"}}],
            JSON_PATCH,
        ),
    ),
    case(
        "a strategic patch merges lists by their key",
        post(_PODS, _POD, silent=True),
        patch(f"{_PODS}/p", {"spec": {"containers": [{"name": "one", "image": "i:3"}]}}, STRATEGIC),
        patch(
            f"{_PODS}/p",
            {"metadata": {"finalizers": ["example.com/a"], "labels": {"$$patch": "replace", "only": "this"}}},
            STRATEGIC,
        ),
        patch(f"{_PODS}/p", {"metadata": {"finalizers": ["example.com/b"]}}, STRATEGIC),
        patch(f"{_PODS}/p", {"metadata": {"$$deleteFromPrimitiveList/finalizers": ["example.com/a"]}}, STRATEGIC),
        patch(f"{_PODS}/p", {"metadata": {"finalizers": None}}, STRATEGIC),
        patch(f"{_PODS}/p", {"spec": {"containers": [{"image": "i:3"}]}}, STRATEGIC),
        patch(f"{_PODS}/p", {"spec": {"containers": [{"name": "one", "$$patch": "nonsense"}]}}, STRATEGIC),
        patch(f"{_PODS}/p", "nonsense", STRATEGIC),
    ),
    case(
        "a patch needs a type that the server knows",
        post(CONFIG_MAPS, config_map("a"), silent=True),
        patch(_A, {}, "application/json"),
        patch(_A, {}, "text/plain"),
    ),
    case(
        "a dry run of a patch stores nothing",
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), silent=True),
        patch(f"{_A}?dryRun=All", {"data": {"k": "w"}}),
        get(_A),
    ),
    case(
        "field validation of a patch",
        post(CONFIG_MAPS, config_map("a"), silent=True),
        patch(f"{_A}?fieldValidation=Strict", {"nonsense": 1}),
        patch(f"{_A}?fieldValidation=Warn", {"nonsense": 1}),
        patch(f"{_A}?fieldValidation=Ignore", {"nonsense": 1}),
    ),
    case(
        "field validation of every other write",
        post(CONFIG_MAPS, config_map("a"), silent=True),
        *(
            step
            for level in ("Strict", "Warn", "Ignore")
            for step in (
                put(f"{_A}?fieldValidation={level}", {**config_map("a"), "nonsense": 1}),
                patch(f"{_A}?fieldValidation={level}", [{"op": "add", "path": "/nonsense", "value": 1}], JSON_PATCH),
                patch(f"{_A}?fieldValidation={level}", {"nonsense": 1}, STRATEGIC),
                patch(f"{_A}?fieldManager=one&fieldValidation={level}", {**config_map("a"), "nonsense": 1}, APPLY),
            )
        ),
    ),
    case(
        "a JSON patch without what an operation needs is refused",
        post(CONFIG_MAPS, config_map("a", {"k": "v"}, finalizers=["example.com/a"]), silent=True),
        *(
            patch(_A, [operation], JSON_PATCH)
            for operation in (
                {"op": "add", "value": "x"},
                {"op": "add", "path": "/data/l"},
                {"op": "add", "path": "data/l", "value": "x"},
                {"op": "remove"},
                {"op": "move", "path": "/data/l"},
                {"op": "move", "from": "/data/none", "path": "/data/l"},
                {"op": "copy", "from": "/data/none", "path": "/data/l"},
                {"op": "copy", "from": "/data/k", "path": "/none/l"},
                {"path": "/data/l", "value": "x"},
                {"op": "test", "path": "/data/none", "value": None},
                {"op": "test", "path": "/data/none", "value": "x"},
                {"op": "test", "path": "/data/k"},
                {"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/b"},
                {"op": "add", "path": "/metadata/finalizers/0", "value": "example.com/c"},
                {"op": "add", "path": "/metadata/finalizers/9", "value": "example.com/d"},
                {"op": "add", "path": "/metadata/finalizers/x", "value": "example.com/d"},
                {"op": "remove", "path": "/metadata/finalizers/9"},
                {"op": "replace", "path": "/metadata/finalizers/9", "value": "example.com/d"},
                {"op": "remove", "path": "/metadata/finalizers/-1"},
                {"op": "replace", "path": "", "value": config_map("a", {"whole": "new"})},
                {"op": "add", "path": "/data", "value": None},
                {"op": "remove", "path": "/metadata/finalizers"},
            )
        ),
        get(_A),
        patch(_A, [{"op": "test", "path": "/kind", "value": "ConfigMap"}] * 10001, JSON_PATCH),
    ),
    case(
        "a patch speaks for another version of its kind",
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), silent=True),
        patch(_A, {"apiVersion": "v2", "data": {"l": "w"}}),
        patch(_A, {"kind": "Nonsense", "data": {"l": "w"}}),
        patch(_A, {"apiVersion": "v2", "data": {"l": "w"}}, STRATEGIC),
        patch(_A, {"metadata": None}),
        patch(_A, {"metadata": {"name": None}}),
        patch(_A, {"metadata": {"uid": None, "creationTimestamp": None, "resourceVersion": None}}),
        patch(_A, [{"op": "remove", "path": "/metadata/name"}], JSON_PATCH),
        patch(_A, [{"op": "remove", "path": "/metadata"}], JSON_PATCH),
        patch(_A, [{"op": "replace", "path": "/metadata/resourceVersion", "value": "1"}], JSON_PATCH),
        get(_A),
    ),
    case(
        "a strategic patch keeps the keys that it names and no others",
        post(_DEPLOYMENTS, _DEPLOYMENT, silent=True),
        patch(
            _D,
            {"spec": {"strategy": {"$$retainKeys": ["type"], "type": "Recreate"}}},
            STRATEGIC,
        ),
        patch(_D, {"spec": {"strategy": {"$$retainKeys": ["rollingUpdate"], "type": "RollingUpdate"}}}, STRATEGIC),
        patch(_D, {"spec": {"strategy": {"$$retainKeys": "type", "type": "RollingUpdate"}}}, STRATEGIC),
        patch(
            _D,
            {"spec": {"strategy": {"$$retainKeys": ["type", "rollingUpdate"], "type": "RollingUpdate"}}},
            STRATEGIC,
        ),
        get(_D),
    ),
    case(
        "a strategic patch orders and takes away elements of lists",
        post(_DEPLOYMENTS, _DEPLOYMENT, silent=True),
        _of_template(
            {
                "$$setElementOrder/containers": [{"name": "new"}, {"name": "two"}, {"name": "one"}],
                "containers": [{"name": "new", "image": "n"}],
            }
        ),
        _of_template(
            {"$$setElementOrder/containers": [{"name": "one"}], "containers": [{"name": "two", "image": "j"}]}
        ),
        _of_template({"$$setElementOrder/containers": [{"name": "one"}, {"name": "two"}, {"name": "new"}]}),
        _of_template({"containers": [{"name": "new", "$$patch": "delete"}]}),
        _of_template({"containers": [{"name": "none", "$$patch": "delete"}]}),
        _of_template({"containers": [{"$$patch": "delete"}]}),
        _of_template({"containers": [{"name": "one", "env": [{"name": "B", "value": "2"}]}]}),
        _of_template(
            {
                "containers": [
                    {
                        "name": "one",
                        "$$setElementOrder/env": [{"name": "B"}, {"name": "A"}],
                        "env": [{"name": "A", "value": "changed"}],
                    }
                ]
            }
        ),
        _of_template({"containers": [{"name": "one", "env": [{"$$patch": "replace"}, {"name": "C", "value": "3"}]}]}),
        _of_template({"containers": [{"name": "one", "args": ["x"]}]}),
        _of_template({"containers": [{"name": "one", "env": None, "args": None}]}),
        _of_template({"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "emptyDir": {}}]}),
        _of_template({"volumes": [{"name": "v", "$$retainKeys": ["name", "configMap"], "configMap": {"name": "c"}}]}),
        _of_template({"tolerations": [{"key": "k", "operator": "Exists"}]}),
        _of_template({"nodeSelector": {"a": "b"}}),
        _of_template({"nodeSelector": {"$$patch": "replace", "c": "d"}}),
        _of_template({"nodeSelector": {"$$patch": "delete"}}),
        _of_template({"$$patch": "merge", "nodeSelector": {"e": "f"}}),
        patch(
            _D,
            {"metadata": {"finalizers": ["b.io/b", "a.io/a"], "$$setElementOrder/finalizers": ["a.io/a", "b.io/b"]}},
            STRATEGIC,
        ),
        patch(
            _D,
            {
                "metadata": {
                    "$$deleteFromPrimitiveList/finalizers": ["a.io/a"],
                    "$$setElementOrder/finalizers": ["b.io/b"],
                }
            },
            STRATEGIC,
        ),
        patch(_D, {"metadata": {"finalizers": None}}, STRATEGIC, silent=True),
        get(_D),
    ),
)
