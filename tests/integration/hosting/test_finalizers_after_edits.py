"""Finalizers of ``cleanup=`` over edits, rollbacks, deleted files and restarts."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from plugin_operator.controllers import Controller
from plugin_operator.errors import ForbiddenError, ServerError
from plugin_operator.hosting import HostSettings
from plugin_operator.hosting.finalizers.kept_objects import KEPT_FINALIZERS
from plugin_operator.hosting.finalizers.live_finalizers import FinalizedObject, LiveFinalizers
from plugin_operator.testing.eventually import eventually
from tests.host_harness import NAMESPACE, SHORT_DEADLINES, HostHarness

FINALIZER = "plugin-operator.cleanup/one"
QUICK = replace(SHORT_DEADLINES, probation_seconds=0.3, held_look_seconds=0.1, spike_failures=2)
HEAD = """
async def clean(ctx, obj):
    ctx.recorder.event({}, 'Normal', 'cleaned', obj['metadata']['name'])
"""
CLEANS = ", cleanup=clean"

Plugin = Callable[..., str]
Make = Callable[..., HostHarness]


async def finalizers(harness: HostHarness, name: str) -> list[str] | None:
    """Return the finalizers of an object; None if it is gone."""
    for each in await harness.client.list("v1/ConfigMap", NAMESPACE):
        if each["metadata"]["name"] == name:
            found: list[str] = each["metadata"].get("finalizers", [])
            return found
    return None


async def has(harness: HostHarness, name: str, wanted: list[str] | None) -> None:
    async def reached() -> bool:
        assert await finalizers(harness, name) == wanted
        return True

    await eventually(reached, timeout_seconds=20)


@pytest.fixture
async def start(make_harness: Make) -> Callable[..., Any]:
    async def started(settings: HostSettings = QUICK) -> HostHarness:
        harness = make_harness(settings=settings)
        await harness.host.start()
        harness.host.lead()
        return harness

    return started


@pytest.fixture
async def host(start: Callable[..., Any]) -> HostHarness:
    found: HostHarness = await start()
    return found


async def test_an_edit_without_cleanup_takes_the_finalizer_off_everywhere(
    host: HostHarness, plugin_text: Plugin
) -> None:
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await host.create("a")
    await host.create("b")
    await has(host, "a", [FINALIZER])
    await has(host, "b", [FINALIZER])
    await host.client.patch("v1/ConfigMap", "b", {"metadata": {"finalizers": [FINALIZER, "example.com/x"]}}, NAMESPACE)
    host.write("one.py", plugin_text("V2"))
    await host.ran("V2", "a")
    await has(host, "a", [])
    await has(host, "b", ["example.com/x"])
    assert "cleaned" not in host.journal.reasons("one")
    assert host.status().reason == ""


async def test_a_finalizer_that_may_not_be_taken_off_is_reported_and_retried(
    host: HostHarness, plugin_text: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [FINALIZER])
    with monkeypatch.context() as patched:
        patched.setattr(LiveFinalizers, "take_off", denied)
        host.write("one.py", plugin_text("V2"))
        await eventually(lambda: "403" in host.status().reason, timeout_seconds=20)
        assert f"1 object keeps the finalizer {FINALIZER}: v1/ConfigMap {NAMESPACE}/a" in host.status().reason
        assert host.status().state == "Active"
        assert host.metrics.family(KEPT_FINALIZERS).get("one", FINALIZER) == 1
    await has(host, "a", [])
    await eventually(lambda: host.status().reason == "", timeout_seconds=20)


async def denied(_self: LiveFinalizers, _obj: object, _matches: object) -> bool:
    raise ForbiddenError(403, "Forbidden", "this user cannot patch configmaps")


@pytest.mark.parametrize("way", ["dropped", "selected"])
async def test_a_kind_or_namespace_in_trouble_keeps_the_finalizer_on_no_other(
    host: HostHarness, plugin_text: Plugin, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def text(version: str, options: str, **more: str) -> str:
        found = plugin_text(version, head=HEAD, options=options, **more)
        return found.replace(f"[{NAMESPACE!r}]", f"['a', {NAMESPACE!r}]")

    def both(version: str, options: str) -> str:
        return text(version, options, name="all", kind="v1/Secret") + text(version, options)

    async def find(self: LiveFinalizers, kind: Any, matches: Any, namespaces: Any = ()) -> list[FinalizedObject]:
        if str(kind) == "v1/Secret" or (way == "selected" and "a" in namespaces):
            raise ServerError(503, "ServiceUnavailable", "not now")
        return await original(self, kind, matches, namespaces)

    original = LiveFinalizers.find
    monkeypatch.setattr(LiveFinalizers, "find", find)
    host.write("one.py", both("V1", CLEANS) if way == "dropped" else text("V1", CLEANS))
    await host.create("a")
    await has(host, "a", [FINALIZER])
    selected = text("V2", f"{CLEANS}, label_selector='chosen'")
    host.write("one.py", plugin_text("V2", name="other") if way == "dropped" else selected)
    await has(host, "a", [])
    await eventually(lambda: "not now" in host.status().reason, timeout_seconds=20)
    assert ("v1/Secret" if way == "dropped" else "v1/ConfigMap in a") in host.status().reason


async def test_an_edit_that_drops_the_controller_takes_its_finalizer_off(
    host: HostHarness, plugin_text: Plugin
) -> None:
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [FINALIZER])
    host.write("one.py", plugin_text("V2", name="two"))
    await has(host, "a", [])


async def test_a_rollback_keeps_the_finalizer(start: Callable[..., Any], plugin_text: Plugin) -> None:
    host: HostHarness = await start(replace(QUICK, probation_seconds=60.0))
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    for name in "abc":
        await host.create(name)
        await has(host, name, [FINALIZER])
    host.write("one.py", plugin_text("V2", body="raise ValueError('broken')"))
    await host.state("Quarantined")
    assert [await finalizers(host, name) for name in "abc"] == [[FINALIZER]] * 3
    await host.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await host.ran("cleaned", "a")
    await has(host, "a", None)
    assert await finalizers(host, "b") == [FINALIZER]


async def test_objects_that_an_edit_leaves_out_are_cleaned_up_and_released(
    host: HostHarness, plugin_text: Plugin
) -> None:
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [FINALIZER])
    host.write("one.py", plugin_text("V2", head=HEAD, options=f"{CLEANS}, label_selector='chosen'"))
    await host.ran("cleaned", "a")
    await has(host, "a", [])


async def test_a_deleted_file_is_held_until_it_is_back(host: HostHarness, plugin_text: Plugin) -> None:
    path = host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [FINALIZER])
    host.write("other.py", plugin_text("V1", name="other"))
    await host.ran("V1", "a", name="other")
    path.unlink()
    reason = (await host.state("Held")).reason
    assert f"1 object keeps the finalizer {FINALIZER}: v1/ConfigMap {NAMESPACE}/a" in reason
    assert "plugin-operator finalizers clear --for v1/ConfigMap --id one" in reason
    await host.client.delete("v1/ConfigMap", "a", NAMESPACE)
    assert await finalizers(host, "a") == [FINALIZER]
    await eventually(lambda: "DeletionHeld" in host.journal.reasons("one"), timeout_seconds=20)
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await host.ran("cleaned", "a")
    await has(host, "a", None)
    await host.state("Active")
    (message,) = host.journal.messages("one", "DeletionHeld")
    assert message == (
        f"the deletion waits for the finalizer {FINALIZER}: the file of plugin 'one' was deleted: put the file "
        "back; if another controller replaces it, write renamed_from='one' there; if none does, remove the "
        "finalizer without a cleanup: plugin-operator finalizers clear --for v1/ConfigMap --id one"
    )


async def test_a_held_plugin_is_retired_once_no_object_has_its_finalizer(
    host: HostHarness, plugin_text: Plugin
) -> None:
    path = host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [FINALIZER])
    host.write("other.py", plugin_text("V1", name="other"))
    await host.ran("V1", "a", name="other")
    path.unlink()
    await host.state("Held")
    await host.client.patch("v1/ConfigMap", "a", {"metadata": {"finalizers": []}}, NAMESPACE)
    await eventually(lambda: not host.knows("one"), timeout_seconds=20)


async def test_a_controller_that_moves_to_another_file_takes_its_objects_along(
    host: HostHarness, plugin_text: Plugin
) -> None:
    path = host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [FINALIZER])
    path.rename(path.with_name("moved.py"))
    await eventually(lambda: host.knows("moved") and not host.knows("one"), timeout_seconds=20)
    await host.state("Active", "moved")
    assert await finalizers(host, "a") == [FINALIZER]
    await host.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await host.ran("cleaned", "a")
    await has(host, "a", None)


async def test_a_controller_that_moves_while_its_finalizer_is_taken_off_keeps_it(
    host: HostHarness, plugin_text: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    for name in "abc":
        await host.create(name)
        await has(host, name, [FINALIZER])
    take_off, taken, is_stopped = LiveFinalizers.take_off, list[FinalizedObject](), asyncio.Event()

    async def slow(self: LiveFinalizers, obj: FinalizedObject, matches: Callable[[str], bool]) -> bool:
        taken.append(obj)
        if len(taken) > 1:
            try:
                await asyncio.Event().wait()
            finally:
                is_stopped.set()
        return await take_off(self, obj, matches)

    monkeypatch.setattr(LiveFinalizers, "take_off", slow)
    host.write("one.py", plugin_text("V2", name="other"))
    await eventually(lambda: len(taken) > 1, timeout_seconds=20)
    host.write("two.py", plugin_text("V3", head=HEAD, options=CLEANS))
    await eventually(is_stopped.is_set, timeout_seconds=20)
    for name in "abc":
        await host.ran("V3", name)
        await has(host, name, [FINALIZER])
        await host.client.delete("v1/ConfigMap", name, NAMESPACE)
        await host.ran("cleaned", name)
        await has(host, name, None)
    assert len(taken) == len({each.uid for each in taken}) == 2
    assert host.status().reason == ""


@pytest.mark.parametrize("way", ["deleted", "edited", "selected"])
async def test_a_restart_loses_no_object(start: Callable[..., Any], plugin_text: Plugin, way: str) -> None:
    first: HostHarness = await start()
    first.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await first.create("a")
    await has(first, "a", [FINALIZER])
    await first.host.stop(5)
    if way == "deleted":
        await first.client.delete("v1/ConfigMap", "a", NAMESPACE)
    selected = ", label_selector='chosen'" if way == "selected" else ""
    options = "" if way == "edited" else f"{CLEANS}{selected}"
    first.write("one.py", plugin_text("V2", head=HEAD, options=options))
    second: HostHarness = await start()
    await has(second, "a", None if way == "deleted" else [])
    assert second.journal.messages("one", "cleaned") == ([] if way == "edited" else ["a"])


async def test_an_edit_with_cleanup_again_waits_for_the_write_that_takes_the_finalizer_off(
    host: HostHarness, plugin_text: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    for name in "abc":
        await host.create(name)
        await has(host, name, [FINALIZER])
    take_off, is_held, goes_on = LiveFinalizers.take_off, asyncio.Event(), asyncio.Event()
    calls: list[int] = []

    async def slow(self: LiveFinalizers, obj: FinalizedObject, matches: Callable[[str], bool]) -> bool:
        is_held.set()
        await goes_on.wait()
        done = await take_off(self, obj, matches)
        calls.append(host.journal.reasons("one").count("V3"))
        return done

    monkeypatch.setattr(LiveFinalizers, "take_off", slow)
    host.write("one.py", plugin_text("V2"))
    await asyncio.wait_for(is_held.wait(), 20)
    host.write("one.py", plugin_text("V3", head=HEAD, options=CLEANS))
    await host.state("Warming")
    assert host.journal.messages("one", "V3") == []
    goes_on.set()
    for name in "abc":
        await host.ran("V3", name)
        await has(host, name, [FINALIZER])
    assert calls == [0]
    assert host.status().reason == ""


async def test_a_failed_swap_goes_on_taking_the_finalizer_off(
    host: HostHarness, plugin_text: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [FINALIZER])
    with monkeypatch.context() as patched:
        patched.setattr(LiveFinalizers, "take_off", denied)
        host.write("one.py", plugin_text("V2"))
        await eventually(lambda: "403" in host.status().reason, timeout_seconds=20)
        install = Controller.install

        async def broken(self: Controller, spec: Any, *rest: Any) -> Any:
            if rest[1].startswith("3-"):
                raise RuntimeError("no controller today")
            return await install(self, spec, *rest)

        patched.setattr(Controller, "install", broken)
        host.write("one.py", plugin_text("V3", head=HEAD, options=CLEANS))
        await eventually(lambda: "no controller today" in host.status().reason, timeout_seconds=20)
        assert await finalizers(host, "a") == [FINALIZER]
        host.write("one.py", plugin_text("V2"))
    await has(host, "a", [])


@pytest.mark.parametrize("options", [CLEANS, ""])
async def test_an_edit_to_another_kind_keeps_the_finalizer_and_names_the_ways_out(
    host: HostHarness, plugin_text: Plugin, options: str
) -> None:
    def text(version: str, kind: str, options: str, other_options: str) -> str:
        other = plugin_text(version, name="other", options=other_options)
        return plugin_text(version, head=HEAD, kind=kind, options=options) + other

    host.write("one.py", text("V1", "v1/ConfigMap", CLEANS, CLEANS))
    await host.create("a")
    await eventually(lambda: is_finalized(host, FINALIZER, "plugin-operator.cleanup/other"), timeout_seconds=20)
    with capture_logs() as lines:
        host.write("one.py", text("V2", "v1/Secret", options, ""))
        await has(host, "a", [FINALIZER])  # the edit has passed its probation: the other finalizer is gone
        await eventually(lambda: FINALIZER in host.status().reason, timeout_seconds=20)
    reason = host.status().reason
    assert f"1 object keeps the finalizer {FINALIZER}: v1/ConfigMap {NAMESPACE}/a" in reason
    assert "the controller with id 'one' no longer reconciles this kind: write for_='v1/ConfigMap' again" in reason
    assert "plugin-operator finalizers clear --for v1/ConfigMap --id one" in reason
    assert host.metrics.family(KEPT_FINALIZERS).get("one", FINALIZER) == 1
    (line,) = [line for line in lines if line["event"] == "Objects of another kind keep finalizers"]
    assert (line["log_level"], line["plugin"], line["reason"]) == ("warning", "one", reason)
    await host.client.delete("v1/ConfigMap", "a", NAMESPACE)
    assert await finalizers(host, "a") == [FINALIZER]
    host.write("one.py", text("V3", "v1/ConfigMap", CLEANS, ""))
    await host.ran("cleaned", "a")
    await has(host, "a", None)
    await eventually(lambda: host.status().reason == "", timeout_seconds=20)


async def is_finalized(harness: HostHarness, *wanted: str) -> bool:
    return set(await finalizers(harness, "a") or ()) == set(wanted)


async def test_an_object_of_the_former_kind_that_is_released_by_hand_ends_the_reason(
    host: HostHarness, plugin_text: Plugin
) -> None:
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    await host.create("a")
    await has(host, "a", [FINALIZER])
    host.write("one.py", plugin_text("V2", head=HEAD, kind="v1/Secret", options=CLEANS))
    await eventually(lambda: FINALIZER in host.status().reason, timeout_seconds=20)
    await host.client.patch("v1/ConfigMap", "a", {"metadata": {"finalizers": []}}, NAMESPACE)
    await eventually(lambda: host.status().reason == "", timeout_seconds=20)
    assert host.metrics.family(KEPT_FINALIZERS).get("one", FINALIZER) == 0


async def test_a_rollback_from_another_kind_keeps_both_finalizers(
    start: Callable[..., Any], plugin_text: Plugin
) -> None:
    host: HostHarness = await start(replace(QUICK, probation_seconds=60.0))
    host.write("one.py", plugin_text("V1", head=HEAD, options=CLEANS))
    for name in "abc":
        await host.create(name)
        await has(host, name, [FINALIZER])
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NAMESPACE}}
        await host.client.create(secret)
    body = "raise ValueError('broken')"
    host.write("one.py", plugin_text("V2", head=HEAD, kind="v1/Secret", options=CLEANS, body=body))
    await host.state("Quarantined")
    await host.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await host.ran("cleaned", "a")
    await has(host, "a", None)
    secrets = await host.client.list("v1/Secret", NAMESPACE)
    assert {each["metadata"]["name"] for each in secrets if FINALIZER in each["metadata"].get("finalizers", [])}
    kept = host.metrics.family(KEPT_FINALIZERS)
    await eventually(lambda: kept.get("one", FINALIZER) > 0, timeout_seconds=20)
