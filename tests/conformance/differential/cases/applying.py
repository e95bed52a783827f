"""Server-side apply: ownership, conflicts, force, and managedFields for every writer."""

import json
from typing import Any

from tests.conformance.differential.language import (
    CONFIG_MAPS,
    JSON_PATCH,
    STRATEGIC,
    apply,
    case,
    config_map,
    delete,
    get,
    patch,
    post,
    put,
)

_A = f"{CONFIG_MAPS}/a"


def _service(*ports: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": list(ports)}}


_SERVICE = "/api/v1/namespaces/$ns/services/s"
_DEPLOYMENT_PATH = "/apis/apps/v1/namespaces/$ns/deployments/d"
_LAST = "kubectl.kubernetes.io/last-applied-configuration"
_LAST_TEXT = '{"apiVersion":"v1","data":{"k":"v"},"kind":"ConfigMap","metadata":{"name":"a"}}'


def _deployment(*containers: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": list(containers)}},
        },
    }


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
    case(
        "every writer is written down",
        post(f"{CONFIG_MAPS}?fieldManager=creator", config_map("a", {"k": "v"}, labels={"l": "1"})),
        put(f"{_A}?fieldManager=updater", config_map("a", {"k": "v", "u": "1"}, labels={"l": "1"})),
        patch(f"{_A}?fieldManager=merger", {"data": {"m": "1"}}),
        patch(f"{_A}?fieldManager=jsoner", [{"op": "add", "path": "/data/j", "value": "1"}], JSON_PATCH),
        patch(f"{_A}?fieldManager=strategist", {"metadata": {"annotations": {"s": "1"}}}, STRATEGIC),
        apply(_A, config_map("a", {"a": "1"}), "applier"),
        patch(f"{_A}?fieldManager=updater", {"data": {"u": None}}),
        patch(f"{_A}?fieldManager=creator", {"metadata": {"labels": {"l": "2"}}}),
        put(f"{_A}?fieldManager=cleaner", config_map("a")),
        delete(_A),
    ),
    case(
        "apply of a deployment owns what it names",
        apply(_DEPLOYMENT_PATH, _deployment({"name": "c", "image": "i", "env": [{"name": "A", "value": "1"}]}), "one"),
        apply(_DEPLOYMENT_PATH, _deployment({"name": "c", "env": [{"name": "B", "value": "2"}]}), "two"),
        apply(_DEPLOYMENT_PATH, _deployment({"name": "d", "image": "j", "ports": [{"containerPort": 80}]}), "two"),
        apply(_DEPLOYMENT_PATH, _deployment({"name": "c", "image": "k"}), "two"),
        apply(_DEPLOYMENT_PATH, _deployment({"name": "c", "image": "k"}, {"name": "c", "image": "l"}), "two"),
        apply(_DEPLOYMENT_PATH, _deployment({"image": "k"}), "two"),
        apply(_DEPLOYMENT_PATH, _deployment({"name": "c", "image": 5}), "two"),
        apply(_DEPLOYMENT_PATH, _deployment({"name": "c", "ports": [{"containerPort": "http"}]}), "two"),
        apply(_DEPLOYMENT_PATH, _deployment({"name": "c", "image": "i"}), "one"),
        get(_DEPLOYMENT_PATH),
    ),
    case(
        "apply may be an upgrade from a client's own apply",
        post(
            CONFIG_MAPS + "?fieldManager=kubectl-client-side-apply",
            config_map("a", {"k": "v"}, annotations={_LAST: _LAST_TEXT}),
        ),
        apply(_A, config_map("a", {"k": "w"}), "kubectl"),
        get(_A),
    ),
    case(
        "apply sets nothing to null and takes JSON as well",
        apply(_A, config_map("a", {"k": "v"}, labels={"l": "1"})),
        apply(_A, {**config_map("a"), "data": None}),
        apply(_A, {**config_map("a"), "data": {"k": None}}),
        apply(_A, {**config_map("a"), "data": {}}),
        apply(_A, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {y: 'aml'}\n"),
        apply(_A, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\nkind: Other\n"),
        apply(_A, "[]"),
        apply(_A, "null"),
        apply(f"{CONFIG_MAPS}/b", config_map("b", generateName="named-")),
        apply(f"{CONFIG_MAPS}/c", config_map("c", uid="11111111-2222-3333-4444-555555555555")),
        apply("/api/v1/namespaces/$ns-none/configmaps/c", config_map("c")),
        apply(_A, config_map("a", namespace="other")),
        apply(_A, {**config_map("a"), "kind": "Secret"}),
        apply(_A, {**config_map("a"), "apiVersion": "v2"}),
        get(_A),
    ),
    case(
        "apply reads tabs as space, but not before a block",
        apply(
            _A,
            '{\n\t"apiVersion": "v1", "kind": "ConfigMap",\n\t"metadata": {"name": "a"},\n\t"data": {"k":\t"v",\t}\n}',
            force=True,
        ),
        apply(_A, "apiVersion:\tv1\nkind: ConfigMap\t\nmetadata: {name: a}\ndata:\n  k: x\ty\t# c\n", force=True),
        apply(
            _A,
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: x\t\n    y \t \n\n    z\n",
            force=True,
        ),
    ),
    case(
        "apply reads JSON as YAML, with its ends of lines, control characters and longest key",
        *(
            apply(_A, json.dumps(config_map("a", {"k": f"a {text} b"}), ensure_ascii=False), force=True)
            for text in (
                "\x85",
                "\x85\x85",
                "\u2028",
                "\u2029 \u2029",
                "\ufeff",
                "\U0001f600\xa0",
                "\x7f",
                "\x80",
                "\ufffe",
            )
        ),
        apply(_A, json.dumps(config_map("a", annotations={"a/b": "v" * 2000}))),
        apply(_A, {**config_map("a"), "data": {"k" * 1023: "v"}}),
        apply(_A, {**config_map("a"), "data": {"k" * 1022: "v"}}),
    ),
    case(
        "an empty map belongs to whoever applied it last",
        apply(_A, config_map("a", {"k": "v"}), "one", force=True),
        apply(_A, config_map("a", {}), "two", force=True),
        apply(_A, config_map("a", {}), "one", force=True),
        apply(_A, config_map("a", {}), "one", force=True),
        apply(_A, config_map("a", {}), "two", force=True),
    ),
    case(
        "apply judges types, then conflicts, then names, of built-in kinds too",
        post(CONFIG_MAPS, config_map("a", {"k": "v"})),
        apply(_A, {**config_map("a"), "metadata": {}}),
        apply(_A, {**config_map("a", {"k": "w"}), "metadata": {"labels": {"c": "d"}}}),
        apply(_A, {**config_map("a", {"k": "w"}), "metadata": {"name": "x", "namespace": "y"}}),
        apply(_A, {**config_map("a"), "metadata": {"name": "x", "namespace": "y"}}),
        apply(f"{CONFIG_MAPS}/new", {**config_map("a"), "metadata": {}}),
        apply(f"{CONFIG_MAPS}/new", {**config_map("a"), "metadata": {"labels": {"c": "d"}}}),
        apply(f"{CONFIG_MAPS}/new", {**config_map("a"), "metadata": {"name": "x", "uid": "y"}}),
        apply(
            _DEPLOYMENT_PATH,
            _deployment({"name": "c", "image": "i", "resources": {"requests": {"cpu": {"a": 1}}}}),
        ),
    ),
)
