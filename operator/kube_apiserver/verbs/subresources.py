"""The subresources finalize and binding."""

from kube_apiserver import codec
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.requests.options import write_options
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import read_as, read_object
from kube_apiserver.schema import is_dns1123_subdomain, messages
from kube_apiserver.threads import LONG_BYTES, off_loop
from kube_apiserver.verbs.eviction import set_true_condition
from kube_apiserver.verbs.reading import find
from kube_apiserver.wire.body import body_size
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError, conflict, modified
from kube_apiserver.writes.deletion import is_removable
from kube_apiserver.writes.write_pipeline import complete, present, remove, store, tracked

_SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


async def finalize(request: Request) -> Response:
    """Set ``spec.finalizers`` of a namespace. A terminating namespace without finalizers is removed."""
    options = write_options(request, "UpdateOptions")
    obj = await read_object(request)
    body = await off_loop(body_size(request.http) > LONG_BYTES, complete, request, obj, options)
    current = find(request)
    obj = to_served(request.resource, current)
    version = body["metadata"].get("resourceVersion")
    if version and version != obj["metadata"]["resourceVersion"]:
        raise modified(request.resource.plural, request.resource.group, current.name)
    finalizers = (body.get("spec") or {}).get("finalizers") or []
    obj["spec"] = {**(obj.get("spec") or {}), "finalizers": finalizers}
    if not finalizers:
        del obj["spec"]["finalizers"]
    obj = tracked(request, to_served(request.resource, current), obj, options)
    if not options.dry_run and is_removable(request.resource, obj):
        return present(request, remove(request.cluster, request.resource, obj))
    item = store(request.cluster, request.resource, obj, dry_run=options.dry_run)
    if not options.dry_run:
        await request.cluster.store.durable(item.revision)
    return present(request, item)


async def bind(request: Request) -> Response:
    """Assign a Pod to the node in its Binding."""
    options, body = (
        write_options(request, "CreateOptions"),
        await read_as(request, "io.k8s.api.core.v1.Binding", "Binding"),
    )
    item = find(request)
    node = (body.get("target") or {}).get("name", "")
    if not node:
        raise StatusError(500, "", "target.name: Required value")
    if (body["target"].get("kind") or "Node") == "Node" and (problems := is_dns1123_subdomain(node)):
        cause = messages.invalid("target.name", node, ", ".join(problems))
        raise StatusError(500, "", f"{cause.field}: {cause.message}")
    obj = to_served(request.resource, item)
    spec = obj.setdefault("spec", {})
    if spec.get("nodeName"):
        why = f'pod {item.name} is already assigned to node "{spec["nodeName"]}"'
        raise conflict("pods/binding", "", item.name, why)
    spec["nodeName"] = node
    set_true_condition(request, obj, "PodScheduled")
    if not options.dry_run:
        await request.cluster.store.durable(store(request.cluster, request.resource, obj).revision)
    return Response(codec.encode(_SUCCESS), 201)
