"""From a path and a method to a verb."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from plugin_operator.apiserver.call import Call
from plugin_operator.apiserver.cluster import Cluster
from plugin_operator.apiserver.security.user import User
from plugin_operator.apiserver.verbs.creating import create
from plugin_operator.apiserver.verbs.deleting import delete, delete_collection
from plugin_operator.apiserver.verbs.patching import patch
from plugin_operator.apiserver.verbs.reading import get, list_objects
from plugin_operator.apiserver.verbs.updating import update
from plugin_operator.apiserver.verbs.watching import watch
from plugin_operator.apiserver.wire.failure import method_not_allowed, no_such_resource
from plugin_operator.apiserver.wire.reply import Reply
from plugin_operator.apiserver.wire.target import Target

Answer = Reply | web.StreamResponse
Verb = Callable[[Call], Awaitable[Answer]]

_ON_COLLECTION: dict[str, tuple[str, Verb]] = {
    "POST": ("create", create),
    "DELETE": ("deletecollection", delete_collection),
}
_ON_OBJECT: dict[str, tuple[str, Verb]] = {
    "GET": ("get", get),
    "PUT": ("update", update),
    "PATCH": ("patch", patch),
    "DELETE": ("delete", delete),
}


def resolve(cluster: Cluster, request: web.BaseRequest, target: Target, user: User) -> tuple[Call, str, Verb]:
    """Return the call, the name of its verb and what does it.

    Raises:
        ApiFailure: 404 for a resource that is not served, 405 for a method it does not take.
    """
    resource = cluster.registry.find(target.group, target.version, target.plural)
    if resource is None or target.rest or (target.subresource and resource.subresource(target.subresource) is None):
        raise no_such_resource()
    if resource.namespaced and target.name and not target.namespace:
        raise no_such_resource()
    query = request.rel_url.query
    call = Call(cluster, request, target, resource, query, user)
    method = "GET" if request.method == "HEAD" else request.method
    if target.name:
        name, verb = _ON_OBJECT.get(method, ("", None))
        if name == "get" and call.flag("watch"):
            name, verb = "watch", watch
    elif method == "GET":
        name, verb = ("watch", watch) if call.flag("watch") else ("list", list_objects)
    else:
        name, verb = _ON_COLLECTION.get(method, ("", None))
        if name == "create" and resource.namespaced and not target.namespace:
            verb = None
    if verb is None or name not in resource.verbs:
        raise method_not_allowed()
    return call, name, verb
