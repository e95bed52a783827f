"""patch over HTTP."""

import json
import os
from typing import Any

import pytest

from tests.integration.kube_apiserver.conftest import JsonApi

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

CONFIGMAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"


async def patched(
    api: JsonApi, path: str, media: str, body: dict[str, Any] | list[dict[str, str]]
) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": media}
    async with api.session.patch(api.url + path, data=json.dumps(body).encode(), headers=headers) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/merge-patch+json", {"data": {"x": None, "y": "2"}}),
        ("application/strategic-merge-patch+json", {"data": {"x": None, "y": "2"}}),
        (
            "application/json-patch+json",
            [{"op": "remove", "path": "/data/x"}, {"op": "add", "path": "/data/y", "value": "2"}],
        ),
    ],
)
async def test_each_patch_type_changes_an_object(
    api: JsonApi, media: str, body: dict[str, Any] | list[dict[str, str]]
) -> None:
    await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}, "data": {"x": "1", "z": "3"}})
    status, changed = await patched(api, f"{CONFIGMAPS}/a", media, body)
    assert (status, changed["data"]) == (200, {"y": "2", "z": "3"})


async def test_a_strategic_patch_merges_containers_by_name(api: JsonApi) -> None:
    path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "one", "image": "one:1"}]}}
    deployment = {"metadata": {"name": "d"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}
    status, created = await api("POST", path, deployment)
    assert (status, created["metadata"]["generation"]) == (201, 1), created
    change = {"spec": {"template": {"spec": {"containers": [{"name": "two", "image": "two:1"}]}}}}
    status, changed = await patched(api, f"{path}/d", "application/strategic-merge-patch+json", change)
    assert status == 200, changed
    names = {entry["name"] for entry in changed["spec"]["template"]["spec"]["containers"]}
    assert names == {"one", "two"}
    assert changed["metadata"]["generation"] == 2


async def test_a_patch_with_an_old_resource_version_is_a_conflict(api: JsonApi) -> None:
    await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
    body = {"metadata": {"resourceVersion": "1"}, "data": {"x": "1"}}
    status, failure = await patched(api, f"{CONFIGMAPS}/a", "application/merge-patch+json", body)
    assert (status, failure["reason"]) == (409, "Conflict")


async def test_an_unknown_patch_type_is_refused(api: JsonApi) -> None:
    await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
    status, failure = await patched(api, f"{CONFIGMAPS}/a", "application/json", {})
    assert (status, failure["reason"]) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize("labels", [7, {"a": 1}])
async def test_a_patch_to_metadata_of_a_wrong_type_is_invalid(api: JsonApi, labels: Any) -> None:
    await api("POST", CONFIGMAPS, {"metadata": {"name": "typed"}})
    body = {"metadata": {"labels": labels}}
    status, failure = await patched(api, f"{CONFIGMAPS}/typed", "application/merge-patch+json", body)
    assert (status, failure["details"]["causes"][0]["field"]) == (422, "patch")
