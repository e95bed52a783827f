"""Fault by fault: the operator goes on, says so, hears everything in the end, and harms nobody else."""

import pytest

from tests.integration.faults.operator_harness import RESTARTS, OperatorHarness
from tests.integration.faults.rows import ROWS, Row
from tests.integration.faults.scripts_server import SCRIPTED
from tests.integration.faults.servers import NAMESPACE
from tests.integration.faults.table import table, written


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
async def test_nothing_is_lost_when(harness: OperatorHarness, row: Row) -> None:
    before = await harness.metric(RESTARTS, kind="v1/ConfigMap", reason=row.restarts)
    await harness.put("v1/ConfigMap", "kept", "earlier")
    await harness.seen("maps", "kept", "earlier")

    for fault in row.plan:
        harness.server.faults.add(fault)
    await harness.put("v1/ConfigMap", "kept", 1)
    await harness.client.delete("v1/ConfigMap", "doomed", NAMESPACE)
    await harness.put("v1/ConfigMap", "fresh", 1)
    await harness.put("v1/Secret", "other", 1)
    await harness.seen("bystander", "other", 1)
    if row.restarts:
        await harness.counts(before + 1, RESTARTS, at_least=True, kind="v1/ConfigMap", reason=row.restarts)
    if row.state:
        await harness.shows("maps", row.state, row.reason)
        assert row.reason in await harness.status()
        assert (await harness.get("probe server", "/healthz"))[0] == 200
        assert (await harness.get("probe server", "/readyz"))[0] == 200
        harness.server.faults.clear()

    await harness.seen("maps", "kept", 1)
    await harness.seen("maps", "doomed", "gone")
    await harness.seen("maps", "fresh", 1)
    await harness.equal("maps", "v1/ConfigMap")
    assert await harness.is_undisturbed("v1/Secret")
    assert harness.is_running


MARKS = {
    "compacted": [pytest.mark.embedded_only("it compacts the history")],
    "server_lost_data": [pytest.mark.own_server],
    "server_caught_up": [pytest.mark.own_server],
    "server_restored": [pytest.mark.own_server],
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=MARKS.get(name, ())) for name in SCRIPTED])
async def test_the_operator_goes_on_when(harness: OperatorHarness, name: str) -> None:
    await SCRIPTED[name].run(harness)
    assert harness.is_running
    if not name.startswith("server_"):
        assert await harness.is_undisturbed("v1/Secret")


def test_the_page_of_failures_shows_these_faults_and_no_others() -> None:
    assert len(ROWS) + len(SCRIPTED) >= 60
    assert len({row.when for row in ROWS}) == len(ROWS)
    assert written() == table(), "run python -m tests.integration.faults.table"
