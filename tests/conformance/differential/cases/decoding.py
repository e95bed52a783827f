"""How a server reads what it is sent: encodings, members that are there twice, nulls, and the order of its checks."""

from typing import Any

from tests.conformance.differential.language import (
    CONFIG_MAPS,
    JSON_PATCH,
    STRATEGIC,
    apply,
    case,
    config_map,
    get,
    patch,
    post,
    put,
)
from tests.conformance.differential.widgets import CLEANUP, PATH, crd, ready, widget

_YAML = "application/yaml"
_SECRETS = "/api/v1/namespaces/$ns/secrets"
_PODS = "/api/v1/namespaces/$ns/pods"
_DEPLOYMENTS = "/apis/apps/v1/namespaces/$ns/deployments"
_STRICT = "?fieldValidation=Strict"
_IGNORE = "?fieldValidation=Ignore"


def _secret(value: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": value}}


def _text(members: str, name: str = "a", head: str = '"apiVersion":"v1","kind":"ConfigMap"') -> str:
    return f'{{{head},"metadata":{{"name":"{name}"}},{members}}}'


_WIDGET = '"apiVersion":"$id.example.com/v1","kind":"Widget"'
_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "c", "image": "i"}], "automountServiceAccountToken": False},
}


def _untyped() -> dict[str, Any]:
    keeps = {"x-kubernetes-preserve-unknown-fields": True}
    fields = {
        "any": keeps,
        "items": {"type": "array", "items": keeps},
        "map": {"type": "object", "additionalProperties": keeps},
        "strings": {"type": "object", "additionalProperties": {"type": "string"}},
        "nullable": {**keeps, "nullable": True},
    }
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    return crd(schema={"openAPIV3Schema": schema})


_TWO = {
    "containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "i"}],
    "initContainers": [{"name": "e", "image": "i"}],
    "automountServiceAccountToken": False,
}

_MANY = {f"unknown{number:03}": 1 for number in range(250)}
_REPEATED = ",".join(f'"k{number // 2}":"v"' for number in range(300))

