"""What ``namespace_defaults.py`` does, on a cluster of its own in virtual time."""

from typing import Any

from plugin_operator.testing import Scenario, scenario

PLUGIN, LABEL = "../plugins/namespace_defaults.py", "example.com/defaults"
QUOTA, POLICY = "v1/ResourceQuota", "networking.k8s.io/v1/NetworkPolicy"
TEAM = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team", "labels": {LABEL: "true"}}}


async def names(s: Scenario) -> list[str]:
    found = [each["metadata"] for kind in (QUOTA, POLICY) for each in await s.list(kind)]
    return sorted(f"{each['namespace']}/{each['name']}" for each in found)


async def label(s: Scenario, value: Any) -> None:
    await s.patch("v1/Namespace", "team", {"metadata": {"labels": {LABEL: value}}})


async def test_a_labelled_namespace_has_its_defaults_and_others_have_none() -> None:
    async with scenario(PLUGIN, objects=[TEAM]) as s:
        assert await names(s) == ["team/default-deny", "team/default-quota"]
        await s.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
        assert await names(s) == ["team/default-deny", "team/default-quota"]


async def test_a_namespace_that_loses_the_label_loses_its_defaults_and_gets_them_back_with_it() -> None:
    async with scenario(PLUGIN, objects=[TEAM]) as s:
        await label(s, None)
        assert await names(s) == []
        await label(s, "true")
        assert await names(s) == ["team/default-deny", "team/default-quota"]


async def test_a_change_of_a_default_is_undone_and_a_deleted_one_comes_back() -> None:
    async with scenario(PLUGIN, objects=[TEAM]) as s:
        await s.patch(QUOTA, "default-quota", {"spec": {"hard": {"limits.cpu": "64"}}}, "team")
        assert (await s.get(QUOTA, "default-quota", "team"))["spec"]["hard"]["limits.cpu"] == "4"
        await s.delete(POLICY, "default-deny", "team")
        assert (await s.get(POLICY, "default-deny", "team"))["spec"]["policyTypes"] == ["Ingress", "Egress"]


async def test_what_a_team_made_itself_is_left_alone() -> None:
    own = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "own", "namespace": "team"}}
    async with scenario(PLUGIN, objects=[TEAM, {**own, "spec": {"hard": {"pods": "5"}}}]) as s:
        await label(s, None)
        assert await names(s) == ["team/own"]
