"""Reviews, such as SelfSubjectAccessReview: objects that are not stored, whose creation returns a status."""

from collections.abc import Callable, Mapping
from typing import Any

from kube_apiserver import codec
from kube_apiserver.requests.options import write_options
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import read_object
from kube_apiserver.schema import Cause
from kube_apiserver.security.authorization import Attributes
from kube_apiserver.security.tokens import Refused
from kube_apiserver.security.user import User
from kube_apiserver.threads import LONG_BYTES, off_loop
from kube_apiserver.verbs.access_attributes import evaluation_error, review_causes
from kube_apiserver.wire.body import body_size
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import bad_request, invalid
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.write_pipeline import complete, tracked

#: kube-apiserver answers these with a new object, which has no metadata of the one that was sent.
_WITHOUT_METADATA = frozenset({"selfsubjectreviews", "selfsubjectrulesreviews"})


async def review(request: Request) -> Response:
    """Answer the review in the body."""
    sent = await read_object(request)
    is_long = body_size(request.http) > LONG_BYTES
    options = write_options(request, "CreateOptions")
    obj = await off_loop(is_long, complete, request, sent, options)
    spec = obj["spec"] = obj.get("spec") or {}
    if request.resource.plural in _WITHOUT_METADATA:
        obj["metadata"] = {}
    obj["status"] = _ANSWERS[request.resource.plural](request, spec, obj)
    if request.resource.plural == "selfsubjectreviews":
        del obj["spec"]
    if request.resource.plural not in _WITHOUT_METADATA:
        obj = await off_loop(is_long, tracked, request, None, obj, options)
    return Response(codec.encode_object(obj, request.resource.api_version, request.resource.kind), 201)


def is_review(plural: str, group: str) -> bool:
    """Report whether a resource is a review."""
    return plural in _ANSWERS and group in {"authorization.k8s.io", "authentication.k8s.io"}


def _self_access(request: Request, spec: Mapping[str, Any], obj: dict[str, Any]) -> dict[str, Any]:
    _require_valid(request, review_causes(obj, names_user=False, is_local=False))
    return _access_status(request, request.user, spec)


def _access(request: Request, spec: Mapping[str, Any], obj: dict[str, Any]) -> dict[str, Any]:
    _require_valid(request, review_causes(obj, names_user=True, is_local=request.resource.namespaced))
    user = User(spec.get("user", ""), tuple(spec.get("groups") or ()), spec.get("uid", ""))
    return _access_status(request, user, spec)


def _require_valid(request: Request, causes: list[Cause]) -> None:
    if causes:
        raise invalid("", request.resource.group, "", causes)


def _access_status(request: Request, user: User, spec: Mapping[str, Any]) -> dict[str, Any]:
    reason = request.cluster.authorizer.allowed_by(user, _attributes(request, spec))
    error = evaluation_error(spec)
    return {
        "allowed": reason is not None,
        **({"reason": reason} if reason else {}),
        **({"evaluationError": error} if error else {}),
    }


def _attributes(request: Request, spec: Mapping[str, Any]) -> Attributes:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is None:
        return Attributes((path or {}).get("verb", ""), path=(path or {}).get("path", ""))
    namespace = request.target.namespace or resource.get("namespace", "")
    return Attributes(
        verb=resource.get("verb", ""),
        group=resource.get("group", ""),
        resource=resource.get("resource", ""),
        subresource=resource.get("subresource", ""),
        namespace=namespace,
        name=resource.get("name", ""),
    )


def _rules(request: Request, spec: Mapping[str, Any], obj: dict[str, Any]) -> dict[str, Any]:
    spec_namespace = spec.get("namespace") or ""
    if not spec_namespace:
        raise bad_request("no namespace on request")
    obj["spec"] = {}
    resource_rules, path_rules = request.cluster.authorizer.rules(request.user, spec_namespace)
    return {"resourceRules": resource_rules, "nonResourceRules": path_rules, "incomplete": False}


def _self(request: Request, spec: Mapping[str, Any], obj: dict[str, Any]) -> dict[str, Any]:
    del spec
    obj["metadata"]["creationTimestamp"] = timestamp(request.cluster.clock.now())
    return {"userInfo": request.user.info()}


def _token(request: Request, spec: Mapping[str, Any], obj: dict[str, Any]) -> dict[str, Any]:
    del obj
    if not spec.get("token"):
        raise bad_request("token is required for TokenReview in authentication")
    try:
        user, audiences = request.cluster.tokens.find(spec["token"], spec.get("audiences") or ())
    except Refused as error:
        return {"user": {}, "error": f"[invalid bearer token, {error}]" if str(error) else "invalid bearer token"}
    return {"authenticated": True, "user": user.info(), "audiences": audiences}


_ANSWERS: Mapping[str, Callable[[Request, Mapping[str, Any], dict[str, Any]], dict[str, Any]]] = {
    "selfsubjectaccessreviews": _self_access,
    "subjectaccessreviews": _access,
    "localsubjectaccessreviews": _access,
    "selfsubjectrulesreviews": _rules,
    "selfsubjectreviews": _self,
    "tokenreviews": _token,
}
