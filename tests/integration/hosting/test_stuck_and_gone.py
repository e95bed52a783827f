"""Reconciles that ignore their cancellation, and what happens to their plugin meanwhile: no key is ever run twice."""

import asyncio
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import ControllerSpec
from plugin_operator.hosting import HostSettings
from plugin_operator.hosting.environment import DrainLike
from plugin_operator.hosting.rollout import revision_builder
from plugin_operator.hosting.rollout.rollback import MOST_STUCK_REVISIONS
from plugin_operator.hosting.runtime import long_reconciles
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")


def stubborn(gate: Path, when: str = "request.name == 'a'") -> str:
    """Return a body that holds on to its key until ``gate`` exists, whatever happens."""
    return (
        f"while {when} and not __import__('os').path.exists({str(gate)!r}):\n"
        "    try: await asyncio.sleep(0.02)\n"
        "    except asyncio.CancelledError: pass\n"
        "ctx.recorder.event({}, 'Normal', 'end', request.name)\n"
    )


@pytest.fixture
async def short_drain_harness(make_harness: Callable[..., HostHarness], short_deadlines: HostSettings) -> HostHarness:
    """A host that does not wait long for reconciles."""
    harness = make_harness(settings=replace(short_deadlines, drain_deadline_seconds=0.2))
    await harness.host.start()
    harness.host.lead()
    await harness.create("a")
    await harness.create("b")
    return harness


@pytest.fixture
def gate(short_drain_harness: HostHarness, tmp_path: Path) -> Iterator[Path]:
    """What stubborn reconciles wait for; in the end they get it."""
    gate = tmp_path / "gate"
    yield gate
    gate.touch()


async def _stuck_and_deleted(harness: HostHarness, plugin_text: Callable[..., str], gate: Path) -> None:
    """Load a plugin that gets stuck, and delete its file; another one keeps the directory from being empty."""
    harness.write("other.py", plugin_text("O", name="other"))
    path = harness.write("one.py", plugin_text("V1", body=stubborn(gate), options=", max_concurrent_reconciles=2"))
    await harness.ran("V1", "a")
    path.unlink()


async def test_a_deleted_file_that_returns_runs_no_key_that_its_old_code_still_holds(
    short_drain_harness: HostHarness, plugin_text: Callable[..., str], gate: Path
) -> None:
    await _stuck_and_deleted(short_drain_harness, plugin_text, gate)
    assert f"{NAMESPACE}/a" in (await short_drain_harness.state("Stuck")).reason
    short_drain_harness.write("one.py", plugin_text("V2"))
    assert f"{NAMESPACE}/a" in (await short_drain_harness.state("Rejected")).reason
    await short_drain_harness.change("a", 1)
    await short_drain_harness.ran("O", "a", name="other")
    assert short_drain_harness.journal.messages("one", "V2") == []
    gate.touch()
    await short_drain_harness.ran("V2", "a")
    lines = [
        (reason, message)
        for who, reason, message in short_drain_harness.journal.lines
        if who == "one" and message == "a"
    ]
    assert lines.index(("end", "a")) < lines.index(("V2", "a"))


async def test_a_controller_that_is_stuck_lends_its_name_to_no_other_file(
    short_drain_harness: HostHarness, plugin_text: Callable[..., str], gate: Path
) -> None:
    await _stuck_and_deleted(short_drain_harness, plugin_text, gate)
    await short_drain_harness.state("Stuck")
    short_drain_harness.write("renamed.py", plugin_text("V2"))
    assert (
        "is the name of a controller of plugin 'one'" in (await short_drain_harness.state("Rejected", "renamed")).reason
    )
    gate.touch()
    await short_drain_harness.ran("V2", "a")
    await short_drain_harness.state("Active", "renamed")
    await eventually(lambda: not short_drain_harness.knows())


