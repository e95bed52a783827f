"""A plugin's task that ends in the middle of a step: what it left half done is repaired, and the edit takes over."""

import asyncio
import os
from collections.abc import Callable
from functools import partial

import pytest
from structlog.testing import capture_logs

from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

PLUGIN = """
import asyncio
from plugin_operator import controller
@controller(for_='v1/ConfigMap', name='one', namespaces=['NAMESPACE'])
class One:
    async def start(self, ctx):
        await asyncio.sleep(0.4)
    async def stop(self, ctx):
        ctx.recorder.event({}, 'Normal', 'stop VERSION', '')
    async def reconcile(self, ctx, request):
        ctx.recorder.event({}, 'Normal', 'VERSION', request.name)
        await asyncio.sleep(SECONDS)
"""


def text_of(version: str, *, slow: bool = False) -> str:
    text = PLUGIN.replace("VERSION", version).replace("NAMESPACE", NAMESPACE)
    return text.replace("SECONDS", "1" if slow else "0")


@pytest.mark.parametrize("state", ["Validating", "Warming", "Draining"])
@pytest.mark.parametrize("times", [1, 3])
async def test_a_swap_that_is_cut_off_is_made_again_and_nothing_of_it_is_left(
    make_harness: Callable[..., HostHarness], state: str, times: int
) -> None:
    harness = make_harness(validate=state == "Validating")
    await harness.host.start()
    harness.host.lead()
    await harness.create("a")
    harness.write("one.py", text_of("V1", slow=state == "Draining"))
    await harness.ran("V1", "a")
    if state != "Draining":
        await harness.state("Active")
    harness.write("one.py", text_of("V2"))
    await eventually(lambda: harness.status().state == state, interval_seconds=0.001, timeout_seconds=20)
    with capture_logs() as lines:
        for _ in range(times):
            run = harness.host._runs["one"]
            task = run.task
            task.cancel()
            await eventually(partial(lambda run, task: run.task is not task, run, task))
            await asyncio.sleep(0)
    assert [line["event"] for line in lines].count("Background task ended, restarting it") == times
    await harness.ran("V2", "a")
    status = await harness.state("Active")
    assert status.reason == ""
    await eventually(lambda: "stop V1" in harness.journal.reasons("one"))
    assert harness.journal.reasons("one").count("stop V1") == 1
    before = harness.journal.reasons("one").count("V2")
    await harness.change("a", "again")
    await eventually(lambda: harness.journal.reasons("one").count("V2") > before)
    assert "V1" not in harness.journal.reasons("one")[-1:]


async def test_an_unload_that_is_cut_off_is_brought_to_its_end(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    await harness.create("a")
    harness.write("one.py", text_of("V1", slow=True))
    harness.write("two.py", plugin_text("V1", name="two"))
    await harness.ran("V1", "a")
    (harness.root / "one.py").unlink()
    await eventually(lambda: harness.status().state == "Draining", interval_seconds=0.001)
    harness.host._runs["one"].task.cancel()
    await eventually(lambda: not harness.knows(), timeout_seconds=20)
    assert harness.journal.reasons("one").count("stop V1") == 1
