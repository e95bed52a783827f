"""The operators of docs/examples end in the same state with faults as without, whenever these come.

Faults are planned in the embedded API server, so the requests pass the client as in production.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any

import pytest

from kube_apiserver.faults import Action, Fault, Planned
from plugin_operator.errors import NotFoundError
from plugin_operator.testing import PluginHarness, PluginState, Scenario, eventually, scenario
from tests.integration.faults.ported_operators import START, STORIES, Object, Story

pytestmark = pytest.mark.embedded_only("faults are planned in the server of a scenario")

OPERATOR: dict[str, Any] = {"agent": "plugin-operator", "verb": "write"}
ONCE: dict[str, dict[str, Any]] = {
    "forbidden": {"action": Action.REFUSE, "code": 403},
    "conflicting": {"action": Action.REFUSE, "code": 409},
    "failed": {"action": Action.REFUSE, "code": 500},
    "lost after it was applied": {"action": Action.LOSE},
}
#: Longer than the longest backoff of so few failures.
CALM_SECONDS = 600
PATIENCE_SECONDS = 120
#: So many writes pass before a fault comes.
MOST_WRITES = 5
#: Long enough for a trial import: the swap comes while the write is held back.
HELD_SECONDS = 2.0

stories = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.plugin)


@asynccontextmanager
async def running(story: Story) -> AsyncIterator[Scenario]:
    async with scenario(story.path, start=START, timeout_seconds=PATIENCE_SECONDS) as s:
        yield s


async def play(story: Story, s: Scenario) -> list[list[Object]]:
    """Let users act, and return the state after each act."""
    states = []
    for act in story.acts:
        await act(s.client)
        await s.settle()
        await s.advance(CALM_SECONDS)
        states.append(await story.state(s.client))
    return states


@cache
def known_states() -> dict[str, list[list[Object]]]:
    """The states without faults, by plugin: after each act, and after the owner is deleted."""
    return {}


async def states_without_faults(story: Story) -> list[list[Object]]:
    known = known_states()
    if story.plugin not in known:
        async with running(story) as s:
            states = await play(story, s)
            assert s.failed_writes == []
            await story.delete_owner(s.client)
            await s.settle()
            await s.advance(CALM_SECONDS)
            known[story.plugin] = [*states, await story.state(s.client)]
    return known[story.plugin]


@stories
@pytest.mark.parametrize("fault", ONCE)
async def test_each_write_fails_once_and_the_end_is_the_same(story: Story, fault: str) -> None:
    async with running(story) as s:
        planned = s.server.faults.add(Fault(**OPERATOR, **ONCE[fault], count=None, alternating=True))
        states = await play(story, s)
        assert planned.hits > 1
        assert states == (await states_without_faults(story))[:-1]


@stories
@pytest.mark.parametrize("writes", range(MOST_WRITES))
async def test_one_write_fails_once_and_the_end_is_the_same(story: Story, writes: int) -> None:
    """Others pass, so none of them brings back a reconcile that has swallowed its failure."""
    async with running(story) as s:
        s.server.faults.add(Fault(**OPERATOR, **ONCE["failed"], skip=writes))
        assert await play(story, s) == (await states_without_faults(story))[:-1]


@stories
@pytest.mark.parametrize("writes", range(MOST_WRITES))
async def test_an_owner_that_is_deleted_on_the_way_leaves_nothing_else_behind(story: Story, writes: int) -> None:
    """So many writes pass, and then none: the owner is deleted with its reconcile half done."""
    async with running(story) as s:
        s.server.faults.add(Fault(**OPERATOR, action=Action.REFUSE, code=503, count=None, skip=writes))
        for act in story.acts:
            with suppress(NotFoundError):  # a child that the operator could not make
                await act(s.client)
            await s.settle()
        await story.delete_owner(s.client)
        s.server.faults.clear()
        await s.settle()
        await s.advance(CALM_SECONDS)
        assert await story.state(s.client) == (await states_without_faults(story))[-1]


async def played_in_real_time(story: Story, fault: Fault | None) -> list[Object]:
    """Return the state after the acts, with an edit of the plugin while ``fault`` holds a write back."""
    async with PluginHarness(story.path, timeout_seconds=PATIENCE_SECONDS) as harness, asyncio.TaskGroup() as tasks:

        async def edit(planned: Planned) -> None:
            await eventually(lambda: planned.hits > 0)
            status = await harness.write(story.plugin, f"{story.path.read_text()}\n# edited\n")
            assert status is not None
            assert (status.state, status.reloads) == (PluginState.ACTIVE, 2)

        edited = tasks.create_task(edit(harness.server.faults.add(fault))) if fault is not None else None
        for act in story.acts:
            await act(harness.client)
            await harness.settle()
        if edited is not None:
            await edited
        await harness.settle()
        return await story.state(harness.client)


@stories
async def test_a_plugin_that_is_edited_on_the_way_ends_in_the_same_state(story: Story) -> None:
    """Its second write is held back meanwhile."""
    held = Fault(**OPERATOR, action=Action.DELAY, seconds=HELD_SECONDS, skip=1)
    assert await played_in_real_time(story, held) == await played_in_real_time(story, None)
