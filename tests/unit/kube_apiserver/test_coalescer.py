"""The coalescer of the API server's controllers."""

import asyncio

import pytest

from kube_apiserver.controllers.coalescer import Coalescer, Work


async def test_a_failed_key_is_named_in_the_log_and_does_not_stop_the_next_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handled: list[str] = []
    end = asyncio.Event()

    def handle(key: str) -> None:
        if key == "broken":
            raise RuntimeError("broken object")
        handled.append(key)
        end.set()

    coalescer = Coalescer(handle)
    coalescer.add("broken")
    coalescer.add("whole")
    async with asyncio.timeout(10):
        await end.wait()
    assert caplog.messages == ["Controller failed: key=broken"]
    assert handled == ["whole"]


async def test_a_stop_before_the_long_work_begins_leaves_no_coroutine_behind() -> None:
    """A coroutine that no task awaits is a warning of a later test."""
    coalescer: Coalescer[str]
    made: list[str] = []

    async def long() -> None:
        made.append("begun")

    def handle(_: str) -> Work:
        asyncio.get_running_loop().call_soon(coalescer.stop)  # before the first turn of the task
        return long()

    coalescer = Coalescer(handle)
    coalescer.add("key")
    for _ in range(5):
        await asyncio.sleep(0)
    assert not made


async def test_interrupted_work_begins_again_with_its_key() -> None:
    """After a restore, the deletion of a namespace must not go on with the objects that it found before."""
    begun: list[str] = []
    first, second = asyncio.Event(), asyncio.Event()

    async def work(key: str) -> None:
        begun.append(key)
        (second if len(begun) == 2 else first).set()
        await asyncio.Event().wait()

    coalescer = Coalescer(work)
    coalescer.interrupt()  # there is nothing to interrupt
    coalescer.add("key")
    async with asyncio.timeout(10):
        await first.wait()
        coalescer.interrupt()
        await second.wait()
    coalescer.stop()
    assert begun == ["key", "key"]
