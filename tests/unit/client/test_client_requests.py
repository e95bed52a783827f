"""Requests about objects, discovery and failures, against a transport that notes what it is asked."""

import asyncio
import json
import pickle
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import yaml
from msgspec import UNSET

from plugin_operator.client import ApiClient, ApiRequest, ByteStream, Response, RESTMapper, Transport, error_of
from plugin_operator.client.http.status_errors import retry_after_seconds
from plugin_operator.errors import (
    AlreadyExistsError,
    ApiConnectionError,
    ApiError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NoMatchError,
    NotFoundError,
    ServerError,
    TooManyRequestsError,
    api_error,
    is_external,
)
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.testing.virtual_clock import VirtualClock

CONFIG_MAPS = {
    "resource": "configmaps",
    "responseKind": {"group": "", "version": "v1", "kind": "ConfigMap"},
    "scope": "Namespaced",
    "singularResource": "configmap",
    "verbs": ["get", "list", "watch"],
    "shortNames": ["cm"],
}
DEPLOYMENTS = {
    **CONFIG_MAPS,
    "resource": "deployments",
    "shortNames": ["deploy"],
    "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
    "subresources": [{"subresource": "status", "verbs": ["get"]}],
}
NODES = {"resource": "nodes", "responseKind": {"kind": "Node"}, "scope": "Cluster", "verbs": ["get"]}


def aggregated(*groups: Any) -> dict[str, Any]:
    items = [
        {"metadata": {"name": group}, "versions": [{"version": "v1", "resources": resources, "freshness": "Current"}]}
        for group, resources in groups
    ]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}


