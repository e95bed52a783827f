"""Definitions that two operators install on one API server."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from plugin_operator.clock import SystemClock
from plugin_operator.errors import ConflictError, ForbiddenError
from plugin_operator.hosting.crds.installer import DefinitionInstaller
from plugin_operator.hosting.crds.requests import FIELD_MANAGER, DefinitionRequests
from plugin_operator.kube import Object
from plugin_operator.metrics import Metrics
from tests.integration.hosting.test_definition_installer import Cluster, definition
from tests.integration.hosting.test_definition_installer import cluster as cluster  # noqa: PLC0414 - a fixture

SIZE: dict[str, Any] = {"size": {"type": "integer"}}
COLOR: dict[str, Any] = {"color": {"type": "string"}}
MARK = "plugin-operator/installed-by"


class Interrupted(DefinitionRequests):
    """Requests of an operator; another one acts after the first read."""

    between: Callable[[], Awaitable[Any]] | None = None

    async def get(self, name: str) -> Object | None:
        found = await super().get(name)
        act, self.between = self.between, None
        if act is not None:
            await act()
        return found


def mark(live: dict[str, Any]) -> str | None:
    found: str | None = (live["metadata"].get("annotations") or {}).get(MARK)
    return found


async def test_of_two_operators_that_create_one_definition_the_second_keeps_that_of_the_first(
    cluster: Cluster,
) -> None:
    requests = Interrupted(*cluster.connected(), timeout_seconds=10.0)
    requests.between = lambda: cluster.install(definition(properties=SIZE | COLOR))
    late = DefinitionInstaller(requests, SystemClock(), Metrics(), operator="late/operator")

    done = await late.install(definition(properties=SIZE), plugin="one", path="one.py")

    live = await cluster.live()
    assert (done.action, mark(live)) == ("kept", "team/operator")
    assert "the operator team/operator installed it" in done.note
    assert set(live["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]) == {
        "size",
        "color",
    }
    managers = [(each["manager"], each["operation"]) for each in live["metadata"]["managedFields"]]
    assert (FIELD_MANAGER, "Apply") in managers


async def test_a_definition_that_appeared_is_not_applied_over(cluster: Cluster) -> None:
    await cluster.client.create(definition(properties=SIZE), field_manager="helm")
    requests = DefinitionRequests(*cluster.connected(), timeout_seconds=10.0)
    with pytest.raises(ConflictError):
        await requests.apply(definition(properties=SIZE), "")


async def test_a_definition_of_an_older_operator_without_a_mark_gets_one(cluster: Cluster) -> None:
    await cluster.client.apply(definition(properties=SIZE | COLOR), field_manager=FIELD_MANAGER)

    assert await cluster.install(definition(properties=SIZE | COLOR)) == "unchanged"
    live = await cluster.live()
    assert mark(live) == "team/operator"

    other = cluster.installer_of("other/operator")
    assert (await other.install(definition(properties=SIZE), plugin="one", path="one.py")).action == "kept"
    assert await cluster.install(definition(properties=SIZE | COLOR)) == "unchanged"
    assert (await cluster.live())["metadata"]["annotations"] == live["metadata"]["annotations"]


async def test_a_definition_that_another_tool_applied_gets_no_mark(cluster: Cluster) -> None:
    await cluster.client.apply(definition(properties=SIZE), field_manager="argocd")

    assert await cluster.install(definition(properties=SIZE)) == "unchanged"
    live = await cluster.live()
    assert mark(live) is None
    # The API server itself writes the status meanwhile, so the resourceVersion says nothing.
    assert {each["manager"] for each in live["metadata"]["managedFields"]} - {"kube-apiserver"} == {"argocd"}


class ReadOnly(DefinitionRequests):
    """Requests of an operator that may only read."""

    async def apply(self, wanted: Any, version: str, *, dry_run: bool = False) -> Object:
        raise ForbiddenError(403, "Forbidden", f"cannot patch {wanted['metadata']['name']} {version} {dry_run}")


async def test_a_definition_without_a_mark_is_used_without_the_right_to_give_it_one(cluster: Cluster) -> None:
    await cluster.client.apply(definition(properties=SIZE), field_manager=FIELD_MANAGER)
    requests = ReadOnly(*cluster.connected(), timeout_seconds=10.0)
    reader = DefinitionInstaller(requests, SystemClock(), Metrics(), operator="team/operator")

    assert (await reader.install(definition(properties=SIZE), plugin="one", path="one.py")).action == "unchanged"
    assert mark(await cluster.live()) is None
