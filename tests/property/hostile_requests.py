"""Requests that are made to do harm: large, deep, quadratic, or hostile to what judges them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.property.test_broken_bodies import broken_requests

JSON, YAML = "application/json", "application/yaml"
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
APPLY, JSON_PATCH = "application/apply-patch+yaml", "application/json-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
CORE = "/api/v1/namespaces/default"
CONFIG_MAPS, PODS, SERVICES = f"{CORE}/configmaps", f"{CORE}/pods", f"{CORE}/services"
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KINDS = ("lists", "sets", "frees", "rules", "wides")
#: The largest of what is drawn has about this many members, and a body of at most 3 MiB.
MOST_MEMBERS = 100_000


@dataclass(frozen=True, slots=True)
class Hostile:
    """One request.

    Attributes:
        what: says what it does, for reports.
    """

    what: str
    method: str
    target: str
    media: str
    body: bytes
    accept: str = JSON


def _whole(kind: str, name: str, **content: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **content}


def _custom(plural: str, name: str, spec: Any) -> dict[str, Any]:
    return {**_whole(plural.capitalize(), name, spec=spec), "apiVersion": "hostile.example.com/v1"}


def custom_path(plural: str) -> str:
    """Return the path of the objects of a kind that ``definition`` defines."""
    return f"/apis/hostile.example.com/v1/namespaces/default/{plural}"


def definition(plural: str, spec: Any, **version: Any) -> dict[str, Any]:
    """Return the definition of a kind with a schema for ``spec``."""
    schema = {"type": "object", "properties": {"spec": spec}}
    whole = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **version}
    names = {"plural": plural, "singular": plural, "kind": plural.capitalize()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.hostile.example.com"},
        "spec": {"group": "hostile.example.com", "scope": "Namespaced", "names": names, "versions": [whole]},
    }


_ITEM = {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}}
_MAP = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}


def _listed(items: Any, **keywords: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"l": {"type": "array", "items": items, **keywords}}}


def definitions(size: int, rule: str = "self.l.all(x, x.v >= 0)", pattern: str = "^(a+)+$") -> list[dict[str, Any]]:
    """Return the definition of each of ``KINDS``, the last with ``size`` fields."""
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    each = {**_ITEM, "x-kubernetes-validations": [{"rule": "self.v >= 0 || self.k != ''"}]}
    wide = {f"p{number}": {"type": "string", "maxLength": 9, "pattern": pattern} for number in range(size)}
    return [
        definition("lists", _listed(_ITEM, **_MAP)),
        definition("sets", _listed({"type": "string"}, **{"x-kubernetes-list-type": "set"})),
        definition("frees", {"type": "object", "properties": {"f": free}}),
        definition("rules", {**_listed(each), "x-kubernetes-validations": [{"rule": rule}]}),
        definition("wides", {"type": "object", "properties": wide, "required": list(wide)[: size // 2]}),
    ]


def _members(size: int) -> dict[str, str]:
    return {f"k{number:06}": "v" for number in range(size)}


def _items(size: int) -> list[dict[str, Any]]:
    return [{"k": f"k{number}", "v": number} for number in range(size)]


def _containers(size: int, image: str = "i") -> list[dict[str, str]]:
    return [{"name": f"c{number}", "image": image} for number in range(size)]


def _config_map(size: int) -> Any:
    return _whole("ConfigMap", "h", data=_members(size))


def _with_metadata(**metadata: Any) -> Any:
    return {**_whole("ConfigMap", "h"), "metadata": {"name": "h", **metadata}}


def _pod(size: int) -> Any:
    return _whole("Pod", "h", spec={"containers": _containers(size // 4)})


def _duplicates(size: int) -> bytes:
    members = ",".join(f'"k{number // 2}":"v"' for number in range(size))
    return b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"h"},"data":{%b}}' % members.encode()


def _entries(size: int) -> list[dict[str, Any]]:
    fields = {"apiVersion": "v1", "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1"}
    return [{**fields, "manager": f"m{n}", "fieldsV1": {"f:data": {f"f:k{n}": {}}}} for n in range(size // 8)]


def _owners(size: int) -> list[dict[str, str]]:
    return [{"apiVersion": "v1", "kind": "X", "name": "n", "uid": str(number)} for number in range(size // 4)]


def _role(size: int) -> Any:
    rules = [{"apiGroups": ["a"], "resources": [f"r{number}"], "verbs": ["get"]} for number in range(size // 4)]
    labels = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    head = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    return {**head, "metadata": {"name": "h", "labels": labels}, "rules": rules}


def _service(size: int) -> Any:
    ports = [{"name": f"p{number}", "port": 1 + number % 65535} for number in range(size // 4)]
    return _whole("Service", "h", spec={"type": "NodePort", "ports": ports})


def _operations(size: int, **operation: Any) -> list[dict[str, Any]]:
    return [{"path": "/spec/f/b", "value": 1, **operation}] * min(size, 10_000)


_FREE = f"{custom_path('frees')}/h"
_POST, _PUT, _PATCH, _GET = "POST", "PUT", "PATCH", "GET"
_APPLIED = "?fieldManager={manager}&force=true"
Making = Callable[[int], Any]
#: What is sent, by what it does: method, target, media type, and the body of a size.
KINDS_OF_REQUESTS: dict[str, tuple[str, str, str, Making]] = {
    "create with many members": (_POST, CONFIG_MAPS, JSON, _config_map),
    "replace with many members": (_PUT, f"{CONFIG_MAPS}/h", JSON, _config_map),
    "patch an object with many members": (_PATCH, f"{CONFIG_MAPS}/h", MERGE, lambda size: {"data": {"x": str(size)}}),
    "apply many members": (_PATCH, f"{CONFIG_MAPS}/h{_APPLIED}", APPLY, _config_map),
    "conflicts of many members": (_PATCH, f"{CONFIG_MAPS}/h?fieldManager={{manager}}", APPLY, _config_map),
    "members that are there twice": (_POST, f"{CONFIG_MAPS}?fieldValidation=Strict", JSON, _duplicates),
    "many unknown fields": (_POST, CONFIG_MAPS, JSON, lambda size: {**_whole("ConfigMap", "h"), **_members(size)}),
    "many labels": (_POST, CONFIG_MAPS, JSON, lambda size: _with_metadata(labels=_members(size))),
    "many bad labels": (
        _PUT,
        f"{CONFIG_MAPS}/h",
        JSON,
        lambda n: _with_metadata(labels={f"!{i}": "?" for i in range(n)}),
    ),
    "many finalizers": (_POST, CONFIG_MAPS, JSON, lambda n: _with_metadata(finalizers=[f"a.b/c{i}" for i in range(n)])),
    "many owners": (_PUT, f"{CONFIG_MAPS}/h", JSON, lambda size: _with_metadata(ownerReferences=_owners(size))),
    "many managers": (_PUT, f"{CONFIG_MAPS}/h", JSON, lambda size: _with_metadata(managedFields=_entries(size))),
    "many containers": (_POST, PODS, JSON, _pod),
    "apply many containers": (_PATCH, f"{PODS}/h{_APPLIED}", APPLY, _pod),
    "merge many containers": (
        _PATCH,
        f"{PODS}/h",
        STRATEGIC,
        lambda size: {"spec": {"containers": _containers(size // 4, "j")}},
    ),
    "order many containers": (
        _PATCH,
        f"{PODS}/h?dryRun=All",
        STRATEGIC,
        lambda size: {"spec": {"$setElementOrder/containers": _containers(size // 4)[::-1], "containers": []}},
    ),
    "delete many containers": (
        _PATCH,
        f"{PODS}/h?dryRun=All",
        STRATEGIC,
        lambda size: {"spec": {"containers": [{**entry, "$patch": "delete"} for entry in _containers(size // 4)]}},
    ),
    "many rules of a role": (_POST, ROLES, JSON, _role),
    "many ports": (_POST, SERVICES, JSON, _service),
    "many items of a list map": (
        _POST,
        custom_path("lists"),
        JSON,
        lambda n: _custom("lists", "h", {"l": _items(n // 2)}),
    ),
    "apply items of a list map": (
        _PATCH,
        f"{custom_path('lists')}/h{_APPLIED}",
        APPLY,
        lambda size: _custom("lists", "h", {"l": _items(size // 2)}),
    ),
    "equal items of a list map": (
        _POST,
        custom_path("lists"),
        JSON,
        lambda size: _custom("lists", "i", {"l": [{"k": "same"}] * size}),
    ),
    "many items of a set": (
        _PUT,
        f"{custom_path('sets')}/h",
        JSON,
        lambda n: _custom("sets", "h", {"l": list(_members(n))}),
    ),
    "apply items of a set": (
        _PATCH,
        f"{custom_path('sets')}/h{_APPLIED}",
        APPLY,
        lambda size: _custom("sets", "h", {"l": list(_members(size))}),
    ),
    "many values without a schema": (
        _POST,
        custom_path("frees"),
        JSON,
        lambda n: _custom("frees", "h", {"f": {"a": [[]] * n}}),
    ),
    "apply many values without a schema": (
        _PATCH,
        f"{_FREE}{_APPLIED}",
        APPLY,
        lambda size: _custom("frees", "h", {"f": _members(size)}),
    ),
    "rules of many items": (_POST, custom_path("rules"), JSON, lambda n: _custom("rules", "h", {"l": _items(n // 2)})),
    "many fields of a schema": (
        _POST,
        # No client of aiohttp reads as many headers as there would be warnings of unknown fields.
        f"{custom_path('wides')}?fieldValidation=Ignore",
        JSON,
        lambda size: _custom("wides", "h", {f"p{number}": "a" * 20 for number in range(size)}),
    ),
    "additions to an object": (_PATCH, _FREE, JSON_PATCH, lambda size: _operations(size, op="add")),
    "insertions into a list": (_PATCH, _FREE, JSON_PATCH, lambda size: _operations(size, op="add", path="/spec/f/a/0")),
    "removals from a list": (
        _PATCH,
        f"{_FREE}?dryRun=All",
        JSON_PATCH,
        lambda size: _operations(size, op="remove", path="/spec/f/a/0"),
    ),
    "tests of a list": (
        _PATCH,
        _FREE,
        JSON_PATCH,
        lambda size: _operations(size, op="test", path="/spec/f/a", value=[]),
    ),
    "copies of a list": (
        _PATCH,
        _FREE,
        JSON_PATCH,
        lambda size: _operations(size // 10, op="copy", **{"from": "/spec/f/a", "path": "/spec/f/c"}),
    ),
    "moves of a list": (
        _PATCH,
        _FREE,
        JSON_PATCH,
        lambda size: _operations(size, op="move", **{"from": "/spec/f/a", "path": "/spec/f/a"}),
    ),
    "a long document of YAML": (
        _POST,
        CONFIG_MAPS,
        YAML,
        lambda n: (
            b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\ndata:\n"
            + b"".join(b"  k%d: v\n" % number for number in range(n // 20))
        ),
    ),
    "deep JSON": (_POST, CONFIG_MAPS, JSON, lambda size: b'{"data":' + b"[" * size + b"]" * size + b"}"),
    "deep YAML": (_PATCH, f"{CONFIG_MAPS}/h{_APPLIED}", APPLY, lambda size: b"{a: " + b"[" * size),
    "a definition with many fields": (
        _PATCH,
        f"{DEFINITIONS}/wides.hostile.example.com{_APPLIED}",
        APPLY,
        lambda size: definitions(size // 10)[-1],
    ),
    "a table": (_GET, CONFIG_MAPS, "Table", lambda _: b""),
    "a document": (_GET, f"{CONFIG_MAPS}/h", YAML, lambda _: b""),
    "OpenAPI": (_GET, "/openapi/v3/apis/hostile.example.com/v1", JSON, lambda _: b""),
    "removal": ("DELETE", f"{CONFIG_MAPS}/h", JSON, lambda _: b""),
    "removal of a custom object": ("DELETE", _FREE, JSON, lambda _: b""),
    "removal of a pod": ("DELETE", f"{PODS}/h", JSON, lambda _: b""),
}
RULES = st.sampled_from(
    [
        "self.l.all(x, self.l.all(y, x.v + y.v >= 0))",
        "self.l.map(x, x.k + x.k).exists(y, y.matches('^(a+)+$'))",
        "self.l.filter(x, x.k.split('').size() > 0).size() >= 0",
        "self.l.map(x, x.k.replace('k', 'kkkkkkkkkk')).size() >= 0",
        " || ".join(["self.l.size() == 0"] * 300),
        "(" * 300 + "true" + ")" * 300,
        "'" + "a" * 9000 + "'.matches('" + "(a?){500}" * 3 + "')",
    ]
)
PATTERNS = st.sampled_from(
    ["^(a+)+$", "(a?){900}", "((((a*)*)*)*)*b", "[", r"\p{L}+", "(?i)" + "a|" * 2000, "^a{1000}$"]
)


@st.composite
def _made(draw: st.DrawFn, most: int) -> Hostile:
    what = draw(st.sampled_from(sorted(KINDS_OF_REQUESTS)))
    method, target, media, make = KINDS_OF_REQUESTS[what]
    # Small sizes are likelier, so that ten thousand requests take minutes.
    size = draw(st.sampled_from([1, 10, 100, 100, 1000, 1000, 3000, most // 10, most]))
    made = make(min(size, most))
    body = made if isinstance(made, bytes) else json.dumps(made).encode()
    accept = TABLE if media == "Table" else YAML if (method, media) == (_GET, YAML) else JSON
    manager = draw(st.sampled_from(["one", "two", "three"]))
    media = JSON if media == "Table" else media
    return Hostile(f"{what} ({size})", method, target.replace("{manager}", manager), media, body, accept)


@st.composite
def _defined(draw: st.DrawFn) -> Hostile:
    """Draw a definition with hostile rules and patterns, in place of one that is there."""
    found = definitions(draw(st.integers(1, 50)), draw(RULES), draw(PATTERNS))
    chosen = draw(st.sampled_from(found))
    target = f"{DEFINITIONS}/{chosen['metadata']['name']}{_APPLIED.replace('{manager}', 'one')}"
    return Hostile("a hostile definition", _PATCH, target, APPLY, json.dumps(chosen).encode())


@st.composite
def _broken(draw: st.DrawFn) -> Hostile:
    method, target, media, body = draw(broken_requests())
    return Hostile("a broken body", method, target, media, body)


def hostile_requests(most: int = MOST_MEMBERS) -> st.SearchStrategy[Hostile]:
    """Draw hostile requests of at most ``most`` members."""
    return st.one_of(_made(most), _made(most), _defined(), _broken(), _broken())
