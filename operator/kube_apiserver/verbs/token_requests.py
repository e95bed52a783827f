"""The subresource token of a service account."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kube_apiserver import codec
from kube_apiserver.admission import admit
from kube_apiserver.requests.options import dry_run_in_query
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import read_as
from kube_apiserver.schema import Cause
from kube_apiserver.security.tokens import AUDIENCE, Account
from kube_apiserver.storage import Item, item_key
from kube_apiserver.verbs.reading import find
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import bad_request, conflict, invalid, not_found
from kube_apiserver.wire.times import timestamp

_DEFAULT_SECONDS = 3600
_SHORTEST_SECONDS, _LONGEST_SECONDS = 600, 2**32
_BUCKETS = {"Pod": "pods", "Node": "nodes", "Secret": "secrets"}
_OTHER_RECORD = (
    "the UID in the bound object reference ({}) does not match the UID in record. "
    "The object might have been deleted and then recreated"
)


async def request_token(request: Request) -> Response:
    """Issue a token for a service account by its TokenRequest."""
    body = await read_as(request, "io.k8s.api.authentication.v1.TokenRequest", "TokenRequest")
    item = find(request)
    # Go clients send null for unset fields.
    spec = {key: value for key, value in (body.get("spec") or {}).items() if value is not None}
    seconds = _lifetime_seconds(spec.setdefault("expirationSeconds", _DEFAULT_SECONDS))
    spec["audiences"] = spec.get("audiences") or [AUDIENCE]
    metadata = {"name": item.name, "namespace": item.namespace, **(body.get("metadata") or {})}
    shown = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": metadata, "spec": spec}
    admit(request, "CREATE", shown, None, dry_run=bool(dry_run_in_query(request)))
    bound = _bound(request, spec["boundObjectRef"], item.name) if "boundObjectRef" in spec else {}
    now = request.cluster.clock.now()
    account = Account(item.namespace, item.name, item.uid, bound)
    status = {
        "token": request.cluster.tokens.issue(account, seconds, spec["audiences"]),
        "expirationTimestamp": timestamp(now + timedelta(seconds=seconds)),
    }
    metadata = {"name": item.name, "namespace": item.namespace, "uid": item.uid, "creationTimestamp": timestamp(now)}
    head = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": metadata}
    return Response(codec.encode({**head, "spec": {"boundObjectRef": None, **spec}, "status": status}), 201)


def _lifetime_seconds(wanted: int) -> int:
    field = "spec.expirationSeconds"
    if _SHORTEST_SECONDS <= wanted <= _LONGEST_SECONDS:
        return wanted
    bound = "larger than 2^32 seconds" if wanted > _LONGEST_SECONDS else "less than 10 minutes"
    message = f"Invalid value: {wanted}: may not specify a duration {bound}"
    raise invalid("TokenRequest", "authentication.k8s.io", "", [Cause(field, "FieldValueInvalid", message)])


def _bound(request: Request, reference: Mapping[str, Any], account: str) -> dict[str, tuple[str, str]]:
    """Return the names and UIDs that the token is bound to.

    Raises:
        StatusError: 400, the kind cannot be bound; 404, the object does not exist; 409, it is another one.
    """
    kind, name, version = reference.get("kind", ""), reference.get("name", ""), reference.get("apiVersion", "")
    if version != "v1" or kind not in _BUCKETS:
        raise bad_request(
            f"cannot bind token to object of type {version if '/' in version else '/' + version}, Kind={kind}"
        )
    item = _stored(request, kind, name)
    if item is None:
        raise not_found(_BUCKETS[kind], "", name)
    bound = {kind.lower(): (name, item.uid)}
    if kind == "Pod":
        spec = item.decode().get("spec") or {}
        if spec.get("serviceAccountName") != account:
            why = f'cannot bind token for serviceaccount "{account}" to pod running with different serviceaccount name.'
            raise bad_request(why)
        if node := spec.get("nodeName"):
            there = _stored(request, "Node", node)
            bound["node"] = (node, there.uid if there is not None else "")
    if (uid := reference.get("uid")) and uid != item.uid:
        raise conflict(kind, "", name, _OTHER_RECORD.format(uid))
    return bound


def _stored(request: Request, kind: str, name: str) -> Item | None:
    namespace = "" if kind == "Node" else request.target.namespace
    return request.cluster.store.get(_BUCKETS[kind], item_key(namespace, name))
