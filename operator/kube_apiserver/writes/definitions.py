"""The check that the definition of a custom object is not terminating."""

from kube_apiserver.registry.resource import CRDS
from kube_apiserver.requests.request import Request
from kube_apiserver.wire.status_error import forbidden


def require_definition(request: Request, object_name: str) -> None:
    """Check that the CustomResourceDefinition of a new object stays.

    Raises:
        StatusError: 403, the definition is terminating: it waits for the finalizers of its objects.
    """
    resource = request.resource
    if resource.custom is None:
        return
    item = request.cluster.store.get(CRDS, resource.custom.crd_name)
    if item is not None and b'"deletionTimestamp"' in item.raw and item.decode()["metadata"].get("deletionTimestamp"):
        why = "create not allowed while custom resource definition is terminating"
        raise forbidden(resource.plural, resource.group, object_name, why)
