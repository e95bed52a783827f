"""Plugins come, change, break and go while objects are being reconciled."""

import asyncio
import gc
import os
import threading
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from plugin_operator.hosting import HostSettings, PluginSource, Snapshot, Verdict
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")


async def test_a_file_is_loaded_changed_and_unloaded(harness: HostHarness, plugin_text: Callable[..., Any]) -> None:
    await harness.create("a")
    path = harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "a")
    status = await harness.state("Active")
    assert [each.name for each in status.controllers] == ["one"]
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
    assert (await harness.state("Active")).reloads == 2
    path.unlink()
    harness.write("two.py", plugin_text("X", name="two"))
    await eventually(lambda: not harness.knows())
    assert "one" not in {each.key.gvk.kind for each in harness.factory.informers()}


async def test_everything_works_with_a_trial_in_a_child_process(
    make_harness: Callable[..., HostHarness], plugin_text: Callable[..., Any]
) -> None:
    harness = make_harness(validate=True)
    await harness.create("a")
    harness.write("one.py", plugin_text("V1"))
    await harness.host.start()
    harness.host.lead()
    await harness.ran("V1", "a")
    harness.write("one.py", "import os\nos._exit(3)\n")
    status = await harness.state("Rejected")
    assert "os._exit(3)" in status.reason
    await harness.change("a", 1)
    await eventually(lambda: harness.journal.reasons("one").count("V1") >= 2)
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")


