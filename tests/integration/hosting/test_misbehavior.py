"""A plugin that misbehaves is named, and bounded, and the others go on."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from structlog.testing import capture_logs

from plugin_operator.hosting.runtime.misbehavior import PLUGIN_MISBEHAVING
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")


def find(lines: list[Any], event: str) -> dict[str, Any] | None:
    return next((line for line in lines if line["event"] == event), None)


async def test_a_plugin_that_forgets_tasks_is_named_with_their_stack(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    body = "async def forgotten():\n    await asyncio.sleep(600)\nfor _ in range(150): asyncio.create_task(forgotten())"
    await harness.create("a")
    with capture_logs() as lines:
        path = harness.write("one.py", plugin_text("V1", body=body))
        line = await eventually(lambda: find(lines, "Plugin leaves tasks unfinished"))
    assert (line["plugin"], line["tasks"]) == ("one", 150)
    assert line["most"] == {"one.<locals>.forgotten": 150}
    assert line["stack"].startswith(f"{path}:")
    assert harness.status().tasks == 150
    (charge,) = harness.status().charges
    assert (charge.how, charge.detail, charge.stack) == ("tasks", "150 of them", tuple(line["stack"].splitlines()))
    assert harness.metrics.family(PLUGIN_MISBEHAVING).values == {("one", "tasks"): 1}
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
    await harness.state("Active")
    assert harness.status().tasks == 0
    harness.host.hint()
    await eventually(lambda: harness.status().charges == () and not harness.metrics.family(PLUGIN_MISBEHAVING).values)


async def test_a_plugin_that_ends_its_tasks_is_charged_no_more_and_again_when_it_forgets_them_again(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    head = "import asyncio\nTASKS = []\n"
    body = (
        "for task in TASKS: task.cancel()\n"
        "TASKS[:] = [asyncio.create_task(asyncio.sleep(600)) for _ in range(150 if request.name == 'a' else 0)]"
    )
    harness.write("one.py", plugin_text("V1", head=head, body=body))

    async def charged(name: str, expected: list[str]) -> None:
        async def is_so() -> bool:
            harness.host.hint()
            return [each.how for each in harness.status().charges] == expected

        await harness.change(name, os.urandom(4).hex())
        await eventually(is_so, timeout_seconds=20)

    await harness.create("b")
    await harness.ran("V1", "b")
    await harness.create("a")
    await charged("a", ["tasks"])
    await charged("b", [])
    await charged("a", ["tasks"])


async def test_a_plugin_that_nearly_always_fails_is_named_once(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    for name in "abcdefgh":
        await harness.create(name)
    with capture_logs() as lines:
        harness.write("one.py", plugin_text("V1", body="raise ValueError('no good')"))
        line = await eventually(lambda: find(lines, "Plugin fails most of the time"))
        assert (line["plugin"], line["error"]) == ("one", "ValueError: no good")
        assert line["stack"].startswith(f"{harness.root / 'one.py'}:")
        harness.host.hint()
        harness.write("two.py", plugin_text("V2", name="two"))
        await harness.ran("V2", "a", "two")
    assert harness.status().failing == "ValueError: no good"
    assert [(each.how, each.stack) for each in harness.status().charges] == [
        ("fails", tuple(line["stack"].splitlines()))
    ]
    assert harness.status().state == "Active"
    assert sum(line["event"] == "Plugin fails most of the time" for line in lines) == 1


async def test_a_plugin_that_blocks_the_loop_is_charged_until_it_is_edited(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    await harness.create("a")
    path = harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "a")
    revision = harness.status().revision
    harness.host.blocked("one", 1.25, [f"{path}@{revision}:7", f"{path}@{revision}:3"])
    harness.host.blocked("one", 0.5, [f"{path}@{revision}:7"])
    harness.host.blocked("gone meanwhile", 9, [])
    (charge,) = harness.status().charges
    assert (charge.how, charge.detail) == ("blocks", "for 1.2 s at the longest, 2 times so far")
    assert charge.stack == (f"{path}:7",)
    assert harness.metrics.family(PLUGIN_MISBEHAVING).values == {("one", "blocks"): 1}
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
    harness.host.hint()
    await eventually(lambda: harness.status().charges == () and not harness.metrics.family(PLUGIN_MISBEHAVING).values)


async def test_a_plugin_that_blocks_in_a_thread_harms_no_other(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    await harness.create("a")
    text = (
        "from plugin_operator import controller\nimport time\n"
        f"@controller(for_='v1/ConfigMap', namespaces=[{NAMESPACE!r}])\n"
        "def slow(ctx, request):\n    time.sleep(0.5)\n"
    )
    harness.write("slow.py", text)
    harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "a")
    for value in range(5):
        before = harness.journal.reasons("one").count("V1")
        await harness.change("a", value)
        await eventually(partial(lambda before: harness.journal.reasons("one").count("V1") > before, before))


async def test_a_plugin_that_cannot_be_looked_at_ends_no_reload(
    harness: HostHarness, plugin_text: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await harness.create("a")
    harness.write("one.py", plugin_text("V1"))
    await harness.ran("V1", "a")
    looked = []

    def fails() -> None:
        looked.append(True)
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(harness.host._supervisors["one"], "refresh", fails)
    harness.host.hint()
    await eventually(lambda: looked)
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
