"""Fault by fault: the operator goes on, says so, hears everything in the end, and harms nobody else."""

import pytest

from tests.integration.faults.rows import ROWS, Row
from tests.integration.faults.scripts import RESTARTS
from tests.integration.faults.scripts_server import SCRIPTED
from tests.integration.faults.sides import NAMESPACE
from tests.integration.faults.table import table, written


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
async def test_nothing_is_lost_when(site, row: Row) -> None:
    before = await site.metric(RESTARTS, kind="v1/ConfigMap", reason=row.restarts)
    await site.put("v1/ConfigMap", "kept", "earlier")
    await site.seen("maps", "kept", "earlier")

    for fault in row.plan:
        site.server.faults.add(fault)
    await site.put("v1/ConfigMap", "kept", 1)
    await site.client.delete("v1/ConfigMap", "doomed", NAMESPACE)
    await site.put("v1/ConfigMap", "fresh", 1)
    await site.put("v1/Secret", "other", 1)
    await site.seen("bystander", "other", 1)
    if row.restarts:
        await site.counts(before + 1, RESTARTS, at_least=True, kind="v1/ConfigMap", reason=row.restarts)
    if row.state:
        await site.shows("maps", row.state, row.reason)
        assert row.reason in await site.status()
        assert (await site.get("probe server", "/healthz"))[0] == 200
        assert (await site.get("probe server", "/readyz"))[0] == 200
        site.server.faults.clear()

    await site.seen("maps", "kept", 1)
    await site.seen("maps", "doomed", "gone")
    await site.seen("maps", "fresh", 1)
    await site.equal("maps", "v1/ConfigMap")
    assert await site.is_undisturbed("v1/Secret")
    assert site.is_running


MARKS = {
    "compacted": [pytest.mark.embedded_only("it compacts the history")],
    "server_lost_data": [pytest.mark.own_server],
    "server_caught_up": [pytest.mark.own_server],
    "server_restored": [pytest.mark.own_server],
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=MARKS.get(name, ())) for name in SCRIPTED])
async def test_the_operator_goes_on_when(site, name: str) -> None:
    await SCRIPTED[name].run(site)
    assert site.is_running
    if not name.startswith("server_"):
        assert await site.is_undisturbed("v1/Secret")


def test_the_operations_page_shows_these_faults_and_no_others() -> None:
    assert len(ROWS) + len(SCRIPTED) >= 60
    assert len({row.when for row in ROWS}) == len(ROWS)
    assert written() == table(), "run python -m tests.integration.faults.table"
