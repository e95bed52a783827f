"""The plugins' client past the end of leadership."""

from typing import Any

import pytest

from plugin_operator.app.fenced_transport import FencedTransport
from plugin_operator.client import Response
from plugin_operator.errors import LeadershipLost
from plugin_operator.fence import Fence
from plugin_operator.testing.virtual_clock import VirtualClock


class Sent:
    """Writes down what would go to the server."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    async def request(self, method: str, path: str, **settings: Any) -> Response:
        self.calls.append((method, path))
        return Response(200, {}, b"{}")

    def stream(self, path: str, **settings: Any) -> Any:
        self.calls.append(("STREAM", path))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_no_write_leaves_past_the_end_of_leadership(method: str) -> None:
    clock, sent = VirtualClock(), Sent()
    fence = Fence(clock)
    transport = FencedTransport(sent, fence)
    fence.until = clock.monotonic() + 10
    await transport.request(method, "/early")
    await clock.advance(10)
    with pytest.raises(LeadershipLost):
        await transport.request(method, "/late")
    assert sent.calls == [(method, "/early")]


async def test_reads_pass_for_they_harm_nobody() -> None:
    clock, sent = VirtualClock(), Sent()
    fence = Fence(clock)
    fence.close()
    transport = FencedTransport(sent, fence)
    await transport.request("GET", "/x")
    transport.stream("/y", timeout_seconds=1)
    assert sent.calls == [("GET", "/x"), ("STREAM", "/y")]