def looping(gate: Path, options: str = "") -> str:
    """Return a plugin whose plain reconcile loops in its thread, at line 9, until ``gate`` exists."""
    return (
        "import os\nimport time\n\nfrom plugin_operator import controller\n\n"
        f"@controller(for_='v1/ConfigMap', name='one', namespaces=[{NAMESPACE!r}]{options})\n"
        "def one(ctx, request):\n    ctx.recorder.event({}, 'Normal', 'L', request.name)\n"
        f"    while request.name == 'a' and not os.path.exists({str(gate)!r}): pass\n"
    )


async def test_a_thread_that_loops_past_its_timeout_is_named_with_its_line_until_it_ends(
    short_drain_harness: HostHarness, gate: Path
) -> None:
    with capture_logs() as lines:
        path = short_drain_harness.write("one.py", looping(gate, ", reconcile_timeout_seconds=0.1"))
        await short_drain_harness.ran("L", "a", name="one")
        charge = await eventually(lambda: next(iter(short_drain_harness.status().charges), None), timeout_seconds=20)
        line = next(line for line in lines if line["event"] == "Reconcile does not end")
    assert (charge.how, charge.stack) == ("hangs", (f"{path}:9",))
    assert f"reconcile of {NAMESPACE}/a by one runs for" in charge.detail
    assert "its timeout is 0.1 s" in charge.detail
    assert "restart the operator" in charge.detail
    assert (line["at"], line["controller"], line["name"]) == (f"{path}:9", "one", "a")
    assert short_drain_harness.status().hanging.startswith(f"{path}:9: reconcile of")
    gate.touch()
    await eventually(lambda: short_drain_harness.status().charges == (), timeout_seconds=20)


async def test_a_thread_without_a_timeout_is_named_when_it_runs_very_long(
    short_drain_harness: HostHarness, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_reconciles, "LONG_RECONCILE_SECONDS", 0.5)
    path = short_drain_harness.write("one.py", looping(gate))
    await short_drain_harness.ran("L", "a")
    await eventually(
        lambda: [each.stack for each in short_drain_harness.status().charges] == [(f"{path}:9",)],
        timeout_seconds=20,
    )


async def test_stuck_threads_are_told_with_line_and_way_out(
    short_drain_harness: HostHarness, plugin_text: Callable[..., str], gate: Path
) -> None:
    path = short_drain_harness.write("one.py", looping(gate))
    await short_drain_harness.ran("L", "a", name="one")
    short_drain_harness.write("one.py", plugin_text("V2"))
    reason = (await short_drain_harness.state("Stuck")).reason
    assert f"{NAMESPACE}/a ({path}:9)" in reason
    assert "restart the operator" in reason


async def test_a_stuck_thread_of_a_deleted_file_is_told_with_line_and_way_out(
    short_drain_harness: HostHarness, plugin_text: Callable[..., str], gate: Path
) -> None:
    short_drain_harness.write("other.py", plugin_text("O", name="other"))
    path = short_drain_harness.write("one.py", looping(gate))
    await short_drain_harness.ran("L", "a", name="one")
    path.unlink()
    reason = (await short_drain_harness.state("Stuck")).reason
    assert f"{NAMESPACE}/a ({path}:9)" in reason
    assert "restart the operator" in reason


async def test_a_deleted_file_with_a_stuck_reconcile_is_gone_once_that_ends(
    short_drain_harness: HostHarness, plugin_text: Callable[..., str], gate: Path
) -> None:
    await _stuck_and_deleted(short_drain_harness, plugin_text, gate)
    await short_drain_harness.state("Stuck")
    gate.touch()
    await eventually(lambda: not short_drain_harness.knows())