CASES = (
    case(
        "base64 may have line breaks",
        post(_SECRETS, _secret("YWJj\nZGVm\r\n")),
        put(f"{_SECRETS}/s", _secret("Y\nQ\r=\n=")),
        put(f"{_SECRETS}/s", _secret("YWJj ZGVm")),
        put(f"{_SECRETS}/s", _secret("YWJj\tZGVm")),
        put(f"{_SECRETS}/s", _secret("YQ")),
        put(f"{_SECRETS}/s", _secret("YR==")),
        put(f"{_SECRETS}/s", _secret("Y===")),
        put(f"{_SECRETS}/s", _secret("YQ==YQ==")),
        put(f"{_SECRETS}/s", _secret("YWJ\nj\nZ-==")),
        put(f"{_SECRETS}/s", _secret("")),
        patch(f"{_SECRETS}/s", {"data": {"k": "YWJj\nZGVm"}}),
        patch(f"{_SECRETS}/s", {"data": {"k": "YWJj\nZGVmZ2hp\n"}}, STRATEGIC),
        apply(f"{_SECRETS}/s", _secret("YWJj\nZGVmZ2hp"), force=True),
        apply(f"{_SECRETS}/t", {**_secret("YWJj\nZGVmZ2hp"), "metadata": {"name": "t"}}),
        get(f"{_SECRETS}/t"),
        post(CONFIG_MAPS, {**config_map("a"), "binaryData": {"k": "YWJj\nZGVm"}}),
    ),
    case(
        "members that are there twice are strict errors in every body",
        post(CONFIG_MAPS + _STRICT, _text('"data":{"k":"1","z":"2","k":"3","a":"4","a":"5"}')),
        post(CONFIG_MAPS, _text('"data":{"k":"1","z":"2","k":"3","a":"4","a":"5"}')),
        post(CONFIG_MAPS + _IGNORE, _text('"data":{"k":"1","k":"3"}', "b")),
        post(CONFIG_MAPS + _STRICT, _text('"data":{"k":"1"},"data":{"k":"2"}', "c")),
        post(CONFIG_MAPS + _STRICT, _text('"data":{"k":"1","k":"2","k":"3"},"foo":1,"bar":{"x":1,"x":2}', "c")),
        post(CONFIG_MAPS, _text('"data":{"k":"1","k":"2","k":"3"},"foo":1,"bar":{"x":1,"x":2}', "c2")),
        put(f"{CONFIG_MAPS}/a{_STRICT}", _text('"data":{"k":"1","k":"3"}')),
        put(f"{CONFIG_MAPS}/a", _text('"data":{"k":"1","k":"3"}')),
        patch(f"{CONFIG_MAPS}/a{_STRICT}", '{"data":{"k":"1","k":"3"}}'),
        patch(f"{CONFIG_MAPS}/a", '{"data":{"k":"1","k":"3"}}'),
        patch(f"{CONFIG_MAPS}/a{_STRICT}", '{"data":{"k":"1","k":"4"}}', STRATEGIC),
        patch(f"{CONFIG_MAPS}/a", '{"data":{"k":"1","k":"5"}}', STRATEGIC),
        patch(f"{CONFIG_MAPS}/a{_STRICT}", '[{"op":"add","op":"add","path":"/data/k","value":"6"}]', JSON_PATCH),
        patch(f"{CONFIG_MAPS}/a", '[{"op":"add","path":"/data","value":{"a":"1","a":"2"}}]', JSON_PATCH),
        patch(f"{CONFIG_MAPS}/a{_STRICT}", '[{"op":"add","path":"/data","value":{"a":"1","a":"3"}}]', JSON_PATCH),
        apply(f"{CONFIG_MAPS}/a", _text('"data":{"k":"1","k":"3"}'), query="&fieldValidation=Strict", force=True),
        apply(f"{CONFIG_MAPS}/a", _text('"data":{"k":"1","k":"3"}'), force=True),
        apply(f"{CONFIG_MAPS}/d", _text('"data":{"k":"1","k":"3"}', "d"), query="&fieldValidation=Strict"),
        post(CONFIG_MAPS + _STRICT, _text('"foo":1,"data":{"k":"1","k":"2"},"bar":{"x":1,"x":2},"data":{}', "e")),
    ),
    case(
        "keys that are there twice are strict errors in YAML",
        post(
            CONFIG_MAPS + _STRICT,
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yy\ndata:\n  k: a\n  z: b\n  k: c\n",
            content_type=_YAML,
        ),
        post(
            CONFIG_MAPS,
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yy\ndata:\n  k: a\n  z: b\n  k: c\n",
            content_type=_YAML,
        ),
        post(
            CONFIG_MAPS + _IGNORE,
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: zz\ndata:\n  k: a\n  k: c\n",
            content_type=_YAML,
        ),
        put(
            f"{CONFIG_MAPS}/yy{_STRICT}",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yy\ndata:\n  k: a\ndata:\n  k: a\n",
            content_type=_YAML,
        ),
        apply(
            f"{CONFIG_MAPS}/yy",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yy\ndata:\n  k: a\n  k: d\n",
            force=True,
        ),
        apply(
            f"{CONFIG_MAPS}/yy",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yy\ndata:\n  k: a\n  k: d\n",
            query="&fieldValidation=Strict",
            force=True,
        ),
        apply(
            f"{CONFIG_MAPS}/yy",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yy\ndata:\n  k: a\n  k: d\n",
            query="&fieldValidation=Ignore",
            force=True,
        ),
    ),
    case(
        "members that are there twice are strict errors in custom objects",
        *ready(crd()),
        post(PATH + _STRICT, _text('"spec":{"size":1,"size":2}', "w", _WIDGET)),
        post(PATH, _text('"spec":{"size":1,"size":2,"zz":1,"zz":2}', "w", _WIDGET)),
        put(f"{PATH}/w{_STRICT}", _text('"spec":{"size":1,"size":3}', "w", _WIDGET)),
        put(f"{PATH}/w", _text('"spec":{"size":1,"size":3}', "w", _WIDGET)),
        patch(f"{PATH}/w{_STRICT}", '{"spec":{"size":1,"size":3}}'),
        patch(f"{PATH}/w", '{"spec":{"size":1,"size":3}}'),
        patch(f"{PATH}/w{_STRICT}", '[{"op":"add","path":"/spec","value":{"size":1,"size":2}}]', JSON_PATCH),
        apply(f"{PATH}/w", _text('"spec":{"size":1,"size":4}', "w", _WIDGET), force=True),
        apply(
            f"{PATH}/w", _text('"spec":{"size":1,"size":4}', "w", _WIDGET), query="&fieldValidation=Strict", force=True
        ),
        cleanup=CLEANUP,
    ),
    case(
        "unknown members beside wrong types",
        post(CONFIG_MAPS + _STRICT, {**config_map("a"), "data": {"k": 1}, "foo": 1}),
        post(CONFIG_MAPS, {**config_map("a"), "foo": 1, "data": {"k": 1}}),
        post(CONFIG_MAPS + _STRICT, {**config_map("a"), "foo": 1, "data": "x"}),
        post(_PODS + _STRICT, {**_POD, "spec": {"containers": {"foo": 1}}}),
        post(_PODS + _STRICT, {**_POD, "spec": {"containers": [{"name": 1, "foo": 1}], "bar": 2}}),
        post(_PODS + _STRICT, {**_POD, "spec": {"hostNetwork": "x", "containers": [{"name": "c", "foo": 1}], "b": 2}}),
        post(_PODS, {**_POD, "spec": {"hostNetwork": "x", "containers": [{"name": "c", "foo": 1}], "b": 2}}),
        put(f"{CONFIG_MAPS}/a{_STRICT}", {**config_map("a"), "foo": 1, "data": {"k": 1}}),
    ),
    case(
        "unknown members beside wrong types of custom objects",
        *ready(crd()),
        post(PATH + _STRICT, widget(size="x", foo=1)),
        post(PATH, widget(size="x", foo=1)),
        post(PATH + _STRICT, {**widget(), "spec": "x", "foo": 1}),
        post(PATH + _STRICT, {**widget(), "spec": [{"foo": 1}]}),
        post(PATH, {**widget(), "metadata": {"name": "w", "foo": 1, "labels": {"a": 1}}}),
        post(PATH + _STRICT, {**widget(), "metadata": {"name": "w", "foo": 1, "labels": {"a": 1}}}),
        post(PATH + _STRICT, {**widget(size=1), "metadata": {"name": "w", "foo": 1}}),
        post(PATH, {**widget(size=1), "metadata": {"name": "w", "foo": 1}}),
        cleanup=CLEANUP,
    ),
    case(
        "errors and warnings of a body are no more than a few",
        *ready(crd()),
        post(CONFIG_MAPS + _STRICT, {**config_map("a"), **_MANY}),
        post(CONFIG_MAPS, {**config_map("a"), **_MANY}),
        post(CONFIG_MAPS, {**config_map("b"), "x" * 5000: 1, "y": 1}),
        post(CONFIG_MAPS, {**config_map("c"), "x" * 300: 1, "y" * 3700: 1, "z": 1}),
        post(PATH + _STRICT, {**widget(size=1), **_MANY}),
        post(PATH, {**widget(size=1), **_MANY}),
        post(CONFIG_MAPS + _STRICT, _text(f'"data":{{{_REPEATED}}}')),
        post(PATH + _STRICT, _text(f'"spec":{{"size":1,"free":{{{_REPEATED}}}}}', "w", _WIDGET)),
        cleanup=CLEANUP,
    ),
    case(
        "the body is read before the namespace is looked for",
        post("/api/v1/namespaces/$id-none/configmaps", "{", content_type="application/json", only="reason"),
        post("/api/v1/namespaces/$id-none/configmaps", {**config_map("a"), "data": {"k": 1}}),
        post("/api/v1/namespaces/$id-none/configmaps" + _STRICT, {**config_map("a"), "foo": 1}),
        post("/api/v1/namespaces/$id-none/configmaps", {**config_map("a"), "foo": 1}),
        post("/api/v1/namespaces/$id-none/configmaps", config_map("Bad_Name")),
        apply("/api/v1/namespaces/$id-none/configmaps/a", {**config_map("a"), "foo": 1}),
        put("/api/v1/namespaces/$id-none/configmaps/a", {**config_map("a"), "foo": 1}),
    ),
    case(
        "a refusal has the warnings too",
        post(CONFIG_MAPS, {**config_map("Bad_Name"), "foo": 1}),
        post(CONFIG_MAPS, config_map("a"), silent=True),
        post(CONFIG_MAPS, {**config_map("a"), "foo": 1}),
        put(f"{CONFIG_MAPS}/a", {**config_map("a", resourceVersion="1"), "foo": 1}),
        patch(f"{CONFIG_MAPS}/a", {"metadata": {"resourceVersion": "1"}, "foo": 1}),
        put(f"{CONFIG_MAPS}/b", {**config_map("b"), "foo": 1}),
        post("/api/v1/namespaces/$ns/componentstatuses", {}),
        post(_PODS, {**_POD, "spec": {"containers": [], "foo": 1}}),
    ),
    case(
        "a resource version has no place in what is created",
        post(CONFIG_MAPS, config_map("a", resourceVersion="1")),
        post(CONFIG_MAPS, config_map("a", resourceVersion="0")),
        post(CONFIG_MAPS, config_map("Bad_Name", resourceVersion="1")),
        post(CONFIG_MAPS, {**config_map("a", resourceVersion="1"), "data": {"k": 1}}),
        post(CONFIG_MAPS, {**config_map("a", resourceVersion="1"), "foo": 1}),
        post(CONFIG_MAPS + "?dryRun=All", config_map("a", resourceVersion="1")),
        post("/api/v1/namespaces/$id-none/configmaps", config_map("a", resourceVersion="1")),
        post(CONFIG_MAPS, config_map("b"), silent=True),
        post(CONFIG_MAPS, config_map("b", resourceVersion="1")),
        post(CONFIG_MAPS, config_map("c", resourceVersion="x")),
        apply(f"{CONFIG_MAPS}/d", config_map("d", resourceVersion="1")),
        apply(f"{CONFIG_MAPS}/e", config_map("e", resourceVersion="x")),
        apply(f"{CONFIG_MAPS}/b", config_map("b", resourceVersion="1")),
        put(
            "/apis/coordination.k8s.io/v1/namespaces/$ns/leases/l",
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": "l", "resourceVersion": "1"},
            },
        ),
    ),
    case(
        "annotations that are empty",
        post(CONFIG_MAPS, config_map("a", annotations={})),
        post(CONFIG_MAPS, config_map("b", annotations={}, labels={})),
        post(CONFIG_MAPS, config_map("c", annotations=None, labels={"a": "b"})),
        apply(f"{CONFIG_MAPS}/d", config_map("d", annotations={}, labels={})),
        apply(f"{CONFIG_MAPS}/d", config_map("d", {}, annotations={})),
        apply(f"{CONFIG_MAPS}/e", config_map("e", {}, annotations={"a": "b"})),
        apply(f"{CONFIG_MAPS}/e", config_map("e", annotations={})),
        apply(f"{CONFIG_MAPS}/e", config_map("e")),
        patch(f"{CONFIG_MAPS}/a", {"metadata": {"annotations": {"x": "y"}}}),
        patch(f"{CONFIG_MAPS}/a", {"metadata": {"annotations": {"x": None}}}),
        patch(f"{CONFIG_MAPS}/a", {"metadata": {"annotations": {"x": "y"}}}),
        patch(f"{CONFIG_MAPS}/a", {"metadata": {"annotations": None}}),
        put(f"{CONFIG_MAPS}/a", config_map("a", annotations={"x": "y"})),
        put(f"{CONFIG_MAPS}/a", config_map("a", annotations={})),
    ),
    case(
        "nulls in fields without a type",
        *ready(crd()),
        post(PATH, widget(size=1, free=None, either=None, maybe=None, colour=None)),
        put(f"{PATH}/w", widget(size=1, free={"a": None, "b": [None]}, either=None)),
        patch(f"{PATH}/w", {"spec": {"either": None, "free": {"c": {"d": None}, "e": [{"f": None}]}}}),
        apply(f"{PATH}/v", widget("v", size=1, free={"a": None}, either=None, maybe=None)),
        apply(f"{PATH}/v", widget("v", size=1, free=None)),
        cleanup=CLEANUP,
    ),
    case(
        "nulls in fields that only say to keep what is unknown",
        *ready(_untyped()),
        post(PATH, widget(any=None, items=[None], map={"a": None, "b": {"c": None}}, strings={"a": None})),
        put(f"{PATH}/w", widget(any={"a": None}, items=[{"a": None}], nullable=None)),
        apply(f"{PATH}/v", widget("v", any=None, items=[None], map={"a": None}, nullable=None)),
        apply(f"{PATH}/v", widget("v", any={"a": None}, items=[{"a": None}])),
        cleanup=CLEANUP,
    ),
    case(
        "a pod without a node runs no command",
        post(_PODS, _POD, silent=True),
        get(f"{_PODS}/p/exec?command=ls"),
        post(f"{_PODS}/p/exec?command=ls", None),
        post(f"{_PODS}/p/exec?command=ls&stdout=true", None),
        get(f"{_PODS}/p/exec?command=ls&stdout=true"),
        get(f"{_PODS}/p/exec?stdout=true"),
        get(f"{_PODS}/p/exec?command=ls&stdout=true&container=x"),
        get(f"{_PODS}/p/exec?command=ls&stdout=true&container=c"),
        get(f"{_PODS}/p/attach?stdout=true"),
        post(f"{_PODS}/p/attach?stdout=true", None),
        get(f"{_PODS}/p/attach"),
        get(f"{_PODS}/p/portforward?ports=80"),
        post(f"{_PODS}/p/portforward?ports=80", None),
        post(f"{_PODS}/p/portforward", None),
        get(f"{_PODS}/q/exec?command=ls&stdout=true"),
        get(f"{_PODS}/q/attach?stdout=true"),
        get(f"{_PODS}/q/portforward"),
        put(f"{_PODS}/p/exec", {}),
        get(f"{_PODS}/p/log"),
        get(f"{_PODS}/q/log"),
        get(f"{_PODS}/p/log?container=x"),
        post(_PODS, {**_POD, "metadata": {"name": "two"}, "spec": _TWO}, silent=True),
        get(f"{_PODS}/two/exec?command=ls&stdout=true"),
        get(f"{_PODS}/two/attach?stdout=true"),
        get(f"{_PODS}/two/log"),
        get(f"{_PODS}/two/portforward"),
        post(
            f"{_PODS}/p/binding",
            {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": {"name": "$id-node"}},
        ),
        get(f"{_PODS}/p/exec?command=ls&stdout=true"),
        get(f"{_PODS}/p/attach?stdout=true"),
        get(f"{_PODS}/p/log"),
        get(f"{_PODS}/p/portforward?ports=80"),
    ),
)
