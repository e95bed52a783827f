"""An operator that runs, and virtual minutes of its scrapes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from kube_apiserver import ApiServer
from tests.alerts import rules
from tests.alerts.running_operator import HEALTHY, RunningOperator
from tests.alerts.timeline import Timeline

StartOperator: TypeAlias = Callable[..., Awaitable[RunningOperator]]


@pytest.fixture
def timeline() -> Timeline:
    """An empty one, of what the rules read."""
    return Timeline(frozenset(each.metric for alert in rules.alerts() for each in rules.selectors_of(alert.expr)))


@pytest.fixture
async def start_operator(api_server: ApiServer, tmp_path: Path) -> AsyncIterator[StartOperator]:
    """Start a replica with one healthy plugin; by default without leader election."""
    running: list[RunningOperator] = []

    async def start(*, elects: bool = False) -> RunningOperator:
        folder = tmp_path / "plugins"
        folder.mkdir(exist_ok=True)
        operator = RunningOperator(api_server.endpoint.url, folder, elects=elects)
        running.append(operator)
        operator.write("healthy", HEALTHY)
        await operator.state("healthy", "Active")
        return operator

    yield start
    for operator in running:
        await operator.stop()


@pytest.fixture
async def operator(start_operator: StartOperator) -> RunningOperator:
    """One replica that reconciles."""
    return await start_operator()
