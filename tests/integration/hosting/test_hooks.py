"""The hooks around a plugin's reconciles: start, stop, and the state that one revision hands to the next."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from plugin_operator.hosting import HostSettings
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

HOOKED = """
from plugin_operator import controller
import asyncio
@controller(for_='v1/ConfigMap', name='one', namespaces=['NAMESPACE'])
class One:
    def __init__(self): self.count = 0
    async def start(self, ctx):
        ctx.recorder.event({}, 'Normal', 'start', 'VERSION')
        START
        self.task = asyncio.create_task(self.work(ctx))
    async def work(self, ctx):
        try: await asyncio.sleep(1000)
        finally: ctx.recorder.event({}, 'Normal', 'task over', 'VERSION')
    async def stop(self, ctx):
        STOP
        ctx.recorder.event({}, 'Normal', 'stop', 'VERSION')
    async def export_state(self):
        EXPORT
        return {'count': self.count}
    async def import_state(self, state):
        IMPORT
        self.count = state['count']
    async def reconcile(self, ctx, request):
        self.count += 1
        ctx.recorder.event({}, 'Normal', 'VERSION', str(self.count))
"""

HANGS = "await asyncio.sleep(1000)"


def hooked(
    version: str, *, start: str = "pass", stop: str = "pass", exporting: str = "pass", importing: str = "pass"
) -> str:
    """Return a plugin that counts its reconciles, with a line of each hook's own."""
    text = HOOKED.replace("NAMESPACE", NAMESPACE).replace("VERSION", version)
    text = text.replace("START", start).replace("STOP", stop)
    return text.replace("EXPORT", exporting).replace("IMPORT", importing)


@pytest.fixture
async def edit_plugin(
    make_harness: Callable[..., HostHarness], short_deadlines: HostSettings
) -> Callable[[str, str], Awaitable[HostHarness]]:
    """Let a plugin count one object, and then edit it; hooks have 0.3 s."""

    async def edit(before: str, after: str) -> HostHarness:
        harness = make_harness(settings=replace(short_deadlines, hook_deadline_seconds=0.3))
        await harness.host.start()
        harness.host.lead()
        await harness.create("a")
        harness.write("one.py", before)
        await harness.ran("V1", "1")
        harness.write("one.py", after)
        return harness

    return edit


async def _goes_on_and_can_be_mended(harness: HostHarness) -> None:
    await harness.change("a", 1)
    await harness.ran("V1", "2")
    assert not harness.journal.messages("one", "V2")
    harness.write("one.py", hooked("V3"))
    await harness.ran("V3", "3")


async def test_hooks_run_and_state_is_handed_over_and_forgotten_tasks_are_ended(
    edit_plugin: Callable[[str, str], Awaitable[HostHarness]],
) -> None:
    harness = await edit_plugin(hooked("V1"), hooked("V2"))
    await harness.ran("V2", "2")
    await harness.state("Active")
    assert [line for line in harness.journal.lines if line[1] in {"start", "stop", "task over"}] == [
        ("one", "start", "V1"),
        ("one", "start", "V2"),
        ("one", "stop", "V1"),
        ("one", "task over", "V1"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("raise OSError('port taken')", "start(ctx) raised OSError: port taken"),
        ("raise SystemExit(3)", "start(ctx) raised SystemExit: 3"),
        (HANGS, "start(ctx) did not end within 0.3 s"),
    ],
)
async def test_a_start_hook_that_fails_leaves_the_old_revision_at_work(
    edit_plugin: Callable[[str, str], Awaitable[HostHarness]], line: str, reason: str
) -> None:
    harness = await edit_plugin(hooked("V1"), hooked("V2", start=line))
    assert (await harness.state("Rejected")).reason == reason
    await _goes_on_and_can_be_mended(harness)


@pytest.mark.parametrize("where", ["start", "importing"])
async def test_a_hook_that_fails_is_reported_at_the_line_that_raised(
    edit_plugin: Callable[[str, str], Awaitable[HostHarness]], where: str
) -> None:
    text = hooked("V2", **{where: "self.open_port()"}) + "    def open_port(self):\n        raise OSError('taken')\n"
    harness = await edit_plugin(hooked("V1"), text)
    status = await harness.state("Rejected")
    assert (status.reason.partition(" raised ")[2], status.line) == ("OSError: taken", text.count("\n"))


