"""``renamed_from=``: finalizers, children and fields follow a controller to its new id, and back."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from plugin_operator.errors import ServerError
from plugin_operator.hosting import HostSettings
from plugin_operator.plugin.writes.expecting_client import ExpectingClient
from plugin_operator.testing.eventually import eventually
from tests.host_harness import NAMESPACE, SHORT_DEADLINES, HostHarness

QUICK = replace(SHORT_DEADLINES, probation_seconds=0.3, held_look_seconds=0.1, spike_failures=2)
LABEL = "plugin-operator/controller"
HEAD = """
async def clean(ctx, obj):
    ctx.recorder.event({}, 'Normal', 'cleaned', obj['metadata']['name'])
"""
FAMILY = """
owner = ctx.lister.get(request)
if owner is None:
    return
child = {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'of-' + request.name}, 'data': DATA}
await ctx.sync_children(owner, [child])
await ctx.client.apply({'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'x', 'namespace': request.namespace,
    'annotations': DATA}, 'spec': {'ports': [{'port': 80}]}})
"""
CLEANS = ", cleanup=clean"
OWNS = ", owns=['v1/Secret'], label_selector='!kubernetes.io/metadata.name'"

Plugin = Callable[..., str]
Start = Callable[..., Any]


def named(name: str) -> str:
    return f"plugin-operator.cleanup/{name}"


async def config_map(harness: HostHarness, name: str) -> dict[str, Any] | None:
    found = await harness.client.list("v1/ConfigMap", NAMESPACE)
    return next((each for each in found if each["metadata"]["name"] == name), None)


async def finalizers(harness: HostHarness, name: str) -> list[str] | None:
    """Return the finalizers of an object; None if it is gone."""
    found = await config_map(harness, name)
    return None if found is None else found["metadata"].get("finalizers", [])


async def has(harness: HostHarness, name: str, wanted: list[str] | None) -> None:
    async def reached() -> bool:
        assert await finalizers(harness, name) == wanted
        return True

    await eventually(reached, timeout_seconds=20)


async def until(check: Callable[[], Any]) -> Any:
    async def reached() -> Any:
        found = await check()
        assert found
        return found

    return await eventually(reached, timeout_seconds=20)


@pytest.fixture
async def start(make_harness: Callable[..., HostHarness]) -> Start:
    async def started(settings: HostSettings = QUICK) -> HostHarness:
        harness = make_harness(settings=settings)
        await harness.host.start()
        harness.host.lead()
        return harness

    return started


@pytest.fixture
async def host(start: Start) -> HostHarness:
    found: HostHarness = await start()
    return found


async def test_the_finalizer_gets_the_new_id_in_one_write_and_the_cleanup_runs_once(
    host: HostHarness, plugin_text: Plugin
) -> None:
    host.write("one.py", plugin_text("V1", name="old", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [named("old")])
    host.write("one.py", plugin_text("V2", name="new", head=HEAD, options=f"{CLEANS}, renamed_from='old'"))
    await host.ran("V2", "a", name="new")
    await has(host, "a", [named("new")])
    await host.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await has(host, "a", None)
    assert host.journal.messages("new", "cleaned") == ["a"]
    assert host.journal.messages("old", "cleaned") == []
    assert host.status().reason == ""


@pytest.mark.parametrize("way", ["restart", "selected"])
async def test_an_object_that_was_deleted_under_the_old_id_is_cleaned_up_under_the_new_one(
    start: Start, plugin_text: Plugin, way: str
) -> None:
    host: HostHarness = await start()
    host.write("one.py", plugin_text("V1", name="oldest", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [named("oldest")])
    await host.host.stop(5)
    if way == "restart":
        await host.client.delete("v1/ConfigMap", "a", NAMESPACE)
    selected = ", label_selector='chosen'" if way == "selected" else ""
    options = f"{CLEANS}, renamed_from=['old', 'oldest']{selected}"
    host.write("one.py", plugin_text("V2", name="new", head=HEAD, options=options))
    second: HostHarness = await start()
    await has(second, "a", None if way == "restart" else [])
    assert second.journal.messages("new", "cleaned") == ["a"]


async def test_an_object_with_the_finalizers_of_several_ids_keeps_the_newest(
    host: HostHarness, plugin_text: Plugin
) -> None:
    await host.create("a")
    both = [named("older"), "example.com/x", named("old"), "plugin-operator/older"]
    await host.client.patch("v1/ConfigMap", "a", {"metadata": {"finalizers": both}}, NAMESPACE)
    options = f"{CLEANS}, renamed_from=['old', 'older']"
    host.write("one.py", plugin_text("V1", name="new", head=HEAD, options=options))
    await has(host, "a", ["example.com/x", named("new")])


async def test_a_rollback_of_a_rename_moves_everything_back(start: Start, plugin_text: Plugin) -> None:
    host: HostHarness = await start(replace(QUICK, probation_seconds=60.0))
    host.write("one.py", plugin_text("V1", name="old", head=HEAD, options=CLEANS))
    for name in "abc":
        await host.create(name)
        await has(host, name, [named("old")])
    broken = "await asyncio.sleep(0.3)\nraise ValueError('broken')"
    options = f"{CLEANS}, renamed_from='old', max_concurrent_reconciles=3"
    host.write("one.py", plugin_text("V2", name="new", head=HEAD, options=options, body=broken))
    await host.ran("V2", "a", name="new")
    await host.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await host.state("Quarantined")
    for name in "bc":
        await has(host, name, [named("old")])
    await has(host, "a", None)
    # At least once: the rollback may cancel a cleanup of the new revision.
    assert {*host.journal.messages("old", "cleaned"), *host.journal.messages("new", "cleaned")} == {"a"}


async def test_an_edit_that_undoes_the_rename_moves_everything_back(host: HostHarness, plugin_text: Plugin) -> None:
    first = plugin_text("V1", name="old", head=HEAD, options=CLEANS)
    host.write("one.py", first)
    await host.create("a")
    await has(host, "a", [named("old")])
    host.write("one.py", plugin_text("V2", name="new", head=HEAD, options=f"{CLEANS}, renamed_from='old'"))
    await has(host, "a", [named("new")])
    host.write("one.py", first)
    await has(host, "a", [named("old")])
    await host.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await has(host, "a", None)
    assert host.journal.messages("old", "cleaned") == ["a"]


async def test_a_rename_without_cleanup_takes_the_old_finalizer_off(host: HostHarness, plugin_text: Plugin) -> None:
    host.write("one.py", plugin_text("V1", name="old", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [named("old")])
    host.write("one.py", plugin_text("V2", name="new", options=", renamed_from='old'"))
    await has(host, "a", [])


async def test_a_finalizer_of_plugin_code_follows_too(host: HostHarness, plugin_text: Plugin) -> None:
    body = "obj = ctx.lister.get(request)\nif obj is None:\n    return\n"
    ensure = body + "await ctx.ensure_finalizer(obj)"
    host.write("one.py", plugin_text("V1", name="old", body=ensure))
    await host.create("a")
    await host.create("b")
    await has(host, "a", ["plugin-operator/old"])
    await has(host, "b", ["plugin-operator/old"])
    await host.client.delete("v1/ConfigMap", "a", NAMESPACE)
    way = "if 'deletionTimestamp' in obj['metadata']:\n    await ctx.remove_finalizer(obj)\n    return\n"
    options = ", renamed_from='old'"
    host.write(
        "one.py", plugin_text("V2", name="new", body=f"{body}{way}await ctx.ensure_finalizer(obj)", options=options)
    )
    await has(host, "a", None)
    await has(host, "b", ["plugin-operator/new"])


async def test_children_and_fields_follow_and_what_is_not_stated_any_more_goes(
    host: HostHarness, plugin_text: Plugin
) -> None:
    def family(version: str, name: str, data: dict[str, str], options: str = "") -> str:
        return plugin_text(version, name=name, options=OWNS + options, body=FAMILY.replace("DATA", repr(data)))

    host.write("one.py", family("V1", "old", {"one": "MQ==", "two": "Mg=="}))
    await host.create("a")
    secret = await until(lambda: host.client.list("v1/Secret", NAMESPACE, {LABEL: "old"}))
    await until(lambda: host.client.list("v1/Service", NAMESPACE))
    host.write("one.py", family("V2", "new", {"one": "MQ=="}, ", renamed_from='old'"))
    moved = await until(lambda: host.client.list("v1/Secret", NAMESPACE, {LABEL: "new"}))

    async def service() -> Any:
        found = await host.client.get("v1/Service", "x", NAMESPACE)
        return found if found["metadata"]["annotations"] == {"one": "MQ=="} else None

    found = await until(service)
    assert moved[0]["metadata"]["uid"] == secret[0]["metadata"]["uid"]
    assert sorted(moved[0]["data"]) == ["one"]
    for each in (moved[0], found):
        assert {entry["manager"] for entry in each["metadata"]["managedFields"]} == {"plugin-operator/new"}
    assert await host.client.list("v1/Secret", NAMESPACE, {LABEL: "old"}) == []


async def test_a_child_of_the_old_id_that_the_set_lacks_is_pruned(host: HostHarness, plugin_text: Plugin) -> None:
    host.write("one.py", plugin_text("V1", name="old", options=OWNS, body=FAMILY.replace("DATA", "{}")))
    await host.create("a")
    await until(lambda: host.client.list("v1/Secret", NAMESPACE, {LABEL: "old"}))
    none = "owner = ctx.lister.get(request)\nif owner is not None:\n    await ctx.sync_children(owner, [])"
    host.write("one.py", plugin_text("V2", name="new", options=f"{OWNS}, renamed_from='old'", body=none))

    async def is_gone() -> bool:
        return await host.client.list("v1/Secret", NAMESPACE, f"{LABEL} in (old, new)") == []

    await until(is_gone)


async def test_a_crash_between_managers_and_label_is_resumed(
    start: Start, plugin_text: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    host: HostHarness = await start(replace(QUICK, spike_failures=1000))  # no rollback of the failing edit

    def family(version: str, name: str, data: dict[str, str], options: str = "") -> str:
        return plugin_text(version, name=name, options=OWNS + options, body=FAMILY.replace("DATA", repr(data)))

    host.write("one.py", family("V1", "old", {"one": "MQ==", "two": "Mg=="}))
    await host.create("a")
    await until(lambda: host.client.list("v1/Secret", NAMESPACE, {LABEL: "old"}))
    allowed = ExpectingClient._allowed

    async def crash(self: ExpectingClient, write: Any, verb: str, target: Any) -> Any:
        if verb.startswith("apply/"):
            write.close()
            raise ServerError(500, "InternalError", "crash")
        return await allowed(self, write, verb, target)

    with monkeypatch.context() as patched:
        patched.setattr(ExpectingClient, "_allowed", crash)
        host.write("one.py", family("V2", "new", {"one": "MQ=="}, ", renamed_from='old'"))

        async def is_half_moved() -> bool:
            (found,) = await host.client.list("v1/Secret", NAMESPACE, {LABEL: "old"})
            return {each["manager"] for each in found["metadata"]["managedFields"]} == {"plugin-operator/new"}

        await until(is_half_moved)
        await host.host.stop(5)
    await start()
    moved = await until(lambda: host.client.list("v1/Secret", NAMESPACE, {LABEL: "new"}))
    assert sorted(moved[0]["data"]) == ["one"]


async def test_an_id_of_another_plugin_is_refused_until_it_is_free(host: HostHarness, plugin_text: Plugin) -> None:
    path = host.write("one.py", plugin_text("V1", name="old", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [named("old")])
    host.write("two.py", plugin_text("V2", name="new", head=HEAD, options=f"{CLEANS}, renamed_from='old'"))
    reason = (await host.state("Rejected", "two")).reason
    assert "renamed_from: 'old' belongs to controller 'old' of plugin 'one'" in reason
    assert await finalizers(host, "a") == [named("old")]
    path.unlink()
    await host.ran("V2", "a", name="new")
    await has(host, "a", [named("new")])
    await eventually(lambda: not host.knows("one"), timeout_seconds=20)
    assert host.journal.messages("old", "cleaned") == []
    host.write("one.py", plugin_text("V3", name="old", head=HEAD, options=CLEANS))
    reason = (await host.state("Rejected")).reason
    assert "id: 'old' of controller 'old' is the id of controller 'new' of plugin 'two'" in reason


async def test_a_controller_that_is_renamed_with_its_file_is_held_until_its_successor_names_it(
    host: HostHarness, plugin_text: Plugin
) -> None:
    path = host.write("old.py", plugin_text("V1", name="old", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [named("old")])
    path.unlink()
    host.write("new.py", plugin_text("V2", name="new", head=HEAD, options=CLEANS))
    reason = (await host.state("Held", "old")).reason
    # What deletes is named last.
    ways_out = ("put the file back", "write renamed_from='old' there", "plugin-operator finalizers clear")
    assert [*ways_out] == sorted(ways_out, key=reason.index)
    await has(host, "a", [named("old"), named("new")])
    host.write("new.py", plugin_text("V3", name="new", head=HEAD, options=f"{CLEANS}, renamed_from='old'"))
    await has(host, "a", [named("new")])
    await eventually(lambda: not host.knows("old"), timeout_seconds=20)


async def test_a_child_of_the_old_id_is_an_error_that_names_renamed_from(
    host: HostHarness, plugin_text: Plugin
) -> None:
    path = host.write("old.py", plugin_text("V1", name="old", options=OWNS, body=FAMILY.replace("DATA", "{}")))
    await host.create("a")
    await until(lambda: host.client.list("v1/Secret", NAMESPACE, {LABEL: "old"}))
    path.unlink()
    host.write("new.py", plugin_text("V2", name="new", options=OWNS, body=FAMILY.replace("DATA", "{}")))

    def fails() -> bool:
        return any("renamed_from='old'" in each.summary for each in host.status("new").failures)

    await eventually(fails, timeout_seconds=20)


async def test_no_object_is_reconciled_under_both_names_at_once(host: HostHarness, plugin_text: Plugin) -> None:
    slow = "await asyncio.sleep(1.5)\nctx.recorder.event({}, 'Normal', 'ended', request.name)"
    host.write("one.py", plugin_text("V1", name="old", body=slow))
    await host.create("a")
    await host.ran("V1", "a", name="old")
    host.write("one.py", plugin_text("V2", name="new", options=", renamed_from='old'"))
    await host.ran("V2", "a", name="new")
    about_a = [line for line in host.journal.lines if line[2] == "a"]
    assert about_a.index(("old", "ended", "a")) < about_a.index(("new", "V2", "a"))


STATUS = """
service = ctx.lister.get(request)
if service is None or request.name != 'x':
    return
