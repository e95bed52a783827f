"""The helpers of a Context take dicts and the typed models of kubernetes-asyncio alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin_operator.client.models import to_model
from plugin_operator.plugin.context.conditions import set_condition
from plugin_operator.plugin.context.event_correlator import Reference
from plugin_operator.plugin.context.finalizers import ensure_finalizer, has_finalizer, remove_finalizer

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Server:
    """Keeps the finalizers of one Deployment."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.version = 1

    async def patch(self, kind: Any, name: str, patch: Any, namespace: str | None = None) -> Any:
        self.asked.append((kind, name, namespace, patch))
        self.version += 1
        answer = deployment(self.version, patch["metadata"]["finalizers"])
        return answer if not isinstance(kind, type) else typed(answer)


def deployment(version: int = 1, finalizers: list[str] | None = None, **more: Any) -> dict[str, Any]:
    metadata = {"name": "d", "namespace": "ns", "uid": "u", "resourceVersion": str(version), "generation": 3}
    metadata |= {"finalizers": finalizers} if finalizers else {}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata | more}


def typed(obj: dict[str, Any]) -> Any:
    import msgspec
    from kubernetes_asyncio.client import V1Deployment

    return to_model(msgspec.json.encode(obj), V1Deployment)


async def test_finalizers_of_a_model_are_added_and_removed() -> None:
    server, model = Server(), typed(deployment(finalizers=["other/x"]))
    assert await ensure_finalizer(server, model, "mine/x")
    assert has_finalizer(model, "mine/x")
    assert model.metadata.resource_version == "2"
    assert not await ensure_finalizer(server, model, "mine/x")
    assert await remove_finalizer(server, model, "mine/x")
    assert not await remove_finalizer(server, model, "mine/x")
    assert [each[3]["metadata"] for each in server.asked] == [
        {"finalizers": ["other/x", "mine/x"], "resourceVersion": "1"},
        {"finalizers": ["other/x"], "resourceVersion": "2"},
    ]
    assert {each[1:3] for each in server.asked} == {("d", "ns")}


async def test_a_model_that_is_being_deleted_gets_no_finalizer() -> None:
    server = Server()
    assert not await ensure_finalizer(server, typed(deployment(deletionTimestamp="2026-01-01T00:00:00Z")), "mine/x")
    assert server.asked == []


def test_a_condition_of_a_model_changes_only_when_it_changes() -> None:
    model = typed(deployment())
    assert set_condition(model, "Ready", True, "Done", "all there", now=NOW)
    (condition,) = model.status.conditions
    assert type(condition).__name__ == "V1DeploymentCondition"
    assert (condition.type, condition.status, condition.reason) == ("Ready", "True", "Done")
    assert condition.last_transition_time == NOW
    # A DeploymentCondition has no observedGeneration: that must not count as a change each time.
    assert not set_condition(model, "Ready", True, "Done", "all there", now=NOW + timedelta(hours=1))
    assert set_condition(model, "Ready", False, "Gone", "none", now=NOW + timedelta(hours=1))
    assert model.status.conditions[0].last_transition_time == NOW + timedelta(hours=1)
    with pytest.raises(ValueError, match="needs a reason"):
        set_condition(model, "Ready", True, "", "", now=NOW)


def test_a_model_without_a_status_has_no_conditions() -> None:
    from kubernetes_asyncio.client import V1ConfigMap, V1ObjectMeta

    with pytest.raises(TypeError, match="V1ConfigMap has no status"):
        set_condition(V1ConfigMap(metadata=V1ObjectMeta(name="a")), "Ready", True, "Done", "", now=NOW)


def test_events_may_be_about_a_model() -> None:
    assert Reference.to(typed(deployment())) == Reference.to(deployment())
    from kubernetes_asyncio.client import V1ObjectReference

    reference = V1ObjectReference(api_version="v1", kind="Node", name="n", uid="u")
    assert Reference.to(reference) == Reference("v1", "Node", "", "n", "u", "")


@pytest.mark.parametrize("odd", [None, "text", 7, {}, {"metadata": None}, object(), int])
async def test_what_is_no_object_is_named(odd: Any) -> None:
    with pytest.raises(TypeError, match="is not an API object: pass a dict with metadata, or a typed object"):
        await ensure_finalizer(Server(), odd, "mine/x")
