"""OpenAPI documents."""

import json
from collections.abc import Iterator
from typing import Any

from kube_apiserver import openapi

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


def document_of(name: str, *definitions: dict[str, Any]) -> dict[str, Any]:
    found = openapi.document(name, definitions)
    assert found is not None, f"no document {name}"
    result: dict[str, Any] = json.loads(found)
    return result


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


def test_every_document_in_the_index_exists_and_refers_only_to_itself() -> None:
    for name in openapi.index([CRD])["paths"]:
        document = document_of(name, CRD)
        schemas = document["components"]["schemas"]
        assert {one.removeprefix("#/components/schemas/") for one in references(document)} <= schemas.keys(), name


def test_writes_take_field_validation_and_dry_run() -> None:
    document = document_of("apis/apps/v1")
    path = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
    names = {parameter["name"] for parameter in path["patch"]["parameters"]}
    assert {"fieldValidation", "dryRun", "fieldManager", "force"} <= names
    assert path["patch"]["x-kubernetes-group-version-kind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}


def test_built_in_fields_have_descriptions_from_the_installed_models() -> None:
    document = document_of("api/v1")
    data = document["components"]["schemas"]["io.k8s.api.core.v1.ConfigMap"]["properties"]["data"]
    assert data["description"].startswith("Data contains the configuration data.")


def test_a_custom_kind_is_published_with_its_metadata() -> None:
    document = document_of("apis/example.com/v1", CRD)
    schema = document["components"]["schemas"]["com.example.v1.Gadget"]
    assert set(schema["properties"]) == {"apiVersion", "kind", "metadata", "spec"}
    assert "/apis/example.com/v1/namespaces/{namespace}/gadgets/{name}/status" in document["paths"]


def test_an_unknown_document_is_none() -> None:
    assert openapi.document("apis/nothing/v1") is None


def test_hashes_follow_the_schema_and_not_the_metadata() -> None:
    touched = {**CRD, "metadata": {"name": "gadgets.example.com", "resourceVersion": "2"}}
    changed = {**CRD, "spec": {**CRD["spec"], "versions": [{**CRD["spec"]["versions"][0], "schema": {}}]}}
    first = openapi.document_hash("apis/example.com/v1", [CRD])
    assert openapi.document_hash("apis/example.com/v1", [touched]) == first
    assert openapi.document_hash("apis/example.com/v1", [changed]) != first
    assert openapi.document_hash("api/v1", [CRD]) == openapi.document_hash("api/v1")


def test_version_two_refers_only_to_itself() -> None:
    document = json.loads(openapi.v2([CRD]))
    assert {one.removeprefix("#/definitions/") for one in references(document)} <= document["definitions"].keys()
    assert document["swagger"] == "2.0"