async with ctx.status(service) as status:
    CHANGE
"""


async def test_fields_of_a_status_follow_and_can_be_removed(host: HostHarness, plugin_text: Plugin) -> None:
    def text(version: str, name: str, change: str, options: str = "") -> str:
        return plugin_text(
            version, name=name, kind="v1/Service", options=options, body=STATUS.replace("CHANGE", change)
        )

    def conditions(*names: str) -> str:
        return "; ".join(f"ctx.set_condition(service, {each!r}, True, 'Set')" for each in names)

    async def reached(*names: str) -> dict[str, Any]:
        async def found() -> Any:
            service = await host.client.get("v1/Service", "x", NAMESPACE)
            there = [each["type"] for each in (service.get("status") or {}).get("conditions") or ()]
            return service if sorted(there) == sorted(names) else None

        service: dict[str, Any] = await until(found)
        return service

    host.write("one.py", text("V1", "old", conditions("A", "B")))
    metadata = {"name": "x", "namespace": NAMESPACE}
    await host.client.create(
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}
    )
    await reached("A", "B")
    drop = "status['conditions'] = [each for each in status['conditions'] if each['type'] != 'B']"
    host.write("one.py", text("V2", "new", f"{conditions('C')}; {drop}", ", renamed_from='old'"))
    service = await reached("A", "C")
    writers = [each for each in service["metadata"]["managedFields"] if each.get("subresource") == "status"]
    assert {each["manager"] for each in writers} == {"plugin-operator/new"}
