"""A right to write that is missing is in the plugin's reason until it is there."""

import os
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from kube_apiserver import ApiServer
from kube_apiserver.faults import Action, Fault
from plugin_operator.app.reports.status_report import degraded_plugins
from plugin_operator.cache.environment import ReflectorSettings
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")
pytestmark = pytest.mark.embedded_only("what is forbidden is planned there")

CANNOT = 'User "op" cannot patch resource "configmaps" in API group "" in the namespace "default"'
BODY = """
if request.name == 'mine' and ctx.lister.get(request):
    await ctx.client.patch('v1/ConfigMap', request, {'metadata': {'labels': {'marked': 'yes'}}})
    ctx.recorder.event({}, 'Normal', 'written', request.name)
"""


async def test_it_is_told_where_people_look_and_heals_by_itself(
    harness: HostHarness, api_server: ApiServer, plugin_text: Callable[..., str]
) -> None:
    message = f'configmaps "mine" is forbidden: {CANNOT}'
    api_server.faults.add(Fault(action=Action.REFUSE, verb="patch", code=403, message=message, count=None))
    with capture_logs() as lines:
        harness.write("one.py", plugin_text("V1", body=BODY))
        await harness.create("mine")

        async def told() -> bool:
            harness.host.hint()
            return harness.status().reason == f"permissions are missing: one: {CANNOT}"

        await eventually(told, timeout_seconds=20)
        assert harness.status().state == "Active"
        assert f"one: permissions are missing: one: {CANNOT}" in degraded_plugins(harness.host)
        api_server.faults.clear()
        await harness.change("mine", 2)
        await harness.ran("written", "mine")

        async def healed() -> bool:
            harness.host.hint()
            return harness.status().reason == ""

        await eventually(healed, timeout_seconds=20)
    (line,) = [line for line in lines if line["event"] == "Controller lacks a permission"]
    assert (line["plugin"], line["controller"], line["reason"]) == ("one", "one", CANNOT)


async def test_one_that_waits_is_not_logged_as_active_until_it_is(
    make_harness: Callable[..., HostHarness], api_server: ApiServer, plugin_text: Callable[..., str]
) -> None:
    harness = make_harness(reflector=ReflectorSettings(poll_access_seconds=0.2))
    await harness.host.start()
    harness.host.lead()
    path = f"/api/v1/namespaces/{NAMESPACE}/secrets"
    api_server.faults.add(Fault(action=Action.REFUSE, path=path, code=403, message="is forbidden: no", count=None))
    with capture_logs() as lines:
        harness.write("one.py", plugin_text("V1", kind="v1/Secret"))
        await harness.state("Waiting")
        said = [line["event"] for line in lines]
        assert "Plugin waits for the API server" in said
        assert "Plugin active" not in said
        api_server.faults.clear()

        async def active() -> bool:
            harness.host.hint()
            return "Plugin active" in [line["event"] for line in lines]

        await eventually(active, timeout_seconds=30)


async def test_a_read_that_is_denied_is_in_the_reason_until_it_is_granted(
    harness: HostHarness, api_server: ApiServer, plugin_text: Callable[..., str]
) -> None:
    cannot = 'User "op" cannot get resource "secrets" in API group ""'
    path = f"/api/v1/namespaces/{NAMESPACE}/secrets"
    message = f'secrets "mine" is forbidden: {cannot}'
    api_server.faults.add(Fault(action=Action.REFUSE, path=path, code=403, message=message, count=None))
    harness.write("one.py", plugin_text("V1", body="await ctx.client.get('v1/Secret', request)"))
    await harness.create("mine")

    async def reason(wanted: str) -> bool:
        harness.host.hint()
        return harness.status().reason == wanted

    await eventually(lambda: reason(f"permissions are missing: one: {cannot}"), timeout_seconds=20)
    api_server.faults.clear()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine", "namespace": NAMESPACE}}
    await harness.client.create(secret)
    await harness.change("mine", 2)
    await eventually(lambda: reason(""), timeout_seconds=20)
