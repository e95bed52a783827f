"""The definitions of plugins' classes: installed before their informers start, and looked after while they run."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from kube_apiserver import ApiServer
from kube_apiserver.faults import Action, Fault
from plugin_operator.app.reports.status_report import degraded_plugins
from plugin_operator.errors import ApiError, NotFoundError
from plugin_operator.hosting.permissions.missing_rules import yaml_text
from plugin_operator.testing.eventually import eventually
from tests.gadget_plugins import a_class, a_plugin
from tests.host_harness import HostHarness

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")
_CRD = "apiextensions.k8s.io/v1/CustomResourceDefinition"
_NAME = "gadgets.example.org"
_KIND = "example.org/v1/Gadget"
_CANNOT = (
    f'customresourcedefinitions.apiextensions.k8s.io "{_NAME}" is forbidden: User "op" cannot {{verb}} resource '
    '"customresourcedefinitions" in API group "apiextensions.k8s.io" at the cluster scope'
)
Made = Callable[..., Awaitable[HostHarness]]


@pytest.fixture
async def started(make_harness: Callable[..., HostHarness]) -> AsyncIterator[Made]:
    """Return started hosts; the definition is gone afterwards."""
    made: list[HostHarness] = []

    async def start(*, applies: bool = True, leads: bool = True) -> HostHarness:
        harness = make_harness(applies=applies)
        made.append(harness)
        await harness.host.start()
        if leads:
            harness.host.lead()
        return harness

    yield start
    for harness in made:
        harness.write("one.py", "")
        await _delete(harness)


def _refused(harness: HostHarness) -> float:
    labels = {"plugin": "one", "reason": "rejected"}
    return harness.metrics.registry.get_sample_value("plugin_operator_plugin_load_errors_total", labels) or 0


async def _delete(harness: HostHarness) -> None:
    try:
        await harness.client.delete(_CRD, _NAME)
    except NotFoundError:
        return


async def _create(harness: HostHarness, name: str, **spec: Any) -> None:
    metadata = {"name": name, "namespace": NAMESPACE}

    async def done() -> bool:
        try:
            await harness.client.create(
                {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": metadata, "spec": spec}
            )
        except ApiError:
            return False
        return True

    await eventually(done)


async def _fields(harness: HostHarness) -> set[str]:
    crd = await harness.client.get(_CRD, _NAME)
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return set(schema["properties"]["spec"]["properties"])


async def _says(harness: HostHarness, text: str, name: str = "one") -> None:
    """Wait until the reason of a plugin has a text; an empty one stands for no reason."""

    async def said() -> bool:
        harness.host.hint()
        reason = harness.status(name).reason if harness.knows(name) else "not there"
        return text in reason if text else not reason

    try:
        await eventually(said, timeout_seconds=20)
    except AssertionError:
        raise AssertionError(f"{text!r} is not in {harness.status(name)}") from None


async def test_a_definition_is_there_before_the_first_reconcile_and_follows_the_class(started: Made) -> None:
    harness = await started()
    harness.write("one.py", a_plugin("V1"))
    await harness.state("Active")
    await _create(harness, "a", size=1)
    await harness.ran("V1", "a")
    harness.write("one.py", a_plugin("V2", "size: int = 3\nnote: str = ''"))
    await harness.ran("V2", "a")
    assert await _fields(harness) == {"size", "note"}


async def test_a_refusal_keeps_the_last_good_code_and_ends_once_the_objects_fit(started: Made) -> None:
    harness = await started()
    harness.write("one.py", a_plugin("V1", "size: str = ''"))
    await harness.state("Active")
    await _create(harness, "a", size="big")
    await harness.ran("V1", "a")
    with capture_logs() as lines:
        harness.write("one.py", a_plugin("V2", "size: int = 3"))
        status = await harness.state("Rejected")
        await eventually(lambda: _refused(harness) >= 3)
    assert [line["event"] for line in lines if line["event"] == "Plugin rejected"] == ["Plugin rejected"]
    assert f"{NAMESPACE}/a (.spec.size: must be a whole number, and is 'big')" in status.reason
    assert status.placed_reason.startswith(f"{harness.root}/one.py:")
    assert f"{NAMESPACE}/a" in degraded_plugins(harness.host)
    await _create(harness, "b", size="small")
    await harness.ran("V1", "b")
    for name in ("a", "b"):
        await harness.client.delete(_KIND, name, NAMESPACE)
    await harness.state("Active")
    await _create(harness, "c", size=1)
    await harness.ran("V2", "c")


async def test_a_rollback_keeps_the_newer_definition_and_the_old_class_reads_its_objects(started: Made) -> None:
    harness = await started()
    harness.write("one.py", a_plugin("V1"))
    await harness.state("Active")
    for number in range(6):
        await _create(harness, f"a{number}", size=1)
    await harness.ran("V1", "a5")
    newer = "size: int = 3\nnote: str = 'new'"
    harness.write("one.py", a_plugin("V2", newer, body="    raise ValueError('wrong')\n"))
    await harness.state("Quarantined")
    await _create(harness, "b", size=1, note="kept")
    await harness.ran("V1", "b")
    harness.host.hint()
    assert await _fields(harness) == {"size", "note"}
    assert (await harness.client.get(_KIND, "b", NAMESPACE))["spec"]["note"] == "kept"


async def test_two_plugins_may_define_a_kind_in_the_same_way_only(started: Made) -> None:
    harness = await started()
    harness.write("one.py", a_plugin("V1"))
    await harness.state("Active")
    harness.write("two.py", a_plugin("V1", name="two"))
    await harness.state("Active", "two")
    harness.write("two.py", a_plugin("V2", "other: int = 3", name="two"))
    status = await harness.state("Rejected", "two")
    assert f"the definition {_NAME} differs from that of plugin 'one' in {harness.root}/one.py:" in status.reason
    (harness.root / "one.py").unlink()
    harness.host.hint()
    await harness.state("Active", "two")


async def test_plugins_that_import_one_class_follow_its_edits_together(started: Made) -> None:
    harness = await started()
    harness.write("gadgets.py", a_class())
    imports = "from gadgets import Gadget\n"
    harness.write("one.py", a_plugin("V1", head=imports))
    harness.write("two.py", a_plugin("V1", head=imports, name="two"))
    await harness.state("Active")
    await harness.state("Active", "two")
    harness.write("gadgets.py", a_class("size: int = 3\nnote: str = ''"))

    async def both() -> bool:
        statuses = [harness.status(name) for name in ("one", "two")]
        return all(each.reloads == 2 and each.state == "Active" for each in statuses)

    await eventually(both, timeout_seconds=20)
    assert await _fields(harness) == {"size", "note"}


@pytest.mark.embedded_only("plans faults")
async def test_an_edit_waits_while_the_server_fails_and_old_code_runs(started: Made, api_server: ApiServer) -> None:
    harness = await started()
    harness.write("one.py", a_plugin("V1"))
    await harness.state("Active")
    for code in (500, 429, 409):
        refuse = Fault(action=Action.REFUSE, verb="patch", resource="customresourcedefinitions", code=code, count=None)
        api_server.faults.add(refuse)
        harness.write("one.py", a_plugin(f"V{code}", f"size: int = 3\nnote{code}: str = ''"))  # in place of another
        await harness.state("Waiting")
        assert "is not installed yet" in harness.status().reason
        await _create(harness, f"a{code}", size=1)
        api_server.faults.clear()
        await harness.ran(f"V{code}", f"a{code}")


@pytest.mark.embedded_only("what is forbidden is planned there")
@pytest.mark.parametrize("verb", ["get", "patch"])
async def test_a_missing_right_is_shown_as_yaml_and_the_plugin_waits_for_it(
    started: Made, api_server: ApiServer, verb: str
) -> None:
    harness = await started()
    message = _CANNOT.format(verb=verb)
    forbid = Fault(
        action=Action.REFUSE, verb=verb, resource="customresourcedefinitions", code=403, message=message, count=None
    )
    api_server.faults.add(forbid)
    with capture_logs() as lines:
        harness.write("one.py", a_plugin("V1"))
        status = await harness.state("Waiting")
    rules = "permissions are missing: get, create, patch customresourcedefinitions.apiextensions.k8s.io"
    assert rules in status.reason
    assert "- customresourcedefinitions" in yaml_text(status.missing)
    (line,) = [line for line in lines if line["event"] == "Plugin lacks permissions"]
    assert "- patch" in line["rules"]
    api_server.faults.clear()
    await harness.state("Active")
    assert harness.status().missing == ()


async def test_without_the_flag_nothing_is_written_and_the_reason_names_the_command(started: Made) -> None:
    harness = await started(applies=False)
    harness.write("one.py", a_plugin("V1"))
    command = f"plugin-operator crd {harness.root}/one.py | kubectl apply -f -"
    await _says(
        harness, f"the definition {_NAME} does not serve what the class needs: it is missing: apply it with {command}"
    )
    assert harness.status().state == "Waiting"
    with pytest.raises(NotFoundError):
        await harness.client.get(_CRD, _NAME)
    await harness.client.create(_crd({"other": {"type": "string"}}))
    await _says(harness, f".spec.size is missing: apply it with {command}")
    await harness.client.patch(
        _CRD, _NAME, {"spec": {"versions": _crd({"size": {"type": "integer"}})["spec"]["versions"]}}
    )
    await _says(harness, "")
    assert harness.status().state == "Active"


def _crd(properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": _NAME},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "kind": "Gadget"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


async def test_a_definition_that_is_deleted_by_hand_comes_back(started: Made) -> None:
    harness = await started()
    harness.write("one.py", a_plugin("V1"))
    await harness.state("Active")
    await _create(harness, "a", size=1)
    await harness.ran("V1", "a")
    await harness.client.delete(_CRD, _NAME)

    async def is_back() -> bool:
        harness.host.hint()
        try:
            await harness.client.get(_CRD, _NAME)
        except NotFoundError:
            return False
        return True

    await eventually(lambda: _is_gone(harness))
    await eventually(is_back, timeout_seconds=20)
    await _create(harness, "b", size=1)
    await harness.ran("V1", "b")


async def _is_gone(harness: HostHarness) -> bool:
    try:
        await harness.client.get(_KIND, "a", NAMESPACE)
    except ApiError:
        return True
    return False


async def test_a_standby_writes_nothing_until_it_leads(started: Made) -> None:
    harness = await started(leads=False)
    harness.write("one.py", a_plugin("V1"))
    await harness.state("Waiting")
    with pytest.raises(NotFoundError):
        await harness.client.get(_CRD, _NAME)
    harness.host.lead()
    await harness.state("Active")
    await _create(harness, "a", size=1)
    await harness.ran("V1", "a")


async def test_a_new_leader_does_not_start_code_whose_definition_is_refused(started: Made) -> None:
    harness = await started(leads=False)
    await harness.client.create(_crd({"other": {"type": "string"}}), field_manager="helm")
    harness.write("one.py", a_plugin("V1"))
    await harness.state("Active")
    await _create(harness, "a", other="x")
    harness.host.lead()
    status = await harness.state("Rejected")
    assert "helm owns .spec.versions" in status.reason
    harness.host.hint()
    assert harness.journal.messages("one", "V1") == []
    await harness.client.delete(_CRD, _NAME)
    await harness.state("Active")


async def test_a_process_that_has_lost_the_lease_writes_no_definition(started: Made) -> None:
    harness = await started()
    harness.fence.close()
    harness.write("one.py", a_plugin("V1"))
    status = await harness.state("Waiting")
    assert "no longer the leader" in status.reason
    with pytest.raises(NotFoundError):
        await harness.client.get(_CRD, _NAME)
