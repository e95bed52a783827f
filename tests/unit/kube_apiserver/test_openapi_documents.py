"""OpenAPI documents."""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from kube_apiserver.openapi.documents import document
from kube_apiserver.openapi.publisher import Publisher
from kube_apiserver.openapi.v2 import v2
from kube_apiserver.registry import Registry
from kube_apiserver.registry.builtin_resources import served_builtin_resources
from kube_apiserver.registry.custom_resources import served_custom_resources
from plugin_operator.testing.eventually import eventually

CRD: dict[str, Any] = {
    "metadata": {"name": "gadgets.example.com", "resourceVersion": "1"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "gadgets", "kind": "Gadget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}},
            }
        ],
    },
}


class Server:
    """A registry with its publisher, as one server has them."""

    def __init__(self, *definitions: Mapping[str, Any]) -> None:
        self.registry = Registry(served_builtin_resources())
        self.publisher = Publisher(self.registry)
        for definition in definitions:
            self.serve(definition)

    def serve(self, definition: Mapping[str, Any]) -> None:
        for resource in served_custom_resources(definition):
            self.registry.add(resource)

    async def document(self, name: str) -> dict[str, Any]:
        found = await self.publisher.find(name)
        assert found is not None, f"no document {name}"
        result: dict[str, Any] = json.loads(await found.body())
        return result

    async def digest(self, name: str) -> str:
        found = await self.publisher.find(name)
        assert found is not None, f"no document {name}"
        return found.digest


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            if key == "$ref" and isinstance(member, str):
                yield member
            else:
                yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


async def test_every_document_in_the_index_exists_and_refers_only_to_itself() -> None:
    server = Server(CRD)
    for name in (await server.publisher.index())["paths"]:
        found = await server.document(name)
        schemas = found["components"].get("schemas", {})
        assert {one.removeprefix("#/components/schemas/") for one in references(found)} <= schemas.keys(), name


async def test_writes_take_field_validation_and_dry_run() -> None:
    found = await Server().document("apis/apps/v1")
    path = found["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
    names = {parameter["name"] for parameter in path["patch"]["parameters"]}
    assert {"fieldValidation", "dryRun", "fieldManager", "force"} <= names
    assert path["patch"]["x-kubernetes-group-version-kind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}


async def test_built_in_fields_have_descriptions_from_the_installed_models() -> None:
    found = await Server().document("api/v1")
    data = found["components"]["schemas"]["io.k8s.api.core.v1.ConfigMap"]["properties"]["data"]
    assert data["description"].startswith("Data contains the configuration data.")


async def test_a_custom_kind_is_published_with_its_metadata() -> None:
    found = await Server(CRD).document("apis/example.com/v1")
    schema = found["components"]["schemas"]["com.example.v1.Gadget"]
    assert set(schema["properties"]) == {"apiVersion", "kind", "metadata", "spec"}
    assert "/apis/example.com/v1/namespaces/{namespace}/gadgets/{name}/status" in found["paths"]


async def test_a_custom_kind_has_the_descriptions_that_all_kinds_have() -> None:
    found = await Server(CRD).document("apis/example.com/v1")
    schemas = found["components"]["schemas"]
    for name in ("com.example.v1.Gadget", "com.example.v1.GadgetList"):
        assert schemas[name]["properties"]["apiVersion"]["description"].startswith("APIVersion defines"), name
        assert schemas[name]["properties"]["metadata"]["description"].startswith("Standard "), name


def test_the_second_version_has_only_the_type_of_a_kind_that_keeps_unknown_fields() -> None:
    gvk = {"x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Gadget"}]}
    kind = {"type": "object", "properties": {"a": {"type": "string"}}, "x-kubernetes-preserve-unknown-fields": True}

    chosen = {"x-kubernetes-selectable-fields": [{"fieldPath": "spec.a"}]}
    assert in_second_version({**kind, **gvk, **chosen}) == {"type": "object", **gvk, **chosen}


@pytest.mark.parametrize("more", [{"properties": {"b": {"type": "string"}}}, {"type": "array", "items": {}}])
def test_the_second_version_has_no_type_of_a_field_that_keeps_unknown_fields(more: dict[str, Any]) -> None:
    keeps = {"x-kubernetes-preserve-unknown-fields": True}
    whole = {"type": "object", "properties": {"a": {"type": "object", **keeps, **more}}}

    assert in_second_version(whole) == {"type": "object", "properties": {"a": keeps}}


def test_the_second_version_requires_no_nullable_field_and_has_no_branches() -> None:
    fields = {"a": {"type": "string", "nullable": True}, "b": {"type": "string", "allOf": [{"minLength": 1}]}}

    assert in_second_version({"type": "object", "required": ["a", "b"], "properties": fields}) == {
        "type": "object",
        "required": ["b"],
        "properties": {"a": {}, "b": {"type": "string"}},
    }


