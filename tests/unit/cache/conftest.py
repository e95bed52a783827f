"""A reflector's surroundings: the scripted server, a virtual clock and metrics."""

from collections.abc import AsyncIterator
from typing import cast

import pytest

from plugin_operator.cache import InformerFactory
from plugin_operator.client import RESTMapper
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.cache.script import Script


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def factory(script: Script, clock: VirtualClock, metrics: Metrics) -> AsyncIterator[InformerFactory]:
    made = InformerFactory(script, cast("RESTMapper", script), clock=clock, metrics=metrics)
    yield made
    await made.stop()
