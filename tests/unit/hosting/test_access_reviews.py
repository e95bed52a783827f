"""What the API server would deny: which reviews are sent, and what their answers mean."""

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from msgspec.structs import replace

from plugin_operator.client import ApiRequest, ByteStream, Response
from plugin_operator.client.http.transport import Transport
from plugin_operator.errors import ApiConnectionError, PluginOperatorError, api_error
from plugin_operator.hosting.permissions.access_reviews import (
    MAX_NAMESPACES,
    MAX_WANTED,
    AccessReviews,
    AccessUnknownError,
)
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.request_calls import call_in, call_of
from plugin_operator.hosting.permissions.rules import allows
from plugin_operator.plugin import Permission
from plugin_operator.testing import VirtualClock

LIST = Call("list", "", "configmaps")
WATCH = Call("watch", "", "configmaps")
SCALE = Call("patch", "apps", "deployments", "scale", "web", "front")
RULE = {"verbs": ["list"], "apiGroups": [""], "resources": ["configmaps"]}


class Authorizer(Transport):
    """Answers reviews by rules of the whole cluster, by rules that cannot be listed, or by what a test gives."""

    def __init__(self) -> None:
        self.rules: list[dict[str, Any]] = []
        self.unlisted: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def send(self, request: ApiRequest) -> Response:
        review = json.loads(request.body or b"")
        self.asked.append((review["kind"], review["spec"]))
        answer = self.answers.get(review["kind"])
        if isinstance(answer, PluginOperatorError):
            raise answer
        if answer is None:
            answer = {"status": self._status(review["kind"], review["spec"])}
        return Response(201, {}, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def _status(self, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
        if kind == "SelfSubjectRulesReview":
            return {"resourceRules": self.rules, "nonResourceRules": [], "incomplete": bool(self.unlisted)}
        asked = spec["resourceAttributes"]
        wanted = Call(asked["verb"], asked.get("group", ""), asked["resource"], asked.get("subresource", ""))
        granted = [
            Permission(tuple(each["apiGroups"]), tuple(each["resources"]), tuple(each["verbs"]))
            for each in (*self.rules, *self.unlisted)
        ]
        return {"allowed": allows(granted, wanted)}

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        raise AssertionError(f"a review streams nothing: {request.path}")

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.asked]


@pytest.fixture
def server() -> Authorizer:
    return Authorizer()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def reviews(server: Authorizer, clock: VirtualClock) -> AccessReviews:
    return AccessReviews(server, clock=clock, rules_seconds=2)


async def test_only_what_the_rules_do_not_allow_is_asked_for_one_by_one(
    server: Authorizer, reviews: AccessReviews
) -> None:
    server.rules = [RULE]
    assert await reviews.denied([LIST, WATCH, WATCH]) == [WATCH]
    assert server.kinds() == ["SelfSubjectRulesReview", "SelfSubjectAccessReview"]
    assert server.asked[1][1]["resourceAttributes"] == {"verb": "watch", "resource": "configmaps"}


async def test_a_subresource_and_a_name_are_asked_for_in_their_namespace(
    server: Authorizer, reviews: AccessReviews
) -> None:
    assert await reviews.denied([SCALE]) == [SCALE]
    (_, rules), (_, access) = server.asked
    assert rules == {"namespace": "web"}
    assert access["resourceAttributes"] == {
        "verb": "patch", "group": "apps", "resource": "deployments", "subresource": "scale", "namespace": "web",
        "name": "front",
    }  # fmt: skip


async def test_rules_that_cannot_be_listed_are_not_reported_as_missing(
    server: Authorizer, reviews: AccessReviews
) -> None:
    server.unlisted = [RULE]
    assert await reviews.denied([LIST, WATCH]) == [WATCH]


async def test_a_denial_is_not_asked_for_again_while_the_rules_stay_the_same(
    server: Authorizer, clock: VirtualClock, reviews: AccessReviews
) -> None:
    await reviews.denied([LIST, WATCH])
    await reviews.denied([WATCH])  # of another plugin, at once
    await clock.advance(60)
    await reviews.denied([LIST, WATCH])
    assert server.kinds().count("SelfSubjectAccessReview") == 2
    assert server.kinds().count("SelfSubjectRulesReview") == 2
    server.rules = [RULE]
    await clock.advance(60)
    assert await reviews.denied([LIST, WATCH]) == [WATCH]


async def test_a_grant_shows_at_once_without_complete_rules(
    server: Authorizer, clock: VirtualClock, reviews: AccessReviews
) -> None:
    server.answers["SelfSubjectRulesReview"] = api_error(403, "Forbidden", "no")
    assert await reviews.denied([LIST]) == [LIST]
    server.unlisted = [RULE]
    await clock.advance(60)
    assert await reviews.denied([LIST]) == []


@pytest.mark.parametrize(
    "answer",
    [
        api_error(403, "Forbidden", "no"),
        api_error(500, "InternalError", "no"),
        ApiConnectionError("no answer"),
        {"kind": "SelfSubjectAccessReview"},
        {"status": {}},
        {"status": {"allowed": "perhaps"}},
        b"<html>",
        b"[" * 5000,
    ],
    ids=str,
)
async def test_without_an_answer_nothing_is_reported_as_missing(
    server: Authorizer, reviews: AccessReviews, answer: Any
) -> None:
    server.answers = {"SelfSubjectRulesReview": answer, "SelfSubjectAccessReview": answer}
    with pytest.raises(AccessUnknownError):
        await reviews.denied([LIST])
    server.answers = {}
    assert await reviews.denied([LIST]) == [LIST]


async def test_the_number_of_reviews_is_bounded(server: Authorizer, reviews: AccessReviews) -> None:
    many = [Call("get", "", "secrets", name=str(number)) for number in range(2 * MAX_WANTED)]
    assert len(await reviews.denied(many)) == MAX_WANTED
    assert len(server.asked) == MAX_WANTED + 1
    spread = [Call("get", "", "pods", namespace=str(number)) for number in range(2 * MAX_NAMESPACES)]
    assert len(await reviews.denied(spread)) == MAX_NAMESPACES


async def test_another_subject_is_asked_for_by_access_reviews_alone(server: Authorizer, clock: VirtualClock) -> None:
    server.rules = [RULE]
    reviews = AccessReviews(server, clock=clock, subject={"user": "jane", "groups": ["dev"]})
    assert await reviews.denied([LIST, WATCH]) == [WATCH]
    assert server.kinds() == ["SubjectAccessReview"] * 2
    assert server.asked[0][1]["user"] == "jane"


def test_the_message_of_a_denial_is_read() -> None:
    message = (
        'deployments.apps "a" is forbidden: User "op" cannot patch resource "deployments/scale" in API group "apps"'
    )
    assert call_in(f'{message} in the namespace "web"') == replace(SCALE, name="a")
    assert call_in('User "op" cannot list resource "nodes" in API group "" at the cluster scope') == (
        Call("list", "", "nodes")
    )
    assert call_in(message.partition("forbidden: ")[2]) == replace(SCALE, namespace="", name="")
    assert call_in("admission webhook denied the request") is None


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/api/v1/namespaces/web/pods/a/log", (), "get  pods/log web a"),
        ("GET", "/api/v1/namespaces/pods/pods/pods/log", (), "get  pods/log pods pods"),
        ("GET", "/api/v1/nodes", (), "list  nodes  "),
        ("GET", "/api/v1/nodes", (("watch", "true"),), "watch  nodes  "),
        ("GET", "/api/v1/pods", (("fieldSelector", "metadata.name=a"),), "list  pods  a"),
        ("GET", "/api/v1/pods", (("fieldSelector", "spec.nodeName=b,metadata.name=a"),), "list  pods  a"),
        ("GET", "/api/v1/pods", (("fieldSelector", "metadata.name!=a"),), "list  pods  "),
        ("GET", "/api/v1/pods", (("fieldSelector", "metadata.name"),), "list  pods  "),
        ("DELETE", "/api/v1/pods", (("fieldSelector", "metadata.name=a"),), "deletecollection  pods  "),
        ("POST", "/apis/apps/v1/namespaces/web/deployments", (), "create apps deployments web "),
        ("POST", "/api/v1/namespaces/web/pods/a/eviction", (), "create  pods/eviction web a"),
        ("PUT", "/api/v1/namespaces/web/status", (), "update  namespaces/status  web"),
        ("PATCH", "/apis/apps/v1/namespaces/web/deployments/a/scale", (), "patch apps deployments/scale web a"),
        ("DELETE", "/api/v1/namespaces/web/pods/a", (), "delete  pods web a"),
        ("DELETE", "/api/v1/namespaces/web/pods", (), "deletecollection  pods web "),
    ],
)
def test_requests_are_authorized_as_by_kube_apiserver(
    method: str, path: str, query: tuple[tuple[str, str], ...], expected: str
) -> None:
    assert _text(call_of(ApiRequest(method, path, query))) == expected


@pytest.mark.parametrize("path", ["/version", "/apis", "/api/v1", "/apis/apps/v1", "/openapi/v3"])
def test_a_path_without_a_resource_is_no_call(path: str) -> None:
    assert call_of(ApiRequest("GET", path)) is None


def _text(call: Call | None) -> str:
    assert call is not None
    return f"{call.verb} {call.api_group} {call.full_resource} {call.namespace} {call.name}"
