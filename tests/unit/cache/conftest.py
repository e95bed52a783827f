"""A reflector's surroundings: the scripted server, a virtual clock and metrics."""

import pytest

from plugin_operator.cache import InformerFactory
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.cache.script import Script


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
async def factory(script, clock, metrics):
    made = InformerFactory(script, script, clock=clock, metrics=metrics)
    yield made
    await made.stop()
