"""One forbidden namespace of several waits by itself, at the start and later, and heals; the others go on."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from kube_apiserver import ApiServer
from kube_apiserver.faults import Action, Fault
from plugin_operator.cache.environment import ReflectorSettings
from plugin_operator.cache.factory import INFORMER_WAITING
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

pytestmark = pytest.mark.embedded_only("what is forbidden is planned there")

TEXT = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap", owns=["v1/Secret"], namespaces=["left", "right"])
async def one(ctx, request):
    ctx.recorder.event({}, "Normal", "VERSION", str(request))
"""
LEFT, RIGHT = "left/a", "right/a"


@pytest.fixture
async def harness(make_harness: Callable[..., HostHarness], api_server: ApiServer) -> HostHarness:
    """A leading host with two namespaces that asks again soon for what is forbidden, and a ConfigMap in each."""
    harness = make_harness(reflector=ReflectorSettings(poll_access_seconds=0.2))
    for name in ("left", "right"):
        await harness.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        await create(harness, name, "a")
    await harness.host.start()
    harness.host.lead()
    return harness


async def create(harness: HostHarness, namespace: str, name: str) -> None:
    metadata = {"name": name, "namespace": namespace}
    await harness.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


def forbid(server: ApiServer, namespace: str, resource: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/{resource}"
    for verb in ("list", "watch"):
        server.faults.add(
            Fault(action=Action.REFUSE, verb=verb, path=path, count=None, code=403, message="is forbidden: RBAC")
        )
    server.faults.add(Fault(action=Action.BREAK, verb="watch", path=path))


def waiting(harness: HostHarness) -> dict[str, float]:
    return {labels[1]: value for labels, value in harness.metrics.family(INFORMER_WAITING).collect() if value}


@pytest.mark.parametrize("resource", ["configmaps", "secrets"])
async def test_it_is_worked_on_in_the_others_from_the_start_and_in_it_once_it_is_allowed(
    harness: HostHarness, api_server: ApiServer, resource: str
) -> None:
    forbid(api_server, "right", resource)
    with capture_logs() as lines:
        harness.write("one.py", TEXT.replace("VERSION", "V1"))
        status = await harness.state("Waiting")
        await harness.ran("V1", LEFT)
        assert status.reason.startswith("namespace right waits, others are reconciled: ")
        assert "is forbidden: RBAC" in status.reason
        assert harness.status().as_dict()["controllerStatus"][0]["waitingNamespaces"] == ["right"]
        assert waiting(harness) == {"right": 1}
        assert RIGHT not in harness.journal.messages("one", "V1")
        harness.write("one.py", TEXT.replace("VERSION", "V2"))
        await harness.ran("V2", LEFT)
        assert RIGHT not in harness.journal.messages("one", "V2")
        api_server.faults.clear()
        await harness.ran("V2", RIGHT)
        harness.host.hint()
        status = await harness.state("Active")
    assert status.reason == ""
    assert waiting(harness) == {}
    said = [line["event"] for line in lines]
    assert said.count("Informer is waiting") == 1
    assert said.count("Controller no longer waits in some namespaces") == 1


async def test_a_right_that_is_withdrawn_later_shows_and_stops_nothing(
    harness: HostHarness, api_server: ApiServer
) -> None:
    harness.write("one.py", TEXT.replace("VERSION", "V1"))
    await harness.ran("V1", RIGHT)
    forbid(api_server, "right", "configmaps")

    async def shows() -> bool:
        harness.host.hint()
        return harness.status().reason.startswith("namespace right waits, others are reconciled: ")

    await eventually(shows, timeout_seconds=20)
    await create(harness, "left", "b")
    await harness.ran("V1", "left/b")
    api_server.faults.clear()
    await create(harness, "right", "b")
    await harness.ran("V1", "right/b")


async def test_an_edit_that_would_stop_what_works_waits_for_the_permission(
    harness: HostHarness, api_server: ApiServer
) -> None:
    forbid(api_server, "right", "configmaps")
    harness.write("one.py", TEXT.replace("VERSION", "V1"))
    await harness.ran("V1", LEFT)
    forbid(api_server, "left", "secrets")
    forbid(api_server, "right", "services")
    harness.write("one.py", TEXT.replace("VERSION", "V2").replace("namespaces=", "reads=['v1/Service'], namespaces="))
    await eventually(lambda: "keeps running until then" in harness.status().reason, timeout_seconds=20)
    await create(harness, "left", "b")
    await harness.ran("V1", "left/b")
    api_server.faults.clear()
    await harness.ran("V2", RIGHT)
