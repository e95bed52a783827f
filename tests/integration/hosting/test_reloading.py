"""Plugins come, change, break and go while objects are being reconciled."""

import asyncio
import dataclasses
import gc
import os
import threading
import weakref

import pytest

from plugin_operator.testing.eventually import eventually

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")


async def test_a_file_is_loaded_changed_and_unloaded(bench, plugin_text):
    await bench.create("a")
    path = bench.write("one.py", plugin_text("V1"))
    await bench.ran("V1", "a")
    status = await bench.state("Active")
    assert [each.name for each in status.controllers] == ["one"]
    bench.write("one.py", plugin_text("V2"))
    await bench.ran("V2", "a")
    assert (await bench.state("Active")).reloads == 2
    path.unlink()
    bench.write("two.py", plugin_text("X", name="two"))
    await eventually(lambda: bench.status() is None)
    assert "one" not in {each.key.gvk.kind for each in bench.factory.informers()}


async def test_everything_works_with_a_trial_in_a_child_process(make_bench, plugin_text):
    bench = make_bench(validate=True)
    await bench.create("a")
    bench.write("one.py", plugin_text("V1"))
    await bench.host.start()
    bench.host.lead()
    await bench.ran("V1", "a")
    bench.write("one.py", "import os\nos._exit(3)\n")
    status = await bench.state("Rejected")
    assert "os._exit(3)" in status.reason
    await bench.change("a", 1)
    await eventually(lambda: bench.journal.reasons("one").count("V1") >= 2)
    bench.write("one.py", plugin_text("V2"))
    await bench.ran("V2", "a")


async def test_a_broken_edit_is_refused_and_the_last_good_revision_goes_on(bench, plugin_text):
    await bench.create("a")
    bench.write("one.py", plugin_text("V1"))
    first = await bench.state("Active")
    bench.write("one.py", plugin_text("V2") + "def broken(:\n")
    status = await bench.state("Rejected")
    assert status.reason.startswith("SyntaxError")
    assert status.line == 7
    assert status.revision == first.revision
    await bench.change("a", 1)
    await eventually(lambda: bench.journal.reasons("one").count("V1") >= 2)
    bench.write("one.py", plugin_text("V1"))
    status = await bench.state("Active")
    assert status.revision == first.revision
    assert status.reason == ""


async def test_an_edit_of_a_helper_reloads_who_imports_it_and_nobody_else(bench, plugin_text):
    await bench.create("a")
    bench.write("helper.py", "WORD = 'first'\n")
    body = "import helper\nctx.recorder.event({}, 'Normal', helper.WORD, '')"
    bench.write("one.py", plugin_text("V", body=body))
    bench.write("two.py", plugin_text("V", name="two"))
    await eventually(lambda: "first" in bench.journal.reasons("one"))
    before = (await bench.state("Active", "two")).revision
    bench.write("helper.py", "WORD = 'second'\n")
    await eventually(lambda: "second" in bench.journal.reasons("one"))
    assert bench.status("two").revision == before
    assert bench.status("helper") is None


async def test_a_missing_helper_that_appears_heals_the_plugin(bench, plugin_text):
    bench.write("one.py", plugin_text("V", head="import helper"))
    assert "No module named 'helper'" in (await bench.state("Rejected")).reason
    bench.write("helper.py", "x = 1\n")
    await bench.state("Active")


async def test_the_same_key_is_never_run_by_two_revisions_at_once(bench, plugin_text):
    await bench.create("a")
    body = "await asyncio.sleep(0.3)\nctx.recorder.event({}, 'Normal', 'end', request.name)"
    bench.write("one.py", plugin_text("V1", body=body))
    await bench.ran("V1", "a")
    bench.write("one.py", plugin_text("V2"))
    await bench.ran("V2", "a")
    order = bench.journal.reasons("one")
    assert order.index("end") < order.index("V2")


