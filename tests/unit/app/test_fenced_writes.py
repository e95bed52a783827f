"""The plugins' client past the end of leadership."""

from typing import Any

import pytest

from plugin_operator.app.fenced_transport import FencedTransport
from plugin_operator.client import ApiRequest, Response
from plugin_operator.errors import LeadershipLost
from plugin_operator.fence import Fence
from plugin_operator.testing.virtual_clock import VirtualClock


class Sent:
    """Writes down what would go to the server."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    async def send(self, request: ApiRequest) -> Response:
        self.calls.append((request.method, request.path))
        return Response(200, {}, b"{}")

    def stream(self, request: ApiRequest) -> Any:
        self.calls.append(("STREAM", request.path))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_no_write_leaves_past_the_end_of_leadership(method: str) -> None:
    clock, sent = VirtualClock(), Sent()
    fence = Fence(clock)
    transport = FencedTransport(sent, fence)
    fence.until = clock.monotonic() + 10
    await transport.send(ApiRequest(method, "/early"))
    await clock.advance(10)
    with pytest.raises(LeadershipLost):
        await transport.send(ApiRequest(method, "/late"))
    assert sent.calls == [(method, "/early")]


async def test_reads_pass_for_they_harm_nobody() -> None:
    clock, sent = VirtualClock(), Sent()
    fence = Fence(clock)
    fence.close()
    transport = FencedTransport(sent, fence)
    await transport.send(ApiRequest("GET", "/x"))
    transport.stream(ApiRequest("GET", "/y", timeout_seconds=1))
    assert sent.calls == [("GET", "/x"), ("STREAM", "/y")]
