"""Large requests neither hold up the event loop nor lose a write that comes meanwhile."""

import asyncio
import io
import json
from typing import Any

import pytest

from kube_apiserver import ApiServer
from kube_apiserver.threads import off_loop
from tests.integration.kube_apiserver.conftest import JsonApi
from tests.loop_turns import counted_turns

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
APPLY = {"Content-Type": "application/apply-patch+yaml"}
MERGE = {"Content-Type": "application/merge-patch+json"}
# The requests below take at least ten times as many, and the loop's thread makes some thousands of them.
MOST_CALLS = 100_000
pytestmark = pytest.mark.embedded_only("it looks at the event loop of the server, and behind the wire")


def large(name: str, *, members: int = 25_000) -> dict[str, object]:
    data = {f"k{number:06}": "v" for number in range(members)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def definition(fields: int, *rules: str) -> dict[str, Any]:
    properties: dict[str, object] = {
        f"p{number}": {"type": "string", "maxLength": 9, "pattern": "^a+$"} for number in range(fields)
    }
    properties["l"] = {"type": "array", "maxItems": 100, "items": {"type": "integer"}}
    validations = {"x-kubernetes-validations": [{"rule": rule} for rule in rules]} if rules else {}
    spec = {"type": "object", "properties": properties, **validations}
    schema = {"type": "object", "properties": {"spec": spec}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "wides", "singular": "wide", "kind": "Wide", "listKind": "WideList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "wides.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]},
    }


async def eventually_served(api: JsonApi) -> None:
    async with asyncio.timeout(60):
        while (await api("GET", "/apis/example.com/v1/wides"))[0] != 200:
            pass


async def test_the_loop_turns_while_a_large_object_is_created_patched_and_applied(api: JsonApi) -> None:
    body = json.dumps(large("a")).encode()
    applied = json.dumps(large("b")).encode()
    async with counted_turns() as turns:
        for method, path, data, headers in (
            ("POST", CONFIG_MAPS, body, {"Content-Type": "application/json"}),
            ("PUT", f"{CONFIG_MAPS}/a", body, {"Content-Type": "application/json"}),
            ("PATCH", f"{CONFIG_MAPS}/a", b'{"data":{"x":"y"}}', MERGE),
            ("PATCH", f"{CONFIG_MAPS}/b?fieldManager=one", applied, APPLY),
            ("PATCH", f"{CONFIG_MAPS}/b?fieldManager=two", applied, APPLY),
        ):
            async with api.session.request(method, api.url + path, data=data, headers=headers) as answer:
                assert answer.status in (200, 201), await answer.text()
    assert turns.longest < MOST_CALLS


