"""Tokens of service accounts: what they are bound to, whom they are for, and where their key is published."""

from typing import Any

from tests.conformance.differential.language import case, delete, get, post

_ACCOUNTS = "/api/v1/namespaces/$ns/serviceaccounts"
_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
_SECRETS = "/api/v1/namespaces/$ns/secrets"
_TOKEN = {"token": "status.token"}
_WITH_TOKEN = {"Authorization": "Bearer $token"}
_SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def _named(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields}


def _request(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}


def _bound(kind: str, name: str, version: str = "v1", **reference: str) -> dict[str, Any]:
    return _request(boundObjectRef={"apiVersion": version, "kind": kind, "name": name, **reference})


def _review(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "$token", **spec}}


_ACCOUNT = post(_ACCOUNTS, _named("ServiceAccount", "sa"), silent=True)
_POD = _named("Pod", "p", spec={"serviceAccountName": "sa", "containers": [{"name": "c", "image": "i"}]})
_SELF_REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
_WHO_AM_I = post(_SELF, _SELF_REVIEW, headers=_WITH_TOKEN, only="status")

CASES = (
    case(
        "a token dies with its account",
        _ACCOUNT,
        post(f"{_ACCOUNTS}/sa/token", _request(), keep=_TOKEN, silent=True),
        post(_REVIEWS, _review()),
        delete(f"{_ACCOUNTS}/sa", silent=True),
        post(
            _SELF,
            {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
            headers=_WITH_TOKEN,
            until=401,
        ),
        post(_ACCOUNTS, _named("ServiceAccount", "sa"), silent=True),
        get("/api", headers=_WITH_TOKEN),
    ),
    case(
        "a token is for its audiences",
        _ACCOUNT,
        post(f"{_ACCOUNTS}/sa/token", _request(audiences=["one", "two"]), keep=_TOKEN, only="spec"),
        get("/api", headers=_WITH_TOKEN),
        post(_REVIEWS, _review(), only="status authenticated"),
        post(_REVIEWS, _review(audiences=["two", "three"]), only="status"),
        post(_REVIEWS, _review(audiences=["three"]), only="status"),
    ),
    case(
        "a token is bound to a Secret",
        _ACCOUNT,
        post(_SECRETS, _named("Secret", "s"), silent=True),
        post(f"{_ACCOUNTS}/sa/token", _bound("Secret", "s"), keep=_TOKEN, only="status none"),
        _WHO_AM_I,
        delete(f"{_SECRETS}/s", silent=True),
        get("/api", headers=_WITH_TOKEN, until=401),
    ),
    case(
        "a token is bound to a Pod",
        _ACCOUNT,
        post("/api/v1/namespaces/$ns/pods", _POD, silent=True),
        post(f"{_ACCOUNTS}/sa/token", _bound("Pod", "p"), keep=_TOKEN, only="status none"),
        _WHO_AM_I,
        delete("/api/v1/namespaces/$ns/pods/p?gracePeriodSeconds=0", silent=True),
        get("/api", headers=_WITH_TOKEN, until=401),
    ),
    case(
        "what a token cannot be bound to is refused",
        _ACCOUNT,
        post(_ACCOUNTS, _named("ServiceAccount", "other"), silent=True),
        post("/api/v1/namespaces/$ns/pods", _POD, silent=True),
        post(f"{_ACCOUNTS}/sa/token", _bound("Secret", "none")),
        post(f"{_ACCOUNTS}/sa/token", _bound("ConfigMap", "c")),
        post(f"{_ACCOUNTS}/sa/token", _bound("Deployment", "d", "apps/v1")),
        post(f"{_ACCOUNTS}/other/token", _bound("Pod", "p")),
        post(f"{_ACCOUNTS}/sa/token", _bound("Pod", "p", uid="another")),
    ),
    case(
        "the key of the tokens is published",
        get("/.well-known/openid-configuration"),
        get("/openid/v1/jwks"),
        get("/openid/v1/jwks", accept="application/jwk-set+json", only="nothing"),
        get("/openid/v1/jwks", accept="*/*", only="nothing"),
        get("/.well-known/openid-configuration", accept="text/html"),
    ),
)