async def test_a_reconcile_that_ignores_its_cancellation_is_stuck_and_others_go_on(make_bench, plugin_text, quick):
    bench = make_bench(settings=dataclasses.replace(quick, drain_deadline_seconds=0.2))
    await bench.host.start()
    bench.host.lead()
    await bench.create("a")
    body = (
        "while request.name == 'a':\n"
        "    try:\n        await asyncio.sleep(0.05)\n"
        "        if ctx.lister.get(request) is None: return\n"
        "    except asyncio.CancelledError: pass\n"
    )
    bench.write("one.py", plugin_text("V1", body=body, options=", max_concurrent_reconciles=2"))
    await bench.ran("V1", "a")
    bench.write("one.py", plugin_text("V2"))
    status = await bench.state("Stuck")
    assert f"{NAMESPACE}/a" in status.reason
    await bench.create("b")
    await bench.ran("V2", "b")
    assert "a" not in bench.journal.messages("one", "V2")
    await bench.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await bench.ran("V2", "a")


async def test_a_plain_def_reconcile_runs_in_a_thread_and_keeps_its_key_until_it_ends(bench):
    await bench.create("a")
    text = (
        "from plugin_operator import controller\nimport threading, time\n"
        f"@controller(for_='v1/ConfigMap', namespaces=[{NAMESPACE!r}])\n"
        "def one(ctx, request):\n"
        "    name = threading.current_thread().name\n"
        "    found = ctx.wait(ctx.client.get('v1/ConfigMap', request.name, request.namespace))\n"
        "    ctx.recorder.event(found, 'Normal', 'VERSION', name)\n"
    )
    bench.write("one.py", text)
    await eventually(lambda: any(each.startswith("plugin-one") for each in bench.journal.messages("one", "VERSION")))


async def test_a_crash_spike_right_after_a_swap_is_rolled_back_and_quarantined(bench, plugin_text):
    for name in "abcdef":
        await bench.create(name)
    bench.write("one.py", plugin_text("V1"))
    await bench.ran("V1", "f")
    good = (await bench.state("Active")).revision
    bench.write("one.py", plugin_text("V2", body="raise ValueError('bad edit')"))
    status = await bench.state("Quarantined")
    assert status.revision == good
    assert "bad edit" in status.reason
    seen = len(bench.journal.lines)
    await bench.change("a", 1)
    await eventually(lambda: ("one", "V1", "a") in bench.journal.lines[seen:])
    bench.write("one.py", plugin_text("V3"))
    await bench.ran("V3", "a")
    bench.write("one.py", plugin_text("V2", body="raise ValueError('bad edit')"))
    assert "rolled back" in (await bench.state("Quarantined")).reason


async def test_errors_of_the_api_server_and_terminal_errors_do_not_roll_back(bench, plugin_text):
    for name in "abcdef":
        await bench.create(name)
    bench.write("one.py", plugin_text("V1"))
    await bench.ran("V1", "f")
    bench.write("one.py", plugin_text("V2", body="raise TerminalError('cannot be')"))
    await bench.ran("V2", "f")
    bench.write("one.py", plugin_text("V3", body="await ctx.client.list('example.com/v1/Nothing')"))
    await bench.ran("V3", "f")
    away = "from plugin_operator.errors import ConfigError"
    lost = (
        "try: raise ConfigError('the token file is empty')\nexcept Exception as error: raise ValueError('x') from error"
    )
    bench.write("one.py", plugin_text("V4", head=away, body=lost))
    await bench.ran("V4", "f")
    assert (await bench.state("Active")).reloads == 4


async def test_answers_that_blame_the_request_roll_back(bench, plugin_text):
    for name in "abcdef":
        await bench.create(name)
    bench.write("one.py", plugin_text("V1"))
    await bench.ran("V1", "f")
    bench.write("one.py", plugin_text("V2", body="await ctx.client.get('v1/ConfigMap', 'no', request.namespace)"))
    assert "NotFoundError" in (await bench.state("Quarantined")).reason