async def test_the_loop_turns_while_a_large_definition_is_created_and_served(api: JsonApi) -> None:
    body = json.dumps(definition(5000)).encode()
    headers = {"Content-Type": "application/json"}
    async with counted_turns() as turns:
        async with api.session.post(api.url + DEFINITIONS, data=body, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
        await eventually_served(api)
    assert turns.longest < MOST_CALLS


@pytest.mark.parametrize("verb", ["POST", "PUT"])
async def test_the_loop_turns_while_costly_rules_are_evaluated(api: JsonApi, verb: str) -> None:
    rule = "!has(self.l) || self.l.all(i, self.l.all(j, self.l.all(k, i + j + k >= 0)))"
    assert (await api("POST", DEFINITIONS, definition(1, rule)))[0] == 201
    await eventually_served(api)
    wides = "/apis/example.com/v1/namespaces/default/wides"
    wide: dict[str, object] = {"apiVersion": "example.com/v1", "kind": "Wide", "metadata": {"name": "a"}, "spec": {}}
    if verb == "PUT":
        wide = (await api("POST", wides, wide))[1]
    async with counted_turns() as turns:
        status, answer = await api(verb, f"{wides}/a" if verb == "PUT" else wides, {**wide, "spec": {"l": [1] * 100}})
    assert (status, "cost exceeds limit" in answer["message"]) == (422, True)
    assert turns.longest < MOST_CALLS


async def test_the_loop_turns_while_duplicate_members_are_found(api: JsonApi) -> None:
    members = ",".join(f'"k{number // 2}":"v"' for number in range(100_000))
    head = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"d"},"data":'
    body = f"{head}{{{members}}}}}".encode()
    async with counted_turns() as turns:
        url = f"{api.url}{CONFIG_MAPS}?fieldValidation=Strict"
        async with api.session.post(url, data=io.BytesIO(body), headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == 400
            assert 'duplicate field "data.k0"' in (await answer.json())["message"]
    assert turns.longest < MOST_CALLS


async def test_the_loop_turns_while_a_part_of_a_small_object_is_copied_often(api: JsonApi) -> None:
    free = definition(1)
    free["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] = True
    assert (await api("POST", DEFINITIONS, free))[0] == 201
    await eventually_served(api)
    wides = "/apis/example.com/v1/namespaces/default/wides"
    wide = {"apiVersion": "example.com/v1", "kind": "Wide", "metadata": {"name": "a"}, "from": [{"k": 1}] * 500}
    assert (await api("POST", wides, wide))[0] == 201
    body = json.dumps([{"op": "copy", "from": "/from", "path": "/to"}] * 30).encode()
    async with counted_turns() as turns:
        headers = {"Content-Type": "application/json-patch+json"}
        async with api.session.patch(f"{api.url}{wides}/a", data=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
    assert turns.longest < MOST_CALLS


async def test_the_loop_turns_while_long_roles_are_aggregated(api: JsonApi) -> None:
    rules = [{"apiGroups": ["a"], "resources": [f"r{number}"], "verbs": ["get"]} for number in range(5000)]
    metadata = {"name": "long", "labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}}
    selectors = [{"matchLabels": {"none": str(number)}} for number in range(5000)]
    async with counted_turns() as turns:
        selecting = {"metadata": {"name": "selecting"}, "aggregationRule": {"clusterRoleSelectors": selectors}}
        for role in (selecting, {"metadata": metadata, "rules": rules}):
            status, answer = await api("POST", ROLES, role)
            assert status == 201, answer
        async with asyncio.timeout(60):
            for name in ("view", "edit", "admin"):
                while len((await api("GET", f"{ROLES}/{name}"))[1]["rules"]) < len(rules):
                    pass
    assert turns.longest < MOST_CALLS


async def test_no_patch_of_a_large_object_undoes_another(api: JsonApi) -> None:
    assert (await api("POST", CONFIG_MAPS, large("a", members=3000)))[0] == 201

    async def label(name: str) -> int:
        while True:
            status, _ = await api("PATCH", f"{CONFIG_MAPS}/a", {"metadata": {"labels": {name: "x"}}}, headers=MERGE)
            if status != 409:
                return status

    names = [f"l{number}" for number in range(6)]
    assert set(await asyncio.gather(*map(label, names))) == {200}
    _, found = await api("GET", f"{CONFIG_MAPS}/a")
    assert sorted(found["metadata"]["labels"]) == names


async def test_a_write_that_overtakes_a_large_patch_is_kept(
    api: JsonApi, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await api("POST", CONFIG_MAPS, large("a", members=10_000)))[0] == 201
    store = api_server.cluster.store
    resource = api_server.cluster.registry.find("", "v1", "configmaps")
    assert resource is not None
    overtaken: list[object] = []

    async def overtaking(is_long: bool, *args: Any, **options: Any) -> Any:
        done = await off_loop(is_long, *args, **options)
        if not overtaken:
            obj = store.bucket("configmaps").items["default/a"].decode()
            obj["data"]["two"] = "y"
            overtaken.append(store.put("configmaps", obj, resource.storage_version, resource.kind))
        return done

    monkeypatch.setattr("kube_apiserver.verbs.updating.off_loop", overtaking)
    change = {"metadata": {"labels": {"one": "x"}}}
    assert (await api("PATCH", f"{CONFIG_MAPS}/a", change, headers=MERGE))[0] == 200
    assert overtaken
    _, found = await api("GET", f"{CONFIG_MAPS}/a")
    assert found["data"]["two"] == "y"
    assert found["metadata"]["labels"] == {"one": "x"}


@pytest.mark.parametrize("verb", ["POST", "PATCH"])
async def test_a_large_object_of_an_absent_namespace_is_not_found(api: JsonApi, verb: str) -> None:
    path = "/api/v1/namespaces/nowhere/configmaps"
    query = {"fieldManager": "one"} if verb == "PATCH" else {}
    target = f"{path}/a" if verb == "PATCH" else path
    headers = APPLY if verb == "PATCH" else None
    status, answer = await api(verb, target, large("a", members=5000), headers=headers, **query)
    assert (status, answer["reason"]) == (404, "NotFound")
