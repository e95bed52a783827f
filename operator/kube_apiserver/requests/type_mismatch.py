"""The error for an object whose values have wrong types."""

from typing import Any

from kube_apiserver import codec
from kube_apiserver.requests.request import Request
from kube_apiserver.schema import Cause
from kube_apiserver.wire.status_error import StatusError, bad_request, invalid


def _in_go_order(obj: dict[str, Any]) -> dict[str, Any]:
    """Return an object with its members in the order of kube-apiserver's messages."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict):
        return {name: obj[name] for name in sorted(obj)}
    known = {name: metadata[name] for name in _METADATA_ORDER if name in metadata}
    ordered = {name: obj[name] for name in sorted(obj)}
    return {**ordered, "metadata": {**known, **{name: metadata[name] for name in metadata if name not in known}}}


_METADATA_ORDER = (
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
)


def type_mismatch(request: Request, obj: dict[str, Any], why: str) -> StatusError:
    """Return the error for an object of invalid types: 422 for a patch, else 400."""
    kind = request.resource.kind
    if request.http.method == "PATCH":
        # Custom objects are maps, which Go writes in order.
        text = codec.token(obj) if request.resource.custom is not None else codec.encode(_in_go_order(obj))
        shown = codec.encode(text.decode()).decode()
        return invalid("", "", "", [Cause("patch", "FieldValueInvalid", f"Invalid value: {shown}: {why}")])
    return bad_request(f'{kind} in version "{request.resource.version}" cannot be handled as a {kind}: {why}')
