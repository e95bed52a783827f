"""The process of the fork server on the event loop of production."""

import os
import socket
from typing import ClassVar

import uvloop

from plugin_operator.clock import SystemClock
from plugin_operator.hosting.scan.snapshot import PluginSource, digest_of
from plugin_operator.hosting.validation.trial_process import TrialProcess
from plugin_operator.hosting.validation.validator import Validator
from plugin_operator.testing.eventually import eventually
from tests.compiling import compiled

FILES = {
    "one.py": b"from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"
}
SOURCE = PluginSource("one", "/plugins/one.py", FILES, digest_of(FILES), root="/plugins", code=compiled(FILES))


class Watched(socket.socket):
    """A socket that notes whether its descriptor was closed before ``close``."""

    closed_before: ClassVar[list[int]] = []

    def close(self) -> None:
        if self.fileno() >= 0:
            try:
                os.fstat(self.fileno())
            except OSError:
                self.closed_before.append(self.fileno())
        super().close()


def test_the_event_loop_closes_no_descriptor_twice() -> None:
    """Another thread may have got its number meanwhile: a file of the scan, or the watch of the directory."""

    async def run() -> None:
        process = TrialProcess()
        process.requests = Watched(fileno=process.requests.detach())
        process.verdicts = Watched(fileno=process.verdicts.detach())
        made = Validator(clock=SystemClock(), deadline_seconds=10, first=process)
        assert (await made.validate(SOURCE)).ok
        await made.stop(5)
        await eventually(lambda: (process.requests.fileno(), process.verdicts.fileno()) == (-1, -1))

    uvloop.run(run())
    assert Watched.closed_before == []
