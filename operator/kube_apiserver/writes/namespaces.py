"""The check that a namespaced object's namespace exists and is not terminating."""

from kube_apiserver.requests.request import Request
from kube_apiserver.schema import Cause
from kube_apiserver.wire.status_error import forbidden, not_found


def require_namespace(request: Request, object_name: str) -> None:
    """Check that the namespace of a create request exists and is not terminating.

    Raises:
        StatusError: 404, it does not exist; 403, it is terminating.
    """
    resource, name = request.resource, request.target.namespace
    if not resource.namespaced:
        return
    item = request.cluster.store.get("namespaces", name)
    if item is None:
        raise not_found("namespaces", "", name)
    if b'"deletionTimestamp"' in item.raw and item.decode()["metadata"].get("deletionTimestamp"):
        why = f"unable to create new content in namespace {name} because it is being terminated"
        cause = Cause("metadata.namespace", "NamespaceTerminating", f"namespace {name} is being terminated")
        raise forbidden(resource.plural, resource.group, object_name, why, [cause])
