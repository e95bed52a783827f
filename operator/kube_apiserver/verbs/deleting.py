"""The delete and deletecollection verbs."""

from kube_apiserver import codec
from kube_apiserver.admission import admit, has_policies
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.representations import Presenter
from kube_apiserver.requests.options import DeleteOptions, delete_options, delete_options_in_query
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import read_as
from kube_apiserver.storage import Item
from kube_apiserver.threads import Pause
from kube_apiserver.verbs.reading import choose, find, presented
from kube_apiserver.wire.body import body_size
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import conflict, forbidden
from kube_apiserver.writes.deletion import delete_item
from kube_apiserver.writes.write_pipeline import present


async def delete(request: Request) -> Response:
    """Delete one object, or set its deletionTimestamp if finalizers or a grace period delay the deletion."""
    options = await _read_options(request)
    item, resource = find(request), request.resource
    check_preconditions(request, item, options)
    if item.name in resource.strategy.deletion.protected_names:
        raise forbidden(resource.plural, resource.group, item.name, "this namespace may not be deleted")
    _admit(request, item, options)
    last, gone = delete_item(request.cluster, resource, item, options)
    if not options.dry_run:
        await request.cluster.store.durable(last.revision)
    if not gone or resource.strategy.deletion.returns_object:
        return present(request, last)
    details = {"name": item.name, "group": resource.group, "kind": resource.plural, "uid": item.uid}
    details = {key: value for key, value in details.items() if value}
    head = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return Response(codec.encode({**head, "details": details}))


async def delete_collection(request: Request) -> Response:
    """Delete the selected objects, or one page of them. Answer with the list of their last states."""
    options = await _read_options(request)
    presenter = Presenter(request, many=True)
    chosen, metadata = await choose(request)
    pause = Pause()
    for item in chosen:
        await pause.if_due()
        current = request.cluster.store.get(request.resource.bucket, item.key)
        if current is None:
            continue  # a concurrent request deletes it
        check_preconditions(request, current, options)
        _admit(request, current, options)
        delete_item(request.cluster, request.resource, current, options)
    if chosen and not options.dry_run:
        await request.cluster.store.durable(request.cluster.store.revision)
    return Response(await presented(presenter, chosen, metadata))


async def _read_options(request: Request) -> DeleteOptions:
    body = await read_as(request, "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions")
    return delete_options(body if body_size(request.http) else delete_options_in_query(request))


def _admit(request: Request, item: Item, options: DeleteOptions) -> None:
    if has_policies(request):  # most deletes read no object
        admit(request, "DELETE", None, to_served(request.resource, item), dry_run=options.dry_run)


def check_preconditions(request: Request, item: Item, options: DeleteOptions) -> None:
    """Raise 409 if the item has not the UID or resourceVersion that the options name."""
    resource = request.resource
    if options.uid is not None and options.uid != item.uid:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({item.uid}). "
            "The object might have been deleted and then recreated"
        )
        raise conflict(resource.kind, resource.group, item.name, why)
    version = str(item.revision)
    if options.resource_version is not None and options.resource_version != version:
        why = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match the "
            f"ResourceVersion in record ({version}). The object might have been modified"
        )
        raise conflict(resource.kind, resource.group, item.name, why)
