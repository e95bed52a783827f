"""The OpenAPI paths of a group version. kubectl reads them before it sends ``fieldValidation`` or ``dryRun``."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kube_apiserver.openapi.types import REFERENCE

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_PATCH_TYPES = ("application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json")
_STRATEGIC = "application/strategic-merge-patch+json"
_INTEGERS = {"limit", "timeoutSeconds", "gracePeriodSeconds"}
_STORE_READ_ERROR = "ignoreStoreReadErrorWithClusterBreakingPotential"
_BOOLEANS = {"allowWatchBookmarks", "watch", "sendInitialEvents", "force", "orphanDependents", _STORE_READ_ERROR}
_LIST = ("continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "resourceVersionMatch")
_WATCH = ("allowWatchBookmarks", *_LIST, "sendInitialEvents", "shardSelector", "timeoutSeconds", "watch")
_WRITE = ("dryRun", "fieldManager", "fieldValidation")
_DELETE = ("dryRun", "gracePeriodSeconds", _STORE_READ_ERROR, "orphanDependents", "propagationPolicy")
_DELETED_LIST = tuple(sorted({*_WATCH, *_DELETE} - {"allowWatchBookmarks", "watch"}))
_JSON, _YAML, _PROTOBUF, _STREAM = (
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    ";stream=watch",
)


class PathKind(msgspec.Struct, frozen=True):
    """A resource or subresource with paths in the document.

    Attributes:
        subresource: "" for the resource itself.
        owner: the kind of the resource, if ``subresource`` is set.
        gvk: the kind of requests and responses.
        definition: the definition name of that kind.
        list_definition: the definition name of its list kind.
    """

    plural: str
    namespaced: bool
    verbs: frozenset[str]
    gvk: Mapping[str, str]
    definition: str
    list_definition: str
    subresource: str = ""
    owner: str = ""
    custom: bool = False


def paths(prefix: str, tag: str, kinds: Iterable[PathKind], *, custom: bool = False) -> dict[str, Any]:
    """Return the OpenAPI paths of ``kinds`` below ``prefix``, such as ``/apis/apps/v1``.

    A document that has only custom kinds does not describe its discovery.
    """
    result: dict[str, Any] = {} if custom else {f"{prefix}/": {"get": _discovery(tag)}}
    for kind in kinds:
        scope = "/namespaces/{namespace}" if kind.namespaced else ""
        collection = f"{prefix}{scope}/{kind.plural}"
        if not kind.subresource:
            _put(result, collection, _collection(kind, tag))
            if kind.namespaced and "list" in kind.verbs:
                _put(result, f"{prefix}/{kind.plural}", {"get": _operation("list", kind, tag, everywhere=True)}, _WATCH)
            _put(result, f"{collection}/{{name}}", _single(kind, tag))
        else:
            _put(result, f"{collection}/{{name}}/{kind.subresource}", _single(kind, tag, create="create" in kind.verbs))
    return dict(sorted(result.items()))


def _put(result: dict[str, Any], path: str, operations: dict[str, Any], queries: Iterable[str] = ()) -> None:
    if not operations:
        return
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "uniqueItems": True}}
        for name in sorted(names)
    ]
    shared = [_query(name) for name in sorted(("pretty", *queries))]
    result[path] = {**operations, "parameters": [*parameters, *shared]}


def _collection(kind: PathKind, tag: str) -> dict[str, Any]:
    verbs = {"list": "get", "create": "post", "deletecollection": "delete"}
    return {method: _operation(verb, kind, tag) for verb, method in verbs.items() if verb in kind.verbs}


def _single(kind: PathKind, tag: str, *, create: bool = False) -> dict[str, Any]:
    verbs = {"get": "get", "update": "put", "patch": "patch", "delete": "delete"}
    if create:
        verbs["create"] = "post"
    return {method: _operation(verb, kind, tag) for verb, method in verbs.items() if verb in kind.verbs}


_WORDS = {"deletecollection": "delete", "get": "read", "update": "replace"}
_CODES = {"create": ("200", "201", "202"), "update": ("200", "201"), "patch": ("200", "201"), "delete": ("200", "202")}
_ACTIONS = {"create": "post", "update": "put"}
_QUERIES = {
    "list": _WATCH,
    "create": _WRITE,
    "update": _WRITE,
    "patch": (*_WRITE, "force"),
    "delete": _DELETE,
    "deletecollection": _DELETED_LIST,
}
_CUSTOM_QUERIES = {**_QUERIES, "get": ("resourceVersion",), "deletecollection": _WATCH}


def _operation(verb: str, kind: PathKind, tag: str, *, everywhere: bool = False) -> dict[str, Any]:
    group_version = "".join(word[:1].upper() + word[1:] for word in tag.split("_"))
    scope = "Namespaced" if kind.namespaced and not everywhere else ""
    name = f"{kind.owner or kind.gvk['kind']}{kind.subresource.title()}"
    word = _WORDS.get(verb, verb)
    many = "Collection" if verb == "deletecollection" else ""
    suffix = "ForAllNamespaces" if everywhere else ""
    operation: dict[str, Any] = {
        "tags": [tag],
        "operationId": f"{word}{group_version}{many}{scope}{name}{suffix}",
        "responses": _responses(verb, kind),
        "x-kubernetes-action": _ACTIONS.get(verb, verb),
        "x-kubernetes-group-version-kind": dict(kind.gvk),
    }
    queries = (_CUSTOM_QUERIES if kind.custom else _QUERIES).get(verb, ())
    if queries and not everywhere:
        operation["parameters"] = [_query(name) for name in queries]
    body = _body(verb, kind)
    if body:
        operation["requestBody"] = body
    return operation


def _query(name: str) -> dict[str, Any]:
    kind = "integer" if name in _INTEGERS else "boolean" if name in _BOOLEANS else "string"
    return {"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": True}}


def _body(verb: str, kind: PathKind) -> dict[str, Any] | None:
    media = (_JSON, _YAML) if kind.custom else ("*/*",)
    if verb in ("create", "update"):
        return {"content": {name: _schema(kind.definition) for name in media}, "required": True}
    if verb == "patch":
        patches = _PATCH_TYPES if kind.custom else (*_PATCH_TYPES, _STRATEGIC)
        return {"content": {name: _schema(f"{_META}Patch") for name in patches}, "required": True}
    if verb == "delete" or (verb == "deletecollection" and not kind.custom):
        return {"content": {name: _schema(f"{_META}DeleteOptions") for name in media}}
    return None


def _schema(definition: str) -> dict[str, Any]:
    return {"schema": {"$ref": REFERENCE + definition}}


def _responses(verb: str, kind: PathKind) -> dict[str, Any]:
    answered = kind.definition
    if verb == "list":
        answered = kind.list_definition
    elif verb in ("delete", "deletecollection"):
        answered = f"{_META}Status"
    media = [_JSON, _YAML] if kind.custom else [_JSON, _PROTOBUF, _YAML]
    if verb == "list" and not kind.custom:
        media += [_JSON + _STREAM, _PROTOBUF + _STREAM]
    content = {name: _schema(answered) for name in sorted(media)}
    words = {"200": "OK", "201": "Created", "202": "Accepted"}
    codes = ("200",) if verb == "patch" and kind.custom else _CODES.get(verb, ("200",))
    answers = {code: {"description": words[code], "content": content} for code in codes}
    return {**answers, "401": {"description": "Unauthorized"}}


def _discovery(tag: str) -> dict[str, Any]:
    group_version = "".join(word[:1].upper() + word[1:] for word in tag.split("_"))
    content = {"application/json": _schema(f"{_META}APIResourceList")}
    return {
        "tags": [tag],
        "operationId": f"get{group_version}APIResources",
        "responses": {"200": {"description": "OK", "content": content}, "401": {"description": "Unauthorized"}},
    }