async def test_an_unknown_kind_waits_and_heals_when_its_crd_comes(bench, plugin_text):
    bench.write("one.py", plugin_text("V1", kind="example.com/v1/Widget"))
    status = await bench.state("Waiting")
    assert "Widget" in status.reason
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    await bench.client.create(
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
    await bench.state("Active")


async def test_two_plugins_cannot_have_a_controller_of_the_same_name(bench, plugin_text):
    bench.write("first.py", plugin_text("V1"))
    await bench.state("Active", "first")
    path = bench.write("second.py", plugin_text("V2"))
    status = await bench.state("Rejected", "second")
    assert "'one' is the name of a controller of plugin 'first'" in status.reason
    assert status.path == str(path)
    (bench.root / "first.py").unlink()
    await bench.state("Active", "second")


async def test_a_renamed_file_goes_on_under_its_new_name(bench, plugin_text):
    await bench.create("a")
    path = bench.write("old.py", plugin_text("V1"))
    await bench.state("Active", "old")
    path.rename(bench.root / "new.py")
    await bench.state("Active", "new")
    await eventually(lambda: bench.status("old") is None)


async def test_an_emptied_or_missing_directory_keeps_everything(bench, plugin_text, tmp_path):
    await bench.create("a")
    path = bench.write("one.py", plugin_text("V1"))
    await bench.state("Active")
    path.unlink()
    await eventually(lambda: "empty" in bench.host.directory_problem)
    bench.root.rename(tmp_path / "away")
    await eventually(lambda: "does not exist" in bench.host.directory_problem)
    await bench.change("a", 1)
    await eventually(lambda: bench.journal.reasons("one").count("V1") >= 2)
    bench.root.mkdir()
    bench.write("one.py", plugin_text("V2"))
    await bench.ran("V2", "a")
    assert bench.host.directory_problem == ""


async def test_a_directory_that_does_not_answer_is_told_and_followed_again_once_it_does(
    bench, plugin_text, monkeypatch
):
    monkeypatch.setattr("plugin_operator.hosting.host._LONGEST_LOOK_SECONDS", 0.05)
    bench.write("one.py", plugin_text("V1"))
    await bench.state("Active")
    answers = threading.Event()
    scan = bench.host._scanner.scan

    def hang():
        answers.wait(20)
        return scan()

    monkeypatch.setattr(bench.host._scanner, "scan", hang)
    bench.write("one.py", plugin_text("V2"))
    await eventually(lambda: "hangs" in bench.host.directory_problem)
    assert bench.status().state == "Active"
    answers.set()
    await eventually(lambda: bench.status().reloads == 2)
    assert bench.host.directory_problem == ""


async def test_changed_selectors_kinds_and_concurrency_take_effect(bench, plugin_text):
    await bench.create("a")
    await bench.client.create(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": NAMESPACE}, "type": "Opaque"}
    )
    bench.write("one.py", plugin_text("V1"))
    await bench.ran("V1", "a")
    bench.write("one.py", plugin_text("V2", kind="v1/Secret", options=", max_concurrent_reconciles=3"))
    await bench.ran("V2", "s")
    assert (await bench.state("Active")).controllers[0].max_concurrent_reconciles == 3
    assert "a" not in bench.journal.messages("one", "V2")


@pytest.mark.parametrize("rounds", [30])
async def test_retired_revisions_are_collected(bench, plugin_text, rounds):
    class Sentinel:
        pass

    await bench.create("a")
    watched = []
    for number in range(rounds):
        bench.write("one.py", plugin_text(f"V{number}"))
        await bench.ran(f"V{number}", "a")
        sentinel = Sentinel()
        bench.host._supervisors["one"].runtime.revision.module.SENTINEL = sentinel
        watched.append(weakref.ref(sentinel))
        del sentinel
    await bench.state("Active")

    def collected() -> bool:
        gc.collect()
        return sum(each() is not None for each in watched) <= 2

    await eventually(collected)


async def test_a_reload_of_one_plugin_leaves_no_gap_in_another(bench, plugin_text):
    await bench.create("a")
    bench.write("one.py", plugin_text("V0"))
    bench.write("two.py", plugin_text("W", name="two"))
    await bench.state("Active", "two")
    await bench.ran("W", "a", "two")
    over = False

    async def edit() -> None:
        number = 0
        while not over:
            number += 1
            bench.write("one.py", plugin_text(f"V{number}"))
            await bench.ran(f"V{number}", "a")

    editing = asyncio.create_task(edit())
    for value in range(100):
        before = bench.journal.reasons("two").count("W")
        await bench.change("a", value)
        await eventually(lambda before=before: bench.journal.reasons("two").count("W") > before)
    over = True
    await editing
    assert bench.status("two").reloads == 1


async def test_a_controller_that_is_gone_from_its_file_ends_without_holding_up_the_loop(bench, plugin_text):
    await bench.create("a")
    slow = plugin_text("S1", name="slow", body="await asyncio.sleep(0.5)\nctx.recorder.event({}, 'Normal', 'end', '')")
    bench.write("one.py", plugin_text("V1") + slow)
    await bench.ran("S1", "a", "slow")
    bench.write("one.py", plugin_text("V2"))
    await bench.ran("V2", "a")
    turns = 0
    while bench.status().state != "Active":
        turns += 1
        await asyncio.sleep(0.01)
    assert turns > 5
    assert bench.journal.reasons("slow")[-1] == "end"
    assert [each.name for each in bench.status().controllers] == ["one"]


async def test_a_controller_that_returns_to_its_file_waits_for_what_it_was_still_doing(bench, plugin_text):
    await bench.create("a")
    body = "await asyncio.sleep(1.5)\nctx.recorder.event({}, 'Normal', 'end', request.name)"
    bench.write("one.py", plugin_text("V1") + plugin_text("S1", name="slow", body=body))
    await bench.ran("S1", "a", "slow")
    bench.write("one.py", plugin_text("V2"))
    await bench.ran("V2", "a")
    bench.write("one.py", plugin_text("V3") + plugin_text("S3", name="slow"))
    await bench.ran("S3", "a", "slow")
    order = bench.journal.reasons("slow")
    assert order.index("end") < order.index("S3")
    await bench.state("Active")


async def test_a_controller_that_moves_to_another_file_waits_for_what_it_was_still_doing(bench, plugin_text):
    await bench.create("a")
    body = "await asyncio.sleep(1.5)\nctx.recorder.event({}, 'Normal', 'end', request.name)"
    bench.write("one.py", plugin_text("V1") + plugin_text("S1", name="slow", body=body))
    await bench.ran("S1", "a", "slow")
    bench.write("two.py", plugin_text("S2", name="slow"))
    bench.write("one.py", plugin_text("V2"))
    await bench.ran("V2", "a")
    bench.write("one.py", plugin_text("V3"))
    await bench.ran("S2", "a", "slow")
    order = bench.journal.reasons("slow")
    assert order.index("end") < order.index("S2")
    await bench.state("Active")


async def test_the_same_broken_edit_after_a_mend_is_refused_again(bench, plugin_text):
    good, broken = plugin_text("V1"), "def broken(:\n"
    bench.write("one.py", good)
    await bench.state("Active")
    for _ in range(2):
        bench.write("one.py", broken)
        await bench.state("Rejected")
        bench.write("one.py", good)
        await bench.state("Active")


async def test_an_import_that_hangs_is_tried_a_few_times_and_then_left_alone(make_bench, plugin_text, monkeypatch):
    bench = make_bench(validate=True)
    monkeypatch.setattr(bench.host._validator, "_deadline", 0.2)
    trials = []
    validate = bench.host._validator.validate

    async def counted(source):
        trials.append(source.name)
        return await validate(source)

    monkeypatch.setattr(bench.host._validator, "validate", counted)
    bench.write("hangs.py", "import time\ntime.sleep(1000)\n")
    await bench.host.start()
    await eventually(lambda: len(trials) >= 3, timeout_seconds=30)
    await bench.state("Rejected", "hangs")
    await asyncio.sleep(0.6)
    assert len(trials) == 3
    monkeypatch.setattr(bench.host._validator, "_deadline", 10)
    bench.write("hangs.py", plugin_text("V1"))
    await bench.state("Active", "hangs")
