"""The patch types, without server-side apply."""

from differential.language import APPLY, CONFIG_MAPS, JSON_PATCH, STRATEGIC, case, config_map, get, patch, post, put

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
)