async def test_a_broken_edit_is_refused_and_the_last_good_revision_goes_on(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    await harness.create("a")
    harness.write("one.py", plugin_text("V1"))
    first = await harness.state("Active")
    harness.write("one.py", plugin_text("V2") + "def broken(:\n")
    status = await harness.state("Rejected")
    assert status.reason.startswith("SyntaxError")
    assert status.line == 7
    assert status.revision == first.revision
    await harness.change("a", 1)
    await eventually(lambda: harness.journal.reasons("one").count("V1") >= 2)
    harness.write("one.py", plugin_text("V1"))
    status = await harness.state("Active")
    assert status.revision == first.revision
    assert status.reason == ""


async def test_an_edit_of_a_helper_reloads_who_imports_it_and_nobody_else(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    await harness.create("a")
    harness.write("helper.py", "WORD = 'first'\n")
    body = "import helper\nctx.recorder.event({}, 'Normal', helper.WORD, '')"
    harness.write("one.py", plugin_text("V", body=body))
    harness.write("two.py", plugin_text("V", name="two"))
    await eventually(lambda: "first" in harness.journal.reasons("one"))
    before = (await harness.state("Active", "two")).revision
    harness.write("helper.py", "WORD = 'second'\n")
    await eventually(lambda: "second" in harness.journal.reasons("one"))
    assert harness.status("two").revision == before
    assert not harness.knows("helper")


async def test_a_missing_helper_that_appears_heals_the_plugin(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    harness.write("one.py", plugin_text("V", head="import helper"))
    assert "No module named 'helper'" in (await harness.state("Rejected")).reason
    harness.write("helper.py", "x = 1\n")
    await harness.state("Active")


async def test_the_same_key_is_never_run_by_two_revisions_at_once(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    await harness.create("a")
    body = "await asyncio.sleep(0.3)\nctx.recorder.event({}, 'Normal', 'end', request.name)"
    harness.write("one.py", plugin_text("V1", body=body))
    await harness.ran("V1", "a")
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
    order = harness.journal.reasons("one")
    assert order.index("end") < order.index("V2")


async def test_a_reconcile_that_ignores_its_cancellation_is_stuck_and_others_go_on(
    make_harness: Callable[..., HostHarness], plugin_text: Callable[..., Any], short_deadlines: HostSettings
) -> None:
    harness = make_harness(settings=replace(short_deadlines, drain_deadline_seconds=0.2))
    await harness.host.start()
    harness.host.lead()
    await harness.create("a")
    body = (
        "while request.name == 'a':\n"
        "    try:\n        await asyncio.sleep(0.05)\n"
        "        if ctx.lister.get(request) is None: return\n"
        "    except asyncio.CancelledError: pass\n"
    )
    harness.write("one.py", plugin_text("V1", body=body, options=", max_concurrent_reconciles=2"))
    await harness.ran("V1", "a")
    harness.write("one.py", plugin_text("V2"))
    status = await harness.state("Stuck")
    assert f"{NAMESPACE}/a" in status.reason
    await harness.create("b")
    await harness.ran("V2", "b")
    assert "a" not in harness.journal.messages("one", "V2")
    await harness.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await harness.ran("V2", "a")


async def test_a_plain_def_reconcile_runs_in_a_thread_and_keeps_its_key_until_it_ends(harness: HostHarness) -> None:
    await harness.create("a")
    text = (
        "from plugin_operator import controller\nimport threading, time\n"
        f"@controller(for_='v1/ConfigMap', namespaces=[{NAMESPACE!r}])\n"
        "def one(ctx, request):\n"
        "    name = threading.current_thread().name\n"
        "    found = ctx.wait(ctx.client.get('v1/ConfigMap', request.name, request.namespace))\n"
        "    ctx.recorder.event(found, 'Normal', 'VERSION', name)\n"
    )
    harness.write("one.py", text)
    await eventually(lambda: any(each.startswith("plugin-one") for each in harness.journal.messages("one", "VERSION")))


async def test_a_crash_spike_right_after_a_swap_is_rolled_back_and_quarantined(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    for name in "abcdef":
        await harness.create(name)
    harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "f")
    good = (await harness.state("Active")).revision
    harness.write("one.py", plugin_text("V2", body="raise ValueError('bad edit')"))
    status = await harness.state("Quarantined")
    assert status.revision == good
    assert "bad edit" in status.reason
    seen = len(harness.journal.lines)
    await harness.change("a", 1)
    await eventually(lambda: ("one", "V1", "a") in harness.journal.lines[seen:])
    harness.write("one.py", plugin_text("V3"))
    await harness.ran("V3", "a")
    harness.write("one.py", plugin_text("V2", body="raise ValueError('bad edit')"))
    assert "rolled back" in (await harness.state("Quarantined")).reason


async def test_errors_of_the_api_server_and_terminal_errors_do_not_roll_back(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    for name in "abcdef":
        await harness.create(name)
    harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "f")
    harness.write("one.py", plugin_text("V2", body="raise TerminalError('cannot be')"))
    await harness.ran("V2", "f")
    harness.write("one.py", plugin_text("V3", body="await ctx.client.list('example.com/v1/Nothing')"))
    await harness.ran("V3", "f")
    away = "from plugin_operator.errors import ConfigError"
    lost = (
        "try: raise ConfigError('the token file is empty')\nexcept Exception as error: raise ValueError('x') from error"
    )
    harness.write("one.py", plugin_text("V4", head=away, body=lost))
    await harness.ran("V4", "f")
    assert (await harness.state("Active")).reloads == 4


async def test_answers_that_blame_the_request_roll_back(harness: HostHarness, plugin_text: Callable[..., Any]) -> None:
    for name in "abcdef":
        await harness.create(name)
    harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "f")
    harness.write("one.py", plugin_text("V2", body="await ctx.client.get('v1/ConfigMap', 'no', request.namespace)"))
    assert "NotFoundError" in (await harness.state("Quarantined")).reason


async def test_an_unknown_kind_waits_and_heals_when_its_crd_comes(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    harness.write("one.py", plugin_text("V1", kind="example.com/v1/Widget"))
    status = await harness.state("Waiting")
    assert "Widget" in status.reason
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    await harness.client.create(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "widgets.example.com"},
            "spec": {
                "group": "example.com",
                "scope": "Namespaced",
                "names": names,
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
            },
        }
    )
    await harness.state("Active")


async def test_two_plugins_cannot_have_a_controller_of_the_same_name(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    harness.write("first.py", plugin_text("V1"))
    await harness.state("Active", "first")
    path = harness.write("second.py", plugin_text("V2"))
    status = await harness.state("Rejected", "second")
    assert "'one' is the name of a controller of plugin 'first'" in status.reason
    assert status.path == str(path)
    (harness.root / "first.py").unlink()
    await harness.state("Active", "second")


async def test_a_renamed_file_goes_on_under_its_new_name(harness: HostHarness, plugin_text: Callable[..., Any]) -> None:
    await harness.create("a")
    path = harness.write("old.py", plugin_text("V1"))
    await harness.state("Active", "old")
    path.rename(harness.root / "new.py")
    await harness.state("Active", "new")
    await eventually(lambda: not harness.knows("old"))


async def test_an_emptied_or_missing_directory_keeps_everything(
    harness: HostHarness, plugin_text: Callable[..., Any], tmp_path: Path
) -> None:
    await harness.create("a")
    path = harness.write("one.py", plugin_text("V1"))
    await harness.state("Active")
    path.unlink()
    kept = "contains no Python files, so the plugins that are loaded keep running"
    await eventually(lambda: kept in harness.host.directory_problem)
    harness.root.rename(tmp_path / "away")
    await eventually(lambda: "does not exist" in harness.host.directory_problem)
    await harness.change("a", 1)
    await eventually(lambda: harness.journal.reasons("one").count("V1") >= 2)
    harness.root.mkdir()
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
    assert harness.host.directory_problem == ""


async def test_a_directory_that_does_not_answer_is_told_and_followed_again_once_it_does(
    harness: HostHarness, plugin_text: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin_operator.hosting.host._LONGEST_LOOK_SECONDS", 0.05)
    harness.write("one.py", plugin_text("V1"))
    await harness.state("Active")
    answers = threading.Event()
    scan = harness.host._scanner.scan

    def hang() -> Snapshot:
        answers.wait(20)
        return scan()

    monkeypatch.setattr(harness.host._scanner, "scan", hang)
    harness.write("one.py", plugin_text("V2"))
    await eventually(lambda: "hangs" in harness.host.directory_problem)
    assert harness.status().state == "Active"
    answers.set()
    await eventually(lambda: harness.status().reloads == 2)
    assert harness.host.directory_problem == ""


async def test_changed_selectors_kinds_and_concurrency_take_effect(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    await harness.create("a")
    await harness.client.create(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": NAMESPACE}, "type": "Opaque"}
    )
    harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "a")
    harness.write("one.py", plugin_text("V2", kind="v1/Secret", options=", max_concurrent_reconciles=3"))
    await harness.ran("V2", "s")
    assert (await harness.state("Active")).controllers[0].max_concurrent_reconciles == 3
    assert "a" not in harness.journal.messages("one", "V2")


@pytest.mark.parametrize("rounds", [30])
async def test_retired_revisions_are_collected(
    harness: HostHarness, plugin_text: Callable[..., Any], rounds: int
) -> None:
    class Sentinel:
        pass

    await harness.create("a")
    watched = []
    for number in range(rounds):
        harness.write("one.py", plugin_text(f"V{number}"))
        await harness.ran(f"V{number}", "a")
        sentinel = Sentinel()
        runtime = harness.host._supervisors["one"].runtime
        assert runtime is not None
        vars(runtime.revision.module)["SENTINEL"] = sentinel
        watched.append(weakref.ref(sentinel))
        del sentinel, runtime
    await harness.state("Active")

    def collected() -> bool:
        gc.collect()
        return sum(each() is not None for each in watched) <= 2

    await eventually(collected)


async def test_a_reload_of_one_plugin_leaves_no_gap_in_another(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    await harness.create("a")
    harness.write("one.py", plugin_text("V0"))
    harness.write("two.py", plugin_text("W", name="two"))
    await harness.state("Active", "two")
    await harness.ran("W", "a", "two")
    over = False

    async def edit() -> None:
        number = 0
        while not over:
            number += 1
            harness.write("one.py", plugin_text(f"V{number}"))
            await harness.ran(f"V{number}", "a")

    editing = asyncio.create_task(edit())
    for value in range(100):
        before = harness.journal.reasons("two").count("W")
        await harness.change("a", value)
        await eventually(partial(lambda before: harness.journal.reasons("two").count("W") > before, before))
    over = True
    await editing
    assert harness.status("two").reloads == 1


async def test_a_controller_that_is_gone_from_its_file_ends_without_holding_up_the_loop(
    harness: HostHarness, plugin_text: Callable[..., Any], tmp_path: Path
) -> None:
    await harness.create("a")
    release = tmp_path / "release"
    body = f"while not Path({str(release)!r}).exists():\n    await asyncio.sleep(0.01)\n"
    body += "ctx.recorder.event({}, 'Normal', 'end', '')"
    slow = plugin_text("S1", name="slow", head="from pathlib import Path", body=body)
    harness.write("one.py", plugin_text("V1") + slow)
    await harness.ran("S1", "a", "slow")
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
    assert harness.status().state != "Active"
    assert "end" not in harness.journal.reasons("slow")
    release.touch()
    await harness.state("Active")
    assert harness.journal.reasons("slow")[-1] == "end"
    assert [each.name for each in harness.status().controllers] == ["one"]


async def test_a_controller_that_returns_to_its_file_waits_for_what_it_was_still_doing(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    await harness.create("a")
    body = "await asyncio.sleep(1.5)\nctx.recorder.event({}, 'Normal', 'end', request.name)"
    harness.write("one.py", plugin_text("V1") + plugin_text("S1", name="slow", body=body))
    await harness.ran("S1", "a", "slow")
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
    harness.write("one.py", plugin_text("V3") + plugin_text("S3", name="slow"))
    await harness.ran("S3", "a", "slow")
    order = harness.journal.reasons("slow")
    assert order.index("end") < order.index("S3")
    await harness.state("Active")


async def test_a_controller_that_moves_to_another_file_waits_for_what_it_was_still_doing(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    await harness.create("a")
    body = "await asyncio.sleep(1.5)\nctx.recorder.event({}, 'Normal', 'end', request.name)"
    harness.write("one.py", plugin_text("V1") + plugin_text("S1", name="slow", body=body))
    await harness.ran("S1", "a", "slow")
    harness.write("two.py", plugin_text("S2", name="slow"))
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
    harness.write("one.py", plugin_text("V3"))
    await harness.ran("S2", "a", "slow")
    order = harness.journal.reasons("slow")
    assert order.index("end") < order.index("S2")
    await harness.state("Active")


async def test_the_same_broken_edit_after_a_mend_is_refused_again(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    good, broken = plugin_text("V1"), "def broken(:\n"
    harness.write("one.py", good)
    await harness.state("Active")
    for _ in range(2):
        harness.write("one.py", broken)
        await harness.state("Rejected")
        harness.write("one.py", good)
        await harness.state("Active")


async def test_an_import_that_hangs_is_tried_a_few_times_and_then_left_alone(
    make_harness: Callable[..., HostHarness], plugin_text: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = make_harness(validate=True)
    monkeypatch.setattr(harness.host._validator, "_deadline", 0.2)
    trials = []
    assert harness.host._validator is not None
    validate = harness.host._validator.validate

    async def counted(source: PluginSource) -> Verdict:
        trials.append(source.name)
        return await validate(source)

    monkeypatch.setattr(harness.host._validator, "validate", counted)
    harness.write("hangs.py", "import time\ntime.sleep(1000)\n")
    await harness.host.start()
    await eventually(lambda: len(trials) >= 3, timeout_seconds=30)
    await harness.state("Rejected", "hangs")
    await asyncio.sleep(0.6)
    assert len(trials) == 3
    monkeypatch.setattr(harness.host._validator, "_deadline", 10)
    harness.write("hangs.py", plugin_text("V1"))
    await harness.state("Active", "hangs")
