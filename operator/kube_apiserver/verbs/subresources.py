"""Subresources that are neither a view of the object nor its scale: evictions, bindings, tokens, finalization."""

from datetime import timedelta
from typing import Any

from kube_apiserver import codec
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.requests.options import delete_options, write_options
from kube_apiserver.requests.request import Call
from kube_apiserver.requests.request_body import read_as, read_object
from kube_apiserver.schema import Cause
from kube_apiserver.security.tokens import AUDIENCE
from kube_apiserver.verbs.reading import find
from kube_apiserver.wire.response import Reply
from kube_apiserver.wire.status_error import ApiFailure, conflict, invalid, modified
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.deletion import delete_item, may_go
from kube_apiserver.writes.write_pipeline import complete, present, remove, store, tracked

_SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
_DEFAULT_TOKEN_SECONDS = 3600
_SHORTEST_TOKEN_SECONDS, _LONGEST_TOKEN_SECONDS = 600, 2**32


async def finalize(call: Call) -> Reply:
    """Set a namespace's ``spec.finalizers``; without any it goes, if it is being deleted."""
    options = write_options(call, "UpdateOptions")
    body = complete(call, await read_object(call), options)
    current = find(call)
    obj = to_served(call.resource, current)
    version = body["metadata"].get("resourceVersion")
    if version and version != obj["metadata"]["resourceVersion"]:
        raise modified(call.resource.plural, call.resource.group, current.name)
    finalizers = (body.get("spec") or {}).get("finalizers") or []
    obj["spec"] = {**(obj.get("spec") or {}), "finalizers": finalizers}
    if not finalizers:
        del obj["spec"]["finalizers"]
    obj = tracked(call, to_served(call.resource, current), obj, options)
    if not options.dry_run and may_go(call.resource, obj):
        return present(call, remove(call.cluster, call.resource, obj))
    item = store(call.cluster, call.resource, obj, dry_run=options.dry_run)
    if not options.dry_run:
        await call.cluster.store.durable(item.revision)
    return present(call, item)


async def evict(call: Call) -> Reply:
    """Delete a pod by its Eviction; no disruption budgets stand in the way here."""
    body = await read_as(call, "io.k8s.api.policy.v1.Eviction", "Eviction")
    item, options = find(call), delete_options(call, body.get("deleteOptions") or {})
    if not options.dry_run:
        obj = to_served(call.resource, item)
        _happened(call, obj, "DisruptionTarget", reason="EvictionByEvictionAPI", message="Eviction API: evicting")
        item = store(call.cluster, call.resource, obj)
    last, _ = delete_item(call.cluster, call.resource, item, options)
    await call.cluster.store.durable(last.revision)
    return Reply(codec.encode(_SUCCESS), 201)


async def bind(call: Call) -> Reply:
    """Give a pod the node its Binding names."""
    options, body = write_options(call, "CreateOptions"), await read_as(call, "io.k8s.api.core.v1.Binding", "Binding")
    item = find(call)
    node = (body.get("target") or {}).get("name", "")
    if not node:
        raise ApiFailure(500, "", "target.name: Required value")
    obj = to_served(call.resource, item)
    spec = obj.setdefault("spec", {})
    if spec.get("nodeName"):
        why = f'pod {item.name} is already assigned to node "{spec["nodeName"]}"'
        raise conflict("pods/binding", "", item.name, why)
    spec["nodeName"] = node
    _happened(call, obj, "PodScheduled")
    if not options.dry_run:
        await call.cluster.store.durable(store(call.cluster, call.resource, obj).revision)
    return Reply(codec.encode(_SUCCESS), 201)


def _happened(call: Call, pod: dict[str, Any], kind: str, **words: str) -> None:
    """Note in a pod's status what was done to it."""
    now = timestamp(call.cluster.clock.now())
    entry = {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": now, **words}
    status = pod.setdefault("status", {})
    others = [each for each in status.get("conditions") or () if each["type"] != kind]
    status["conditions"] = [*others, entry]


async def request_token(call: Call) -> Reply:
    """Issue a token for a service account by its TokenRequest."""
    body = await read_as(call, "io.k8s.api.authentication.v1.TokenRequest", "TokenRequest")
    item = find(call)
    # Clients in Go send null for what they were not told.
    spec = {key: value for key, value in (body.get("spec") or {}).items() if value is not None}
    seconds = _lifetime_seconds(spec.setdefault("expirationSeconds", _DEFAULT_TOKEN_SECONDS))
    spec.setdefault("audiences", [AUDIENCE])
    now = call.cluster.clock.now()
    status = {
        "token": call.cluster.tokens.issue(item.namespace, item.name, item.uid),
        "expirationTimestamp": timestamp(now + timedelta(seconds=seconds)),
    }
    metadata = {"name": item.name, "namespace": item.namespace, "creationTimestamp": timestamp(now)}
    head = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": metadata}
    return Reply(codec.encode({**head, "spec": spec, "status": status}), 201)


def _lifetime_seconds(wanted: int) -> int:
    field = "spec.expirationSeconds"
    if _SHORTEST_TOKEN_SECONDS <= wanted <= _LONGEST_TOKEN_SECONDS:
        return wanted
    bound = "larger than 2^32 seconds" if wanted > _LONGEST_TOKEN_SECONDS else "less than 10 minutes"
    message = f"Invalid value: {wanted}: may not specify a duration {bound}"
    raise invalid("TokenRequest", "authentication.k8s.io", "", [Cause(field, "FieldValueInvalid", message)])
