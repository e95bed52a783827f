"""Dispatch of requests: from path and method to a verb."""

from collections.abc import Awaitable, Callable, Mapping

import http1
from kube_apiserver.cluster import Cluster
from kube_apiserver.registry import ServedResource
from kube_apiserver.requests.request import Request
from kube_apiserver.security.user import User
from kube_apiserver.verbs.connecting import connect, forward, read_log
from kube_apiserver.verbs.creating import create
from kube_apiserver.verbs.deleting import delete, delete_collection
from kube_apiserver.verbs.eviction import evict
from kube_apiserver.verbs.patching import patch
from kube_apiserver.verbs.reading import get, list_objects
from kube_apiserver.verbs.reviews import is_review, review
from kube_apiserver.verbs.scaling import get_scale, patch_scale, update_scale
from kube_apiserver.verbs.subresources import bind, bind_named, finalize
from kube_apiserver.verbs.token_requests import request_token
from kube_apiserver.verbs.updating import update
from kube_apiserver.verbs.watching import watch
from kube_apiserver.wire.request_info import RequestInfo
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import method_not_allowed, not_found

Verb = Callable[[Request], Awaitable[Response | http1.Stream]]

# Like kube-apiserver's conversion of query parameters: every value that is not false is true.
_FALSE = frozenset({"", "0", "f", "F", "false", "False", "FALSE"})
_NAMES = {"GET": "get", "PUT": "update", "PATCH": "patch", "POST": "create", "DELETE": "delete"}
_ON_OBJECT: Mapping[str, Verb] = {"get": get, "update": update, "patch": patch, "delete": delete, "watch": watch}
_ON_COLLECTION: Mapping[str, Verb] = {
    "list": list_objects,
    "watch": watch,
    "create": create,
    "deletecollection": delete_collection,
}
_VIEW: Mapping[str, Verb] = {"get": get, "update": update, "patch": patch}
_SUBRESOURCES: Mapping[str, Mapping[str, Verb]] = {
    "scale": {"get": get_scale, "update": update_scale, "patch": patch_scale},
    "finalize": {"update": finalize},
    "eviction": {"create": evict},
    "binding": {"create": bind},
    "token": {"create": request_token},
    "exec": {"create": connect, "get": connect},
    "attach": {"create": connect, "get": connect},
    "portforward": {"create": forward, "get": forward},
    "log": {"get": read_log},
    "status": _VIEW,
    "approval": _VIEW,
    "ephemeralcontainers": _VIEW,
    "resize": _VIEW,
}


def resolve(
    cluster: Cluster, request: http1.Request, target: RequestInfo, user: User
) -> tuple[Request, str, Verb | None] | None:
    """Return the request, the name of its verb and the verb's handler.

    The handler is None if the resource does not support the verb. The result is None if the resource is not served.

    Raises:
        StatusError: 404, the custom resource has no such subresource.
    """
    resource = cluster.registry.find(target.group, target.version, target.plural)
    if resource is None or target.rest or not _scope_fits(resource, target):
        return None
    call = Request(cluster, request, target, resource, request.query, user)
    name = verb_name(request.method, target, watching=is_watch(request, target))
    if target.subresource:
        info = resource.subresource(target.subresource)
        if info is None and resource.custom is not None:
            raise not_found(resource.plural, resource.group, target.name)
        if info is None:
            return None
        verb = _SUBRESOURCES.get(target.subresource, {}).get(name)
        return call, name, verb if name in info.verbs else None
    if is_review(resource.plural, resource.group):
        return call, name, review if name == "create" else None
    if resource.plural == "bindings" and not resource.group:
        return call, name, bind_named if name == "create" and target.namespace else None
    verb = (_ON_OBJECT if target.name else _ON_COLLECTION).get(name)
    if name == "create" and resource.namespaced and not target.namespace:
        verb = None
    return call, name, verb if name in resource.verbs else None


def is_watch(request: http1.Request, target: RequestInfo | None) -> bool:
    """Report whether a request opens a watch, by its path or by its query."""
    requested = request.query.get("watch", "") not in _FALSE
    return target is not None and (target.watching or (requested and not target.name))


def _scope_fits(resource: ServedResource, target: RequestInfo) -> bool:
    if resource.namespaced:
        return bool(target.namespace or not target.name)
    return not target.namespace or resource.bucket == "namespaces"


def verb_name(method: str, target: RequestInfo, *, watching: bool) -> str:
    """Return the API verb of a request, as authorization names it."""
    name = _NAMES.get(method, method.lower())
    if name == "get" and watching and not target.subresource:
        return "watch"
    if target.name:
        return name
    return {"get": "list", "delete": "deletecollection"}.get(name, name)


def require(verb: Verb | None) -> Verb:
    """Return the verb handler. Raise 405 if it is None."""
    if verb is None:
        raise method_not_allowed()
    return verb
