"""What ``namespace_defaults.py`` does, on a cluster of its own in virtual time."""

from plugin_operator.testing import scenario

TEAM = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "team", "labels": {"example.com/defaults": "true"}},
}


async def test_a_labelled_namespace_has_its_defaults_and_others_have_none() -> None:
    async with scenario("../plugins/namespace_defaults.py", objects=[TEAM]) as s:
        assert {str(write) for write in s.writes} == {
            "apply networking.k8s.io/v1/NetworkPolicy team/deny-ingress",
            "apply v1/LimitRange team/defaults",
        }
        await s.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
        assert await s.list("v1/LimitRange", namespace="other") == []


async def test_a_change_of_a_default_is_undone() -> None:
    async with scenario("../plugins/namespace_defaults.py", objects=[TEAM]) as s:
        limits = {"spec": {"limits": [{"type": "Container", "default": {"cpu": "8"}}]}}
        await s.patch("v1/LimitRange", "defaults", limits, "team")
        found = await s.get("v1/LimitRange", "defaults", "team")
        assert found["spec"]["limits"][0]["default"] == {"cpu": "500m", "memory": "256Mi"}
