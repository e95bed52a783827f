"""The coalescer of the API server's controllers."""

import asyncio

import pytest

from kube_apiserver.controllers.coalescer import Coalescer


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
