"""watch over HTTP."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ClientResponse

from kube_apiserver import ApiServer
from plugin_operator.testing.eventually import eventually
from tests.integration.kube_apiserver.conftest import JsonApi

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

CONFIGMAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"


@asynccontextmanager
async def watching(api: JsonApi, path: str = CONFIGMAPS, **query: Any) -> AsyncIterator[aiohttp.ClientResponse]:
    async with api.session.get(api.url + path, params={"watch": "1", **query}) as response:
        assert response.status == 200, await response.text()
        yield response


async def next_event(response: ClientResponse) -> tuple[str, dict[str, Any]]:
    line = await response.content.readline()
    event = json.loads(line)
    return event["type"], event["object"]


async def events(response: ClientResponse) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in response.content]


async def test_a_watch_replays_from_a_revision(api: JsonApi) -> None:
    _, first = await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
    await api("POST", CONFIGMAPS, {"metadata": {"name": "b"}})
    await api("DELETE", f"{CONFIGMAPS}/a")
    async with watching(api, resourceVersion=first["metadata"]["resourceVersion"]) as stream:
        kind, obj = await next_event(stream)
        assert (kind, obj["metadata"]["name"]) == ("ADDED", "b")
        kind, obj = await next_event(stream)
        assert (kind, obj["metadata"]["name"]) == ("DELETED", "a")
        assert int(obj["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])


async def test_a_streaming_list_ends_with_its_bookmark(api: JsonApi) -> None:
    await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    async with watching(api, **query) as stream:
        kind, obj = await next_event(stream)
        assert (kind, obj["metadata"]["name"]) == ("ADDED", "a")
        kind, obj = await next_event(stream)
        assert kind == "BOOKMARK"
        assert obj["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


@pytest.mark.embedded_only("it compacts the history")
async def test_a_compacted_revision_is_gone(api: JsonApi, api_server: ApiServer) -> None:
    _, first = await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
    await api("POST", CONFIGMAPS, {"metadata": {"name": "b"}})
    api_server.cluster.store.compact()
    async with watching(api, resourceVersion=first["metadata"]["resourceVersion"]) as stream:
        kind, failure = await next_event(stream)
        assert (kind, failure["code"], failure["reason"]) == ("ERROR", 410, "Expired")
        assert not await stream.content.readline()


async def test_an_object_enters_and_leaves_a_selecting_watch(api: JsonApi) -> None:
    _, obj = await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
    start = obj["metadata"]["resourceVersion"]
    async with watching(api, resourceVersion=start, labelSelector="app=x") as stream:
        obj["metadata"]["labels"] = {"app": "x"}
        _, obj = await api("PUT", f"{CONFIGMAPS}/a", obj)
        assert (await next_event(stream))[0] == "ADDED"
        obj["metadata"]["labels"] = {"app": "x", "more": "y"}
        _, obj = await api("PUT", f"{CONFIGMAPS}/a", obj)
        assert (await next_event(stream))[0] == "MODIFIED"
        obj["metadata"]["labels"] = {"app": "z"}
        await api("PUT", f"{CONFIGMAPS}/a", obj)
        assert (await next_event(stream))[0] == "DELETED"


async def test_a_watch_ends_at_its_timeout_with_a_bookmark(api: JsonApi) -> None:
    await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
    async with watching(api, timeoutSeconds="1", allowWatchBookmarks="true") as stream:
        assert [event["type"] for event in await events(stream)] == ["ADDED", "BOOKMARK"]


@pytest.mark.embedded_only("it counts the listeners behind the wire")
async def test_a_client_that_leaves_is_forgotten(api: JsonApi, api_server: ApiServer) -> None:
    bucket = api_server.cluster.store.bucket("configmaps")
    async with watching(api) as stream:
        await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
        await next_event(stream)
        stream.close()
    for name in "bcdefgh":
        await api("POST", CONFIGMAPS, {"metadata": {"name": name}})
    assert bucket.listener_count == 0


WIDGETS = f"/apis/example.org/v1/namespaces/{NAMESPACE}/widgets"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture
async def widget(api: JsonApi) -> dict[str, Any]:
    """An object of a kind of its own."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
    spec = {"group": "example.org", "scope": "Namespaced", "names": names, "versions": versions}
    await api("POST", DEFINITIONS, {"metadata": {"name": "widgets.example.org"}, "spec": spec})
    made = {}

    async def served() -> bool:
        status, obj = await api(
            "POST", WIDGETS, {"metadata": {"name": "a"}, "apiVersion": "example.org/v1", "kind": "Widget"}
        )
        if status == 201:
            made.update(obj)
        return status == 201

    await eventually(served)
    return made


async def test_a_watch_ends_with_the_definition_of_its_kind(api: JsonApi, widget: dict[str, Any]) -> None:
    async with watching(api, WIDGETS, resourceVersion=widget["metadata"]["resourceVersion"]) as stream:
        await api("DELETE", f"{DEFINITIONS}/widgets.example.org")
        seen = await asyncio.wait_for(events(stream), 60)
    assert [(event["type"], event["object"]["metadata"]["name"]) for event in seen] == [("DELETED", "a")]


async def test_a_watch_ends_when_the_definition_of_its_kind_changes(api: JsonApi, widget: dict[str, Any]) -> None:
    async with watching(api, WIDGETS, resourceVersion=widget["metadata"]["resourceVersion"]) as stream:
        schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}
        versions = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
        status, _ = await api(
            "PATCH", f"{DEFINITIONS}/widgets.example.org", {"spec": {"versions": versions}},
            headers={"Content-Type": "application/merge-patch+json"},
        )  # fmt: skip
        assert status == 200
        assert await asyncio.wait_for(events(stream), 60) == []


@pytest.mark.parametrize("accept", ["application/json", "application/json;as=Table;v=v1;g=meta.k8s.io"])
async def test_every_kind_has_a_bookmark_in_each_form(api: JsonApi, accept: str) -> None:
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    _, groups = await api("GET", "/apis")
    versions = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups["groups"])]
    for version in versions:
        _, found = await api("GET", version)
        for resource in found["resources"]:
            if "watch" not in resource["verbs"]:
                continue
            url, headers = f"{api.url}{version}/{resource['name']}", {"Accept": accept}
            async with api.session.get(url, params={"watch": "1", **query}, headers=headers) as stream:
                kinds = [(await next_event(stream))[0]]
                while kinds[-1] == "ADDED":
                    kinds.append((await next_event(stream))[0])
                assert kinds[-1] == "BOOKMARK", resource["name"]
