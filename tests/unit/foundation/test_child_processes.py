"""Ending child processes: only asyncio reaps them, so that it knows how they ended."""

import asyncio
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterator

import pytest

from plugin_operator.tasks.child_processes import kill, kill_and_reap


@pytest.fixture
def polls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Process ids of running children that were polled: a poll reaps a child behind asyncio's back."""
    found: list[int] = []
    poll = subprocess.Popen.poll

    def record(process: "subprocess.Popen[bytes]") -> int | None:
        if process.returncode is None:
            found.append(process.pid)
        return poll(process)

    monkeypatch.setattr(subprocess.Popen, "poll", record)
    yield found
    assert not found


async def started(*words: str) -> Process:
    return await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True)


async def test_a_killed_child_is_reaped_by_asyncio_alone(polls: list[int]) -> None:
    process = await started("sleep", "60")
    kill(process)
    assert await process.wait() == -9


@pytest.mark.parametrize("group", [True, False])
async def test_a_child_is_killed_and_reaped_within_the_deadline(polls: list[int], group: bool) -> None:
    process = await started("sleep", "60")
    await kill_and_reap(process, group=group, deadline_seconds=10)
    assert process.returncode == -9


async def test_a_grandchild_that_keeps_the_pipes_does_not_delay(polls: list[int]) -> None:
    process = await started("sh", "-c", "setsid sleep 20 & exec sleep 60")
    await kill_and_reap(process, group=False, deadline_seconds=10)
    assert process.returncode == -9


async def test_a_child_that_has_ended_is_left_alone(polls: list[int]) -> None:
    process = await started("true")
    await process.wait()
    kill(process)
    await kill_and_reap(process, group=True, deadline_seconds=10)
    assert process.returncode == 0