async def test_a_stop_hook_that_fails_is_logged_at_the_line_that_raised(
    edit_plugin: Callable[[str, str], Awaitable[HostHarness]],
) -> None:
    text = hooked("V1", stop="self.close_port()") + "    def close_port(self):\n        raise OSError('gone')\n"
    harness = await edit_plugin(text, hooked("V2"))
    with capture_logs() as lines:
        await harness.ran("V2", "2")
        await harness.state("Active")
    (line,) = [line for line in lines if line["event"] == "Plugin did not stop cleanly"]
    assert line["reason"] == f"{harness.root}/one.py:{text.count(chr(10))}: stop(ctx) raised OSError: gone"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("raise ValueError('not mine')", "import_state raised ValueError: not mine"),
        ("raise SystemExit(3)", "import_state raised SystemExit: 3"),
        ("raise asyncio.CancelledError", "import_state raised CancelledError"),
        (HANGS, "import_state did not end within 0.3 s"),
    ],
)
async def test_state_that_cannot_be_taken_over_leaves_the_old_revision_at_work(
    edit_plugin: Callable[[str, str], Awaitable[HostHarness]], line: str, reason: str
) -> None:
    harness = await edit_plugin(hooked("V1"), hooked("V2", importing=line))
    assert (await harness.state("Rejected")).reason == reason
    await _goes_on_and_can_be_mended(harness)


@pytest.mark.parametrize(
    "line",
    [
        "raise KeyError('count')",
        "raise SystemExit(3)",
        HANGS,
        "return object()",
        "loop = []; loop.append(loop); return loop",
    ],
)
async def test_state_that_cannot_be_told_is_left_behind_and_keeps_no_plugin_from_being_mended(
    edit_plugin: Callable[[str, str], Awaitable[HostHarness]], line: str
) -> None:
    harness = await edit_plugin(hooked("V1", exporting=line), hooked("V2"))
    await harness.ran("V2", "1")
    await harness.state("Active")