class Server(Transport):
    """Answers by (method, path) from a dict of documents, exceptions or lists of them."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.bodies: list[bytes] = []
        self.answers: dict[tuple[str, str], Any] = {
            ("GET", "/api"): aggregated(("", [CONFIG_MAPS, NODES])),
            ("GET", "/apis"): aggregated(("apps", [DEPLOYMENTS]), ("broken.example", None)),
        }

    async def send(self, request: ApiRequest) -> Response:
        body = json.loads(request.body) if request.body else None
        self.bodies.append(request.body or b"")
        self.asked.append((request.method, request.path, dict(request.query), body, request.content_type))
        answer = self.answers.get((request.method, request.path), api_error(404, "NotFound"))
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, asyncio.Event):
            await answer.wait()
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, bytes):
            return Response(200, {}, answer)
        return Response(200, {}, json.dumps(answer).encode())

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        raise AssertionError(f"a client streams nothing: {request.path}")

    def paths(self) -> list[str]:
        return [asked[1] for asked in self.asked]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def mapper(server: Server, clock: VirtualClock) -> RESTMapper:
    return RESTMapper(server, clock=clock, refetch_seconds=0.5)


@pytest.fixture
def client(server: Server, mapper: RESTMapper) -> ApiClient:
    return ApiClient(server, mapper, field_manager="me", default_namespace="home")


async def test_aggregated_discovery_tells_all_kinds_in_two_requests(server: Server, mapper: RESTMapper) -> None:
    deployment = await mapper.resource_for("apps/v1/Deployment")
    config_map = await mapper.resource_for(GroupVersionKind("", "v1", "ConfigMap"))
    node = await mapper.resource_for("v1/Node")
    assert server.paths() == ["/api", "/apis"]
    assert (deployment.plural, deployment.namespaced, set(deployment.subresources)) == ("deployments", True, {"status"})
    assert config_map.short_names == ("cm",)
    assert (node.namespaced, node.singular) == (False, "node")


@pytest.mark.parametrize(
    "root", [{"kind": "APIGroupList", "groups": []}, api_error(403), api_error(503), api_error(406)]
)
async def test_a_server_without_it_is_asked_for_the_one_group_version(
    server: Server, mapper: RESTMapper, root: Any
) -> None:
    server.answers[("GET", "/api")] = server.answers[("GET", "/apis")] = root
    server.answers[("GET", "/apis/apps/v1")] = {
        "kind": "APIResourceList",
        "resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["list", "watch"]},
            {"name": "deployments/status", "kind": "Deployment", "namespaced": True, "verbs": ["get"]},
        ],
    }
    found = await mapper.resource_for("apps/v1/Deployment")
    assert (set(found.subresources), set(found.verbs)) == ({"status"}, {"list", "watch"})
    await mapper.resource_for("apps/v1/Deployment")
    assert server.paths() == ["/api", "/apis", "/apis/apps/v1"]


async def test_a_kind_that_appears_is_found_once_the_refusal_has_aged(
    server: Server, mapper: RESTMapper, clock: VirtualClock
) -> None:
    for _ in range(3):
        with pytest.raises(NoMatchError, match=r"serves no new.example/v1/Thing"):
            await mapper.resource_for("new.example/v1/Thing")
    server.answers[("GET", "/apis/new.example/v1")] = {
        "resources": [{"name": "things", "kind": "Thing", "namespaced": False, "verbs": []}]
    }
    with pytest.raises(NoMatchError):
        await mapper.resource_for("new.example/v1/Thing")
    await clock.advance(0.5)
    assert (await mapper.resource_for("new.example/v1/Thing")).plural == "things"
    assert server.paths().count("/apis/new.example/v1") == 2


@pytest.mark.parametrize(
    ("kind", "way_out"),
    [
        ("new.example/v1/Thing", ": apply its CustomResourceDefinition, such as with kubectl apply -f crds"),
        ("v1/Thing", ""),
        ("apps/v2/Thing", ""),
    ],
)
async def test_a_missing_custom_kind_is_reported_with_the_way_to_install_it(
    mapper: RESTMapper, kind: str, way_out: str
) -> None:
    with pytest.raises(NoMatchError) as caught:
        await mapper.resource_for(kind)
    assert str(caught.value) == f"the API server serves no {kind}{way_out}"


@pytest.mark.parametrize(
    ("kind", "way_out"),
    [
        (
            "new.example/v1/Widgit",
            (
                "; did you mean new.example/v1/Widget? If not, apply its CustomResourceDefinition, "
                "such as with kubectl apply -f crds"
            ),
        ),
        ("new.example/v2/Widget", "; did you mean new.example/v1/Widget?"),
        ("new.example/v1/Gadget", ": apply its CustomResourceDefinition, such as with kubectl apply -f crds"),
    ],
)
async def test_a_misspelt_kind_of_a_served_group_is_reported_with_the_one_that_is_meant(
    server: Server, mapper: RESTMapper, kind: str, way_out: str
) -> None:
    server.answers[("GET", "/apis/new.example/v1")] = {
        "resources": [{"name": "widgets", "kind": "Widget", "namespaced": True, "verbs": []}]
    }
    await mapper.resource_for("new.example/v1/Widget")
    with pytest.raises(NoMatchError) as caught:
        await mapper.resource_for(kind)
    assert str(caught.value) == f"the API server serves no {kind}{way_out}"


async def test_a_broken_group_hides_no_other(server: Server, mapper: RESTMapper) -> None:
    server.answers[("GET", "/apis/broken.example/v1")] = api_error(503, "ServiceUnavailable", "no endpoints")
    with pytest.raises(ServerError, match="no endpoints"):
        await mapper.resource_for("broken.example/v1/Thing")
    assert (await mapper.resource_for("v1/ConfigMap")).plural == "configmaps"


async def test_a_group_that_never_answers_keeps_nobody_else_waiting(server: Server, mapper: RESTMapper) -> None:
    server.answers[("GET", "/apis/hanging.example/v1")] = asyncio.Event()
    hanging = asyncio.ensure_future(mapper.resource_for("hanging.example/v1/Thing"))
    await asyncio.sleep(0)
    with pytest.raises(NoMatchError):
        await asyncio.wait_for(mapper.resource_for("other.example/v1/Thing"), 5)
    assert not hanging.done()
    hanging.cancel()


async def test_an_invalidated_kind_is_asked_for_again_and_may_have_changed(server: Server, mapper: RESTMapper) -> None:
    await mapper.resource_for("apps/v1/Deployment")
    mapper.invalidate(GroupVersionKind.parse("apps/v1/Deployment"))
    with pytest.raises(NoMatchError):
        await mapper.resource_for("apps/v1/Deployment")
    assert (await mapper.resource_for("v1/ConfigMap")).plural == "configmaps"
    mapper.invalidate()
    await mapper.resource_for("apps/v1/Deployment")
    assert server.paths().count("/apis") == 2


@pytest.mark.parametrize("slip", ["apps/v1/configmap", "v2/ConfigMap", "v1/configmaps", "v1/CM"])
async def test_a_slip_of_the_pen_gets_a_hint(mapper: RESTMapper, slip: str) -> None:
    with pytest.raises(NoMatchError, match="did you mean v1/ConfigMap"):
        await mapper.resource_for(slip)


async def test_discovery_that_is_no_json_is_a_failure_of_the_server(server: Server, mapper: RESTMapper) -> None:
    server.answers[("GET", "/apis/x/v1")] = ["not a document"]
    with pytest.raises(ServerError, match="cannot be read"):
        await mapper.resource_for("x/v1/Y")


async def test_objects_are_read_and_listed_in_pages(server: Server, client: ApiClient) -> None:
    path = "/api/v1/namespaces/home/configmaps"
    server.answers[("GET", f"{path}/a")] = {"kind": "ConfigMap"}
    pages = [
        {"metadata": {"continue": "t"}, "items": [{"metadata": {"name": "a"}}, {}]},
        {"metadata": {}, "items": [{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "b"}}]},
    ]
    server.answers[("GET", path)] = list(pages)
    assert await client.get("v1/ConfigMap", "a") == {"kind": "ConfigMap"}
    found = await client.list("v1/ConfigMap", "home", "x=y", "metadata.name!=z")
    assert [obj.get("metadata") for obj in found] == [{"name": "a"}, None, {"name": "b"}]
    assert {(obj["kind"], obj["apiVersion"]) for obj in found} == {("ConfigMap", "v1")}
    assert server.asked[-1][2] == {
        "labelSelector": "x=y", "fieldSelector": "metadata.name!=z", "limit": "500", "continue": "t",
    }  # fmt: skip


async def test_a_list_whose_pages_lead_nowhere_is_given_up(server: Server, client: ApiClient) -> None:
    server.answers[("GET", "/api/v1/configmaps")] = [{"metadata": {"continue": "t"}, "items": []}] * 2
    with pytest.raises(ApiConnectionError, match="same continue token twice"):
        await client.list("v1/ConfigMap")


async def test_a_list_whose_pages_expire_is_asked_for_in_one_piece(server: Server, client: ApiClient) -> None:
    path = "/api/v1/configmaps"
    first = {"metadata": {"continue": "t"}, "items": [{"metadata": {"name": "old"}}]}
    server.answers[("GET", path)] = [first, api_error(410, "Expired"), {"items": [{"metadata": {"name": "new"}}]}]
    assert [obj["metadata"]["name"] for obj in await client.list("v1/ConfigMap")] == ["new"]
    assert "limit" not in server.asked[-1][2]


async def test_writes_go_to_the_path_of_the_object_as_the_field_manager(server: Server, client: ApiClient) -> None:
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "ns"}}
    base = "/apis/apps/v1/namespaces/ns/deployments"
    for method, path in (("POST", base), ("PUT", f"{base}/d"), ("PUT", f"{base}/d/status"), ("PATCH", f"{base}/d")):
        server.answers[(method, path)] = obj
    server.answers[("PATCH", f"{base}/d/status")] = server.answers[("DELETE", f"{base}/d")] = obj
    assert await client.create(obj) == obj
    await client.update(obj)
    await client.update_status(obj)
    await client.patch("apps/v1/Deployment", "d", [{"op": "remove", "path": "/x"}], "ns", type="json")
    await client.patch_status("apps/v1/Deployment", NamespacedName("ns", "d"), {"ready": 1})
    await client.apply(obj, force=True)
    await client.delete("apps/v1/Deployment", "d", "ns", propagation="Foreground", uid="u", resource_version="3")
    asked = [(method, path, query, kind) for method, path, query, _, kind in server.asked[2:]]
    manager = {"fieldManager": "me"}
    assert asked == [
        ("POST", base, manager, "application/json"),
        ("PUT", f"{base}/d", manager, "application/json"),
        ("PUT", f"{base}/d/status", manager, "application/json"),
        ("PATCH", f"{base}/d", manager, "application/json-patch+json"),
        ("PATCH", f"{base}/d/status", manager, "application/merge-patch+json"),
        ("PATCH", f"{base}/d", {**manager, "force": "true"}, "application/apply-patch+yaml"),
        ("DELETE", f"{base}/d", {}, "application/json"),
    ]
    assert server.asked[-3][3] == {"status": {"ready": 1}}
    assert server.asked[-1][3]["preconditions"] == {"uid": "u", "resourceVersion": "3"}


async def test_the_body_of_an_apply_means_the_same_to_a_reader_of_yaml(server: Server, client: ApiClient) -> None:
    server.answers[("PATCH", "/api/v1/namespaces/ns/configmaps/c")] = {}
    every_character = " ".join(chr(number) for number in range(0x10100) if not 0xD800 <= number < 0xE000)
    texts = {"k": every_character, "\x85 \u2029": "\U000e0001\U0010ffff"}

    await client.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "ns"}, "data": texts}
    )

    assert yaml.load(server.bodies[-1], Loader=yaml.CSafeLoader)["data"] == texts
    assert server.asked[-1][3]["data"] == texts


async def test_cluster_scoped_objects_need_no_namespace_and_namespaced_ones_do(
    server: Server, mapper: RESTMapper
) -> None:
    client = ApiClient(server, mapper, field_manager="me")
    server.answers[("GET", "/api/v1/nodes/n")] = {"kind": "Node"}
    assert await client.get("v1/Node", "n", "ignored") == {"kind": "Node"}
    with pytest.raises(
        ValueError, match="no namespace is given for v1/ConfigMap 'a', which is namespaced: pass namespace="
    ):
        await client.get("v1/ConfigMap", "a")
    with pytest.raises(ValueError, match="without a name"):
        await client.get("v1/ConfigMap", "", "ns")
    with pytest.raises(ValueError, match="no apiVersion"):
        await client.create({"metadata": {"name": "a"}})


@pytest.mark.parametrize("body", [b"<html>503</html>", b"", b"[]", b"[" * 100_000, b'{"items":5}'])
async def test_an_answer_that_is_no_object_is_no_answer(client: ApiClient, server: Server, body: bytes) -> None:
    server.answers[("GET", "/api/v1/namespaces/home/configmaps")] = body
    with pytest.raises(ApiConnectionError, match="cannot be read"):
        await client.list("v1/ConfigMap", "home")
    if body.startswith(b"{"):
        return
    server.answers[("GET", "/api/v1/namespaces/home/configmaps/a")] = body
    with pytest.raises(ApiConnectionError, match="cannot be read"):
        await client.get("v1/ConfigMap", "a", "home")


@pytest.mark.parametrize("kind", ["Status", "Pod", "ConfigMapList"])
async def test_an_answer_of_another_kind_is_no_answer(client: ApiClient, server: Server, kind: str) -> None:
    path = "/api/v1/namespaces/home/configmaps/a"
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "home"}}
    body = json.dumps({"apiVersion": "v1", "kind": kind, "status": "Success", "metadata": {}}).encode()
    for method, address in (("GET", path), ("PUT", path), ("PATCH", path), ("POST", path.removesuffix("/a"))):
        server.answers[(method, address)] = body
    for call in (
        client.get("v1/ConfigMap", "a", "home"),
        client.update(obj),
        client.patch("v1/ConfigMap", "a", {}, "home"),
        client.apply(obj),
        client.create(obj),
    ):
        with pytest.raises(ApiConnectionError, match=f"a {kind} in place of a ConfigMap"):
            await call


@pytest.mark.parametrize("status", [400, 404, 405, 406, 409, 412, 413, 415, 422])
def test_the_page_of_a_gateway_says_nothing_about_the_request(status: int) -> None:
    error = error_of(status, b"\n <html><h1>Not Found</h1></html>")
    assert is_external(error)
    assert error.status == status
    assert not isinstance(error, NotFoundError | ConflictError)
    assert not is_external(error_of(status, b"404 page not found"))
    assert isinstance(error_of(403, b"<html>"), ForbiddenError)
    assert isinstance(error_of(429, b"<html>", "3"), TooManyRequestsError)


async def test_models_come_back_where_a_model_class_was_given(server: Server, client: ApiClient) -> None:
    from kubernetes_asyncio.client import V1ConfigMap, V1ObjectMeta, V1Secret

    path = "/api/v1/namespaces/home/configmaps"
    answer = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}, "data": {"k": "v"}}
    server.answers |= {("GET", f"{path}/a"): answer, ("GET", path): {"items": [answer]}, ("POST", path): answer}
    got = await client.get(V1ConfigMap, "a")
    assert isinstance(got, V1ConfigMap)
    assert (got.metadata.name, got.data) == ("a", {"k": "v"})
    assert isinstance((await client.list(V1ConfigMap, "home"))[0], V1ConfigMap)
    made = await client.create(V1ConfigMap(metadata=V1ObjectMeta(name="a"), data={"k": "v"}))
    assert isinstance(made, V1ConfigMap)
    assert server.asked[-1][3] == answer
    with pytest.raises(NoMatchError, match="V1Secret"):
        await client.get(V1Secret, "a")
    with pytest.raises(ValueError, match="as text"):
        await client.get(int, "a")


def test_a_failure_is_read_from_status_headers_or_text() -> None:
    body = json.dumps(
        {
            "kind": "Status",
            "reason": "Invalid",
            "message": "m",
            "details": {"causes": [{"field": "spec", "reason": "R"}], "retryAfterSeconds": 2},
        }
    ).encode()
    error = error_of(422, body)
    assert isinstance(error, InvalidError)
    assert (error.causes, error.retry_after_seconds) == (({"field": "spec", "reason": "R", "message": ""},), 2.0)
    assert isinstance(error_of(409, b'{"reason":"AlreadyExists"}'), AlreadyExistsError)
    assert isinstance(error_of(0, b'{"code":410}'), GoneError)
    assert isinstance(error_of(404, b""), NotFoundError)
    assert error_of(500, b"[" * 100_000).status == 500
    assert error_of(429, b'{"details":{"retryAfterSeconds":1%b}}' % (b"0" * 400)).retry_after_seconds in {None, 300.0}
    assert error_of(429, b'{"details":{"retryAfterSeconds":-5}}').retry_after_seconds == 0
    assert len(error_of(500, b"x" * 10**6).message) <= 4096


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        ("0", 0.0),
        (None, None),
        ("soon", None),
        ("Thu, 01 Jan 2026 00:00:09 GMT", 9.0),
        ("Thu, 01 Jan 2025 00:00:09 GMT", 0.0),
        ("9999999999", 300.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 300.0),
        ("Mon, 01 Jan 0001 00:00:00 +9900", None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, expected: float | None) -> None:
    assert retry_after_seconds(header, datetime(2026, 1, 1, tzinfo=UTC)) == expected


WRITES = [
    ("create", ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},)),
    ("update", ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},)),
    ("update_status", ({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}},)),
    ("patch", ("v1/ConfigMap", "a", {})),
    ("patch_status", ("apps/v1/Deployment", "a", {})),
    ("apply", ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},)),
]


class Anything(Server):
    """Answers each write with an empty object."""

    async def send(self, request: ApiRequest) -> Response:
        self.answers.setdefault((request.method, request.path), {})
        return await super().send(request)


@pytest.mark.parametrize(("call", "args"), WRITES, ids=[each[0] for each in WRITES])
async def test_each_write_says_who_owns_its_fields(clock: VirtualClock, call: str, args: tuple[dict[str, Any]]) -> None:
    server = Anything()
    client = ApiClient(server, RESTMapper(server, clock=clock), field_manager="me", default_namespace="home")
    await getattr(client, call)(*args)
    await getattr(client, call)(*args, field_manager="somebody else")
    await getattr(client.with_field_manager("mine"), call)(*args)
    assert [asked[2]["fieldManager"] for asked in server.asked[2:]] == ["me", "somebody else", "mine"]
    for refused in ("", "x" * 129, "\N{LATIN SMALL LETTER E WITH ACUTE}" * 65, "a\nb"):
        with pytest.raises(ValueError, match=r"field_manager .* must be 1 to 128 bytes"):
            await getattr(client, call)(*args, field_manager=refused)
    assert len(server.asked) == 5


async def test_models_are_written_wherever_they_stand_in_a_document(server: Server, client: ApiClient) -> None:
    from kubernetes_asyncio.client import V1ConfigMap, V1ObjectMeta

    path = "/api/v1/namespaces/home/configmaps"
    answer = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    server.answers |= {("PATCH", f"{path}/a"): answer, ("POST", path): answer}
    await client.patch("v1/ConfigMap", "a", cast("Any", V1ConfigMap(data={"k": "v"})))
    await client.patch("v1/ConfigMap", "a", {"metadata": V1ObjectMeta(labels={"l": "1"})})
    await client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": V1ObjectMeta(name="a")})
    sent = [asked[3] for asked in server.asked if asked[0] != "GET"]
    assert sent == [{"data": {"k": "v"}}, {"metadata": {"labels": {"l": "1"}}}, answer]


async def test_what_no_document_can_hold_is_named(client: ApiClient) -> None:
    with pytest.raises(TypeError, match=r"^data\.k\[0\]: a object cannot be written to the API server: make it a dict"):
        await client.patch("v1/ConfigMap", "a", {"data": {"k": [object()]}})
    with pytest.raises(TypeError, match=r"^data\['a\.b'\] is UNSET: leave the field out"):
        await client.patch("v1/ConfigMap", "a", {"data": {"a.b": UNSET}})


def test_a_kind_that_is_not_served_is_a_404_of_the_server_and_no_missing_object() -> None:
    error = pickle.loads(pickle.dumps(NoMatchError("the API server serves no a/v1/B")))
    assert isinstance(error, ApiError)
    assert not isinstance(error, NotFoundError)
    assert (error.status, error.reason, str(error)) == (404, "NoMatch", "the API server serves no a/v1/B")
    assert is_external(error)


def test_a_500_that_blames_the_applied_object_is_no_failure_of_the_server() -> None:
    what = "failed to create typed {} object (default/a; apps/v1, Kind=Deployment): .spec.replica: field not declared"
    refused = error_of(500, json.dumps({"kind": "Status", "message": what.format("patch")}).encode())
    assert isinstance(refused, InvalidError)
    assert (refused.status, is_external(refused)) == (500, False)
    assert is_external(error_of(500, json.dumps({"kind": "Status", "message": what.format("live")}).encode()))