async def test_the_end_of_the_process_waits_for_reconciles_of_a_file_that_is_being_unloaded(
    make_harness: Callable[..., HostHarness],
    plugin_text: Callable[..., str],
    short_deadlines: HostSettings,
    tmp_path: Path,
) -> None:
    harness = make_harness(settings=replace(short_deadlines, drain_deadline_seconds=60))
    await harness.host.start()
    harness.host.lead()
    await harness.create("a")
    harness.write("other.py", plugin_text("O", name="other"))
    gate = tmp_path / "gate"
    body = (
        f"while not __import__('os').path.exists({str(gate)!r}): await asyncio.sleep(0.02)\n"
        "ctx.recorder.event({}, 'Normal', 'end', request.name)\n"
    )
    path = harness.write("one.py", plugin_text("V1", body=body))
    await harness.ran("V1", "a")
    path.unlink()
    await harness.state("Draining")
    stopping = asyncio.create_task(harness.host.stop(20))
    await asyncio.wait([stopping], timeout=0.1)
    gate.touch()
    assert await stopping == []
    assert harness.journal.messages("one", "end") == ["a"]


async def test_the_end_of_the_process_tells_of_what_is_stuck_in_a_file_that_is_gone(
    short_drain_harness: HostHarness, plugin_text: Callable[..., str], gate: Path
) -> None:
    await _stuck_and_deleted(short_drain_harness, plugin_text, gate)
    await short_drain_harness.state("Stuck")
    assert await short_drain_harness.host.stop(1) == [f"one {NAMESPACE}/a"]
    gate.touch()


async def test_a_rollback_that_fails_halfway_leaves_all_controllers_with_the_code_before_it(
    harness: HostHarness, plugin_text: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of two controllers swaps back, the second does not: both must go on with what they had."""
    await harness.create("a")
    harness.write("one.py", plugin_text("V1") + plugin_text("V1", name="two"))
    good = (await harness.state("Active")).revision
    second = harness.host._supervisors["one"]._controllers._controllers["two"]
    install = second.install
    failed = asyncio.Event()

    async def install_but_the_good(
        spec: ControllerSpec, reconciler: Callable[..., Any], revision: str, guard: PluginGuard
    ) -> DrainLike:
        if revision == good:
            failed.set()
            raise revision_builder.RetryableRejection("as the test asks for")
        return await install(spec, reconciler, revision, guard)

    monkeypatch.setattr(second, "install", install_but_the_good)
    fails = "raise RuntimeError('bad')"
    harness.write("one.py", plugin_text("V2", body=fails) + plugin_text("V2", name="two", body=fails))
    for number in range(10):
        await harness.create(f"b{number}")
    await asyncio.wait_for(failed.wait(), 20)
    bad = harness.status().revision
    await eventually(lambda: [each.revision for each in harness.status().controllers] == [bad, bad])
    harness.write("one.py", plugin_text("V3") + plugin_text("V3", name="two"))
    await harness.ran("V3", "a")
    await harness.ran("V3", "a", name="two")


async def test_edits_beyond_a_few_stuck_revisions_are_refused_until_one_of_them_ends(
    short_drain_harness: HostHarness, plugin_text: Callable[..., str], gate: Path
) -> None:
    for number in range(MOST_STUCK_REVISIONS):
        await short_drain_harness.create(f"object{number}")
    body = stubborn(gate, when="True")
    for number in range(MOST_STUCK_REVISIONS + 1):
        short_drain_harness.write("one.py", plugin_text(f"V{number}", body=body))
        await eventually(
            partial(lambda version: short_drain_harness.journal.messages("one", version), f"V{number}"),
            timeout_seconds=20,
        )
    short_drain_harness.write("one.py", plugin_text("Last"))
    assert "no more edits until one of these ends" in (await short_drain_harness.state("Rejected")).reason
    gate.touch()
    await short_drain_harness.ran("Last", "a")


async def test_tasks_of_a_host_that_has_ended_are_gone(
    short_drain_harness: HostHarness, plugin_text: Callable[..., str], gate: Path
) -> None:
    await _stuck_and_deleted(short_drain_harness, plugin_text, gate)
    await short_drain_harness.state("Stuck")
    gate.touch()
    await short_drain_harness.host.stop(5)
    await eventually(lambda: not [task for task in asyncio.all_tasks() if "plugin/one" in task.get_name()])
