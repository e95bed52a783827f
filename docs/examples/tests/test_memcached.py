"""What ``memcached.py`` does, on a cluster of its own in virtual time."""

from typing import Any

from plugin_operator.testing import Scenario, scenario

PLUGIN, KIND = "../plugins/memcached.py", "example.com/v1/Memcached"
LABELS = {"app.kubernetes.io/name": "memcached", "app.kubernetes.io/instance": "cache"}


def memcached(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "cache", "namespace": "default"}
    return {"apiVersion": "example.com/v1", "kind": "Memcached", "metadata": metadata, "spec": spec}


def pod(name: str) -> dict[str, Any]:
    spec = {"containers": [{"name": "memcached", "image": "memcached:1"}]}
    metadata = {"name": name, "namespace": "default", "labels": LABELS}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


async def status(s: Scenario) -> dict[str, Any]:
    found: dict[str, Any] = (await s.get(KIND, "cache"))["status"]
    return found


async def test_the_deployment_has_the_size_and_follows_it() -> None:
    async with scenario(PLUGIN, objects=[memcached(size=2)]) as s:
        deployment = await s.get("apps/v1/Deployment", "cache")
        assert deployment["spec"]["replicas"] == 2
        assert deployment["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] == 11211
        await s.patch(KIND, "cache", {"spec": {"size": 3}})
        assert (await s.get("apps/v1/Deployment", "cache"))["spec"]["replicas"] == 3
        await s.client.scale(await s.get("apps/v1/Deployment", "cache"), 1)
        await s.settle()
        assert (await s.get("apps/v1/Deployment", "cache"))["spec"]["replicas"] == 3


async def test_the_status_names_the_pods_and_says_whether_they_are_available() -> None:
    async with scenario(PLUGIN, objects=[memcached()]) as s:
        assert (await status(s))["conditions"][0]["message"] == "0 of 1 replicas are available"
        await s.create(pod("cache-b"))
        await s.create(pod("cache-a"))
        available = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1}
        await s.client.patch_status("apps/v1/Deployment", "cache", available, "default")
        await s.settle()
        found = await status(s)
        assert found["nodes"] == ["cache-a", "cache-b"]
        assert (found["conditions"][0]["type"], found["conditions"][0]["status"]) == ("Available", "True")
        await s.delete("v1/Pod", "cache-a")
        assert (await status(s))["nodes"] == ["cache-b"]


async def test_a_settled_memcached_needs_no_request() -> None:
    async with scenario(PLUGIN, objects=[memcached()]) as s:
        before = len(s.writes)
        await s.create(pod("other") | {"metadata": {"name": "other", "namespace": "default"}})
        await s.patch(KIND, "cache", {"metadata": {"labels": {"team": "a"}}})
        assert len(s.writes) == before


async def test_a_deployment_that_is_refused_shows_in_the_condition() -> None:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "a", "image": "b"}]}}
    other = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "cache", "namespace": "default"},
        "spec": {"selector": {"matchLabels": LABELS}, "template": template},
    }
    async with scenario(PLUGIN, objects=[other, memcached()]) as s:
        condition = (await status(s))["conditions"][0]
        assert (condition["status"], condition["reason"]) == ("False", "Refused")
        assert "exists already" in condition["message"]
        await s.delete("apps/v1/Deployment", "cache")
        await s.advance(60)
        assert (await status(s))["conditions"][0]["reason"] == "Replicas"


async def test_a_deletion_is_recorded_and_takes_the_deployment_along() -> None:
    async with scenario(PLUGIN, objects=[memcached()]) as s:
        await s.delete(KIND, "cache")
        await s.advance(60)
        assert await s.list("apps/v1/Deployment") == []
        assert await s.list(KIND) == []
        assert {event.reason for event in s.events} == {"Deleting"}
