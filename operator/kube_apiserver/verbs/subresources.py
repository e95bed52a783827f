"""The subresources finalize and binding."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from kube_apiserver import codec
from kube_apiserver.admission import admit
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.requests.options import write_options
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import note_unknown_fields, read_as, read_object
from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.threads import LONG_BYTES, off_loop
from kube_apiserver.verbs.eviction import set_true_condition
from kube_apiserver.verbs.reading import find
from kube_apiserver.wire.body import body_size
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError, conflict, modified, not_found
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


async def bind_named(request: Request) -> Response:
    """Assign the Pod that a Binding names to its node."""
    body = await read_as(request, "io.k8s.api.core.v1.Binding", "Binding")
    pods = request.cluster.registry.find("", "v1", "pods")
    name = (body.get("metadata") or {}).get("name") or ""
    if pods is None:
        raise not_found("pods", "", name)
    target = msgspec.structs.replace(request.target, plural="pods", name=name, subresource="binding")
    return await bind(msgspec.structs.replace(request, target=target, resource=pods))


async def bind(request: Request) -> Response:
    """Assign a Pod to the node in its Binding."""
    options, body = (
        write_options(request, "CreateOptions"),
        await read_as(request, "io.k8s.api.core.v1.Binding", "Binding"),
    )
    note_unknown_fields(request, body, "io.k8s.api.core.v1.Binding", "Binding", options.validation)
    if causes := [f"{cause.field}: {cause.message}" for cause in _binding_causes(body.get("target") or {})]:
        raise StatusError(500, "", causes[0] if len(causes) == 1 else f"[{', '.join(causes)}]")
    shown = {**body, "apiVersion": "v1", "kind": "Binding"}
    admit(request, "CREATE", shown, None, dry_run=options.dry_run)
    item, node = find(request), body["target"]["name"]
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


def _binding_causes(target: Mapping[str, Any]) -> Iterator[Cause]:
    kind, name = target.get("kind") or "", target.get("name") or ""
    if kind not in ("", "Node"):
        yield messages.not_supported("target.kind", kind, ("Node", "<empty>"))
    if not name:
        yield messages.required("target.name")
    elif kind in ("", "Node"):
        yield from (messages.invalid("target.name", name, why) for why in is_dns1123_subdomain(name))