def in_second_version(schema: Mapping[str, Any]) -> dict[str, Any]:
    whole = json.loads(v2([json.dumps({"paths": {}, "components": {"schemas": {"one": schema}}}).encode()]))
    found: dict[str, Any] = whole["definitions"]["one"]
    return found


async def test_groups_and_discovery_have_documents_of_their_own() -> None:
    server = Server(CRD)
    found = await server.document("apis/rbac.authorization.k8s.io")
    path = found["paths"]["/apis/rbac.authorization.k8s.io/"]["get"]
    assert (path["tags"], path["operationId"]) == (["rbacAuthorization"], "getRbacAuthorizationAPIGroup")
    names = (await server.publisher.index())["paths"].keys()
    assert {"api", "apis", "version", ".well-known/openid-configuration", "openid/v1/jwks"} <= names
    assert "apis/example.com" not in names


async def test_a_document_of_custom_kinds_says_what_their_paths_take() -> None:
    found = await Server(CRD).document("apis/example.com/v1")
    path = "/apis/example.com/v1/namespaces/{namespace}/gadgets"
    created, listed = (found["paths"][path][method] for method in ("post", "get"))
    media = ["application/json", "application/yaml"]
    assert list(created["requestBody"]["content"]) == list(listed["responses"]["200"]["content"]) == media
    assert "requestBody" not in found["paths"][path]["delete"]
    assert "/apis/example.com/v1/" not in found["paths"]
    assert found["info"]["title"] == "Kubernetes CRD Swagger"


async def test_an_unknown_document_is_none() -> None:
    assert await Server().publisher.find("apis/nothing/v1") is None


async def test_hashes_follow_the_schema_and_not_the_metadata() -> None:
    touched = {**CRD, "metadata": {"name": "gadgets.example.com", "resourceVersion": "2"}}
    changed = {**CRD, "spec": {**CRD["spec"], "versions": [{**CRD["spec"]["versions"][0], "schema": {}}]}}
    server = Server(CRD)
    first, core = await server.digest("apis/example.com/v1"), await server.digest("api/v1")
    server.serve(touched)
    assert await server.digest("apis/example.com/v1") == first
    server.serve(changed)
    assert await server.digest("apis/example.com/v1") != first
    assert await server.digest("api/v1") == core


async def test_a_document_goes_with_its_last_definition() -> None:
    server = Server(CRD)
    assert await server.publisher.find("apis/example.com/v1") is not None
    for resource in served_custom_resources(CRD):
        server.registry.remove(resource)
    assert await server.publisher.find("apis/example.com/v1") is None


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Record the name of each document that is built, and whether the loop's own thread built it."""
    built: list[tuple[str, bool]] = []

    def recording(name: str, *args: Any) -> bytes:
        built.append((name, threading.current_thread() is threading.main_thread()))
        return document(name, *args)

    monkeypatch.setattr("kube_apiserver.openapi.publisher.document", recording)
    return built


async def test_a_document_is_built_off_the_loop_and_once_for_all_that_ask(builds: list[tuple[str, bool]]) -> None:
    server = Server(CRD)
    await asyncio.gather(*(server.document("apis/example.com/v1") for _ in range(5)))
    await server.document("apis/example.com/v1")
    assert builds == [("apis/example.com/v1", False)]


async def test_a_change_of_one_group_version_leaves_the_others_built(builds: list[tuple[str, bool]]) -> None:
    other = {**CRD, "metadata": {"name": "gadgets.example.org"}, "spec": {**CRD["spec"], "group": "example.org"}}
    server = Server(CRD, other)
    await server.document("apis/example.com/v1")
    await server.document("apis/example.org/v1")
    server.serve({**other, "spec": {**other["spec"], "scope": "Cluster"}})
    await server.document("apis/example.com/v1")
    await server.document("apis/example.org/v1")
    assert [name for name, _ in builds] == ["apis/example.com/v1", "apis/example.org/v1", "apis/example.org/v1"]


async def test_a_build_that_fails_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(CRD)
    answers = iter([MemoryError("no room")])

    def failing(name: str, *args: Any) -> bytes:
        for error in answers:
            raise error
        return document(name, *args)

    monkeypatch.setattr("kube_apiserver.openapi.publisher.document", failing)
    with pytest.raises(MemoryError):
        await server.document("apis/example.com/v1")
    assert await server.document("apis/example.com/v1")


async def test_a_client_that_gives_up_does_not_stop_the_build_for_others(builds: list[tuple[str, bool]]) -> None:
    server = Server(CRD)
    asked = [asyncio.create_task(server.document("apis/example.com/v1")) for _ in range(2)]
    await eventually(lambda: bool(builds))
    asked[0].cancel()
    assert await asked[1]
    assert len(builds) == 1


async def test_version_two_refers_only_to_itself() -> None:
    found = json.loads(await (await Server(CRD).publisher.version_two()).body())
    assert {one.removeprefix("#/definitions/") for one in references(found)} <= found["definitions"].keys()
    assert found["swagger"] == "2.0"
