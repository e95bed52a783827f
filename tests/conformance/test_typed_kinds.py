"""What kube-apiserver has by itself can be read with the classes of built-in kinds; unchanged, it has no patch."""

import asyncio
from typing import Any

import msgspec
import pytest

from kube_apiserver.schema import facts
from plugin_operator.kube.definitions import definition_of
from plugin_operator.kube.objects.decoding import decode
from plugin_operator.kube.objects.differences.changes import changes
from tests.conformance.differential.targets import Target
from tests.pairs.sending import session
from tests.typed_kinds import class_of

LISTED = [each for each in facts.resources() if "list" in each.verbs]
#: There on every server, before anybody creates an object.
ALWAYS = {
    "Namespace",
    "Service",
    "ClusterRole",
    "FlowSchema",
    "PriorityLevelConfiguration",
    "APIService",
    "PriorityClass",
}


#: Go writes null in the answers to these.
CREATED: dict[str, dict[str, Any]] = {
    "ClusterRole": {},
    "EndpointSlice": {"addressType": "IPv4"},
    "HorizontalPodAutoscaler": {
        "spec": {"maxReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}}
    },
}


async def _lists(target: Target) -> list[tuple[facts.ResourceFacts, list[dict[str, Any]]]]:
    found = []
    async with session(target) as opened:
        for resource in LISTED:
            root = f"/apis/{resource.group}" if resource.group else "/api"
            async with opened.get(f"{root}/{resource.version}/{resource.plural}") as answer:
                assert answer.status == 200, await answer.text()
                found.append((resource, (await answer.json())["items"] or []))
    return found


def test_the_objects_of_a_fresh_server_are_read_and_have_no_patch(real_server: Target) -> None:
    seen = set()
    for resource, items in asyncio.run(_lists(real_server)):
        cls = class_of(resource)
        gvk = definition_of(cls).gvk
        for item in items:
            raw = msgspec.json.encode({"apiVersion": gvk.api_version, "kind": gvk.kind, **item})
            assert changes(decode(cls, gvk, raw), gvk, parts=cls.__struct_encode_fields__) == {}
            seen.add(resource.kind)
    assert seen >= ALWAYS


async def _created(target: Target, resource: facts.ResourceFacts, body: dict[str, Any]) -> bytes:
    path = f"/apis/{resource.group}/{resource.version}"
    path += f"/namespaces/default/{resource.plural}" if resource.namespaced else f"/{resource.plural}"
    head = {"apiVersion": f"{resource.group}/{resource.version}", "kind": resource.kind, "metadata": {"name": "a"}}
    async with session(target) as opened, opened.post(path, params={"dryRun": "All"}, json={**head, **body}) as answer:
        assert answer.status == 201, await answer.text()
        return await answer.read()


@pytest.mark.parametrize("kind", CREATED)
async def test_null_in_an_answer_is_read_as_an_empty_list(kind: str, real_server: Target) -> None:
    resource = next(each for each in LISTED if each.kind == kind)
    raw = await _created(real_server, resource, CREATED[kind])
    gvk = definition_of(class_of(resource)).gvk

    assert b":null" in raw
    assert changes(decode(class_of(resource), gvk, raw), gvk, parts=class_of(resource).__struct_encode_fields__) == {}