async def test_a_takeover_that_waits_for_a_moment_is_tried_again(
    edit_plugin: Callable[[str, str], Awaitable[HostHarness]], tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    late = f"if not __import__('os').path.exists({str(gate)!r}): raise OSError('not yet')"
    harness = await edit_plugin(hooked("V1"), hooked("V2", importing=late))
    await harness.state("Rejected")
    gate.touch()
    await harness.ran("V2", "2")


async def test_state_that_cannot_be_told_once_more_after_the_swap_holds_up_nobody_for_long(
    edit_plugin: Callable[[str, str], Awaitable[HostHarness]],
) -> None:
    once = "await asyncio.sleep(1000 if hasattr(self, 'asked') else 0); self.asked = True"
    harness = await edit_plugin(hooked("V1", exporting=once), hooked("V2"))
    await harness.ran("V2", "2")
    await harness.state("Active")


@pytest.mark.parametrize("line", ["raise OSError('gone')", "raise SystemExit(3)", HANGS])
async def test_a_stop_hook_that_fails_does_not_keep_the_new_revision_from_working(
    edit_plugin: Callable[[str, str], Awaitable[HostHarness]], line: str
) -> None:
    harness = await edit_plugin(hooked("V1", stop=line), hooked("V2"))
    await harness.ran("V2", "2")
    await harness.state("Active")
    assert harness.journal.messages("one", "task over") == ["V1"]


async def test_a_stop_hook_that_hangs_does_not_outlast_the_end_of_the_process(harness: HostHarness) -> None:
    await harness.create("a")
    harness.write("one.py", hooked("V1", stop=HANGS))
    await harness.ran("V1", "1")
    started = asyncio.get_running_loop().time()
    await harness.host.stop(1)
    assert asyncio.get_running_loop().time() - started < 4


async def test_a_standby_warms_its_caches_and_reconciles_only_once_it_leads(
    make_harness: Callable[..., HostHarness],
) -> None:
    harness = make_harness()
    await harness.create("a")
    harness.write("one.py", hooked("V1"))
    await harness.host.start()
    status = await harness.state("Active")
    assert status.controllers[0].has_synced
    assert harness.journal.lines == []
    harness.write("one.py", hooked("V2"))
    await eventually(lambda: harness.status().reloads == 2)
    harness.host.lead()
    await harness.ran("V2", "1")
    assert harness.journal.reasons("one")[0] == "start"


async def test_a_stop_in_the_middle_of_a_drain_runs_the_stop_hook_of_the_code_that_drains(
    make_harness: Callable[..., HostHarness], short_deadlines: HostSettings, tmp_path: Path
) -> None:
    harness = make_harness(settings=replace(short_deadlines, drain_deadline_seconds=60))
    await harness.host.start()
    harness.host.lead()
    await harness.create("a")
    gate = tmp_path / "gate"
    waits = f"        while not __import__('os').path.exists({str(gate)!r}): await asyncio.sleep(0.02)\n"
    harness.write("one.py", hooked("V1") + waits)
    await harness.ran("V1", "1")
    harness.write("one.py", hooked("V2"))
    await harness.state("Draining")
    stopping = asyncio.create_task(harness.host.stop(20))
    await asyncio.wait([stopping], timeout=0.1)
    gate.touch()
    await stopping
    stopped = [(reason, message) for who, reason, message in harness.journal.lines if reason in {"stop", "task over"}]
    assert sorted(stopped) == [("stop", "V1"), ("stop", "V2"), ("task over", "V1"), ("task over", "V2")]


async def test_a_task_of_a_plugin_that_ends_the_process_ends_itself_alone(harness: HostHarness) -> None:
    await harness.create("a")
    dies = "async def dies(): raise SystemExit(3)\n        asyncio.create_task(dies())"
    harness.write("one.py", hooked("V1", start=dies))
    await harness.ran("V1", "1")
    await harness.change("a", 1)
    await eventually(lambda: harness.journal.reasons("one").count("V1") >= 2)
    harness.write("one.py", hooked("V2"))
    await harness.state("Active")


@pytest.mark.parametrize("hook", ["start", "stop", "importing", "exporting"])
async def test_a_hook_that_cancels_its_task_and_exits_ends_neither_its_plugins_task_nor_an_edit(
    edit_plugin: Callable[[str, str], Awaitable[HostHarness]], hook: str
) -> None:
    harm = "asyncio.current_task().cancel(); raise SystemExit(0)"
    with capture_logs() as lines:
        if hook in {"stop", "exporting"}:
            harness = await edit_plugin(hooked("V1", **{hook: harm}), hooked("V2"))
            await harness.ran("V2", "2" if hook == "stop" else "1")
        else:
            harness = await edit_plugin(hooked("V1"), hooked("V2", **{hook: harm}))
            assert "raised SystemExit: 0" in (await harness.state("Rejected")).reason
    assert not [line for line in lines if line["event"] == "Background task ended, restarting it"]


@pytest.mark.parametrize("then", ["return Odd()", "raise SystemExit(0)", "await asyncio.sleep(0)"])
async def test_a_factory_that_cancels_its_task_in_the_operator_only_ends_no_task_of_its_plugin(
    harness: HostHarness, then: str
) -> None:
    # Inside a trial there is no other plugin's module.
    text = (
        "import asyncio, sys, threading\nfrom plugin_operator import controller\n"
        "@controller(for_='v1/ConfigMap')\nclass Odd:\n    async def reconcile(self, ctx, request): ...\n"
        "async def new_controller():\n"
        "    if threading.active_count() > 1:\n        asyncio.current_task().cancel()\n"
        f"        {then}\n    return Odd()\n"
    )
    harness.write("good.py", hooked("V1").replace("'one'", "'good'"))
    await harness.state("Active", "good")
    with capture_logs() as lines:
        harness.write("one.py", text)
        assert "interrupted" not in (await harness.state("Rejected")).reason
    assert not [line for line in lines if line["event"] == "Background task ended, restarting it"]
