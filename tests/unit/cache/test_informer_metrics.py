"""What the metrics of the informers say about a stream that receives nothing."""

import json

import pytest

from plugin_operator.cache import InformerFactory, State
from plugin_operator.cache.factory import INFORMER_SILENT
from plugin_operator.errors import ApiConnectionError, api_error
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.cache.script import KEY, Script, bookmark, event

LISTED = [event("ADDED", "4"), bookmark("5", end=True)]


class Silences:
    def __init__(self, metrics: Metrics) -> None:
        self._family = metrics.family(INFORMER_SILENT)

    def seconds(self) -> list[float]:
        return [value for _, value in self._family.collect()]


@pytest.fixture
def silences(metrics: Metrics) -> Silences:
    return Silences(metrics)


async def test_silence_grows_until_the_server_sends_something(
    script: Script, clock: VirtualClock, factory: InformerFactory, silences: Silences
) -> None:
    async def later() -> bytes:
        await clock.sleep(60)
        return json.dumps(bookmark("9")).encode() + b"\n"

    script.answers = [[*LISTED, later]]
    factory.acquire(KEY)
    await clock.advance(50)
    assert silences.seconds() == [50]
    await clock.advance(20)
    assert silences.seconds() == [10]


async def test_silence_grows_while_every_request_fails(
    script: Script, clock: VirtualClock, factory: InformerFactory, silences: Silences
) -> None:
    script.answers = [ApiConnectionError("refused")] * 1000
    factory.acquire(KEY)
    await clock.advance(300)
    assert silences.seconds() == [300]


async def test_a_cache_that_waits_for_a_permission_is_not_silent(
    script: Script, clock: VirtualClock, factory: InformerFactory, silences: Silences
) -> None:
    script.answers = [api_error(403, "Forbidden", "no")] * 1000
    informer = factory.acquire(KEY)
    await clock.advance(300)
    assert informer.state is State.WAITING
    assert silences.seconds() == [0]


async def test_the_series_ends_with_the_cache(
    script: Script, clock: VirtualClock, factory: InformerFactory, silences: Silences
) -> None:
    script.answers = [LISTED]
    await factory.release(factory.acquire(KEY))
    assert silences.seconds() == []
