"""A server that belongs to a sandbox ends with it."""

import asyncio
import os
import sys

import pytest

from plugin_operator.cli.lifetime import wait_for_end


async def test_the_end_of_standard_input_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    with os.fdopen(read) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        waiting = asyncio.create_task(wait_for_end(with_stdin=True))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        os.close(write)
        await asyncio.wait_for(waiting, 10)
