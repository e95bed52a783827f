"""What one replica reports of the shard map: every replica, the shards of each, and what is wrong with the map."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from plugin_operator.metrics import Metrics
from plugin_operator.replicas.lease_names import MAP_KEY
from plugin_operator.replicas.map_lease import MAP_MANAGER
from plugin_operator.replicas.map_report import MOST_ROWS, MapReport
from plugin_operator.replicas.member_leases import MemberLeases
from plugin_operator.sharding.lease_writer import lease_of
from tests.unit.replicas.test_coordinator_driver import NAMES, TIMING, Members

WHOLE = 257


class Reported:
    """Members, and what a replica that only observes reports of them."""

    def __init__(self) -> None:
        self.members = Members()
        self.metrics = Metrics()
        self.own = ""

    async def start(self) -> None:
        """Observe from now on."""
        self.observed = await self.members.observer()
        self.report = MapReport(
            self.members.watch, self.observed, member=lambda: self.own, coordinator=lambda: "pod-a_1",
            metrics=self.metrics,
        )  # fmt: skip

    async def join(self, identity: str) -> str:
        """Add a member whose Lease has a holder."""
        self.members.leases = MemberLeases(
            self.members.store, NAMES, identity=identity, timing=TIMING, clock=self.members.clock
        )
        return await self.members.join()

    async def two(self) -> tuple[str, str]:
        """Return two members that share all shards under a coordinator."""
        names = await self.join("pod-a_1"), await self.join("pod-b_2")
        self.members.elect(await self.members.observer())
        await self.members.pass_time(2 * TIMING.lease_seconds)
        return names

    def row(self, pod: str) -> dict[str, Any]:
        """Return the row of a pod."""
        return next(each for each in self.report.rows() if each["pod"] == pod)

    async def edit(self, text: str) -> None:
        """Write the map as a person does, while no coordinator repairs it."""
        lease = self.members.store.leases[NAMES.map]
        lease = {**lease, "metadata": {**lease["metadata"], "annotations": {MAP_KEY: text}}}
        await self.members.store.update(lease, field_manager="kubectl-edit")
        self.members.watch.hint()
        await self.members.clock.advance(0.0)


@pytest.fixture
async def reported() -> AsyncIterator[Reported]:
    """No member yet."""
    made = Reported()
    await made.members.watch.start()
    await made.start()
    yield made
    await made.members.close()


async def test_each_replica_has_a_row_with_its_pod_and_its_part(reported: Reported) -> None:
    one, two = await reported.two()
    reported.own = two
    a, b = reported.report.rows()
    assert (a["pod"], b["pod"]) == ("pod-a", "pod-b")
    assert (a["lease"], b["lease"]) == (lease_of(one)[0], lease_of(two)[0])
    assert a["shards"] + b["shards"] == WHOLE - 1
    assert [a["leads"], b["leads"]].count(True) == 1
    assert (a["state"], b["state"]) == ("active", "active")
    assert (a["self"], b["self"]) == (False, True)
    assert (a["coordinates"], b["coordinates"]) == (True, False)
    assert a["epoch"] >= 1
    assert min((*a["ranges"], *b["ranges"]))[0] == "0x0000000000000000"


async def test_the_division_is_counted_and_in_the_metrics(reported: Reported) -> None:
    one, _ = await reported.two()
    reported.own = one
    found = reported.report.division()
    assert (found["unowned"], found["unattended"], found["moving"], found["problem"]) == (0, 0, 0, "")
    assert sum(found["owners"].values()) == WHOLE
    assert 1 <= found["imbalance"] < 1.2
    assert found["coordinator"] == "pod-a_1"
    assert reported.report.figures().owned == {"": reported.row("pod-a")["shards"]}


async def test_shards_of_a_replica_that_is_silent_are_unattended_until_they_move(reported: Reported) -> None:
    _, two = await reported.two()
    (driver,) = reported.members._running
    await reported.members.end(driver)
    reported.members.kill(two)
    await reported.members.pass_time(TIMING.lease_seconds)
    shards = reported.row("pod-b")["shards"]
    assert reported.row("pod-b")["state"] == "silent"
    assert reported.report.figures().unowned in {shards, shards + 1}
    assert reported.report.division()["unowned"] == 0
    changes = reported.report.division()["membershipChanges"]
    reported.members.elect(reported.observed)
    await reported.members.pass_time(2 * TIMING.lease_seconds)
    assert [each["pod"] for each in reported.report.rows()] == ["pod-a"]
    assert reported.report.figures().unowned == 0
    assert reported.report.division()["moves"] in {shards, shards + 1}
    assert reported.report.division()["membershipChanges"] == changes + 1


async def test_a_watch_without_events_makes_no_replica_silent(reported: Reported) -> None:
    await reported.two()
    reported.members.store.is_away = True
    await reported.members.pass_time(3 * TIMING.lease_seconds)
    assert {each["state"] for each in reported.report.rows()} == {""}
    assert reported.report.figures().unowned == 0
    assert "not read" in reported.report.division()["problem"]


async def test_a_map_that_was_never_read_has_no_figures(reported: Reported) -> None:
    assert reported.report.figures().unowned is None
    assert "not read yet" in reported.report.division()["problem"]
    assert reported.report.rows() == []


async def test_without_a_map_no_shard_has_an_owner(reported: Reported) -> None:
    await reported.join("pod-a_1")
    await reported.members.pass_time(1.0)
    assert reported.report.figures().unowned == WHOLE
    assert "no shard map" in reported.report.division()["problem"]
    assert reported.row("pod-a")["shards"] == 0


@pytest.mark.parametrize("text", ["", "garbage", "{}", '{"origin": 1}'])
async def test_a_map_edited_by_hand_is_said_and_gives_no_one_a_shard(reported: Reported, text: str) -> None:
    await reported.two()
    (driver,) = reported.members._running
    await reported.members.end(driver)
    moves = reported.report.division()["moves"]
    await reported.edit(text)
    found = reported.report.division()
    assert "edited by hand" in found["problem"]
    assert (found["version"], found["imbalance"], found["owners"]) == (0, None, {})
    assert reported.report.figures().unowned == WHOLE
    assert found["moves"] == moves


async def test_hostile_holders_are_cut_and_rows_are_bounded(reported: Reported) -> None:
    await reported.two()
    await reported.join("\x1b[2J" + "x" * 100_000)
    assert len(max((each["pod"] for each in reported.report.rows()), key=len)) <= 300
    for number in range(MOST_ROWS + 10):
        reported.observed._holders[f"o-{number}/uid"] = "pod"
    assert len(reported.report.rows()) == MOST_ROWS
    msgspec.json.encode(reported.report.rows())


async def test_a_holder_that_is_no_text_is_not_known(reported: Reported) -> None:
    one, _ = await reported.two()
    lease = reported.members.store.leases[lease_of(one)[0]]
    again = await reported.members.observer()
    await reported.members.store.update({**lease, "spec": {"holderIdentity": 7}}, field_manager=MAP_MANAGER)
    assert again.present()[one] == ""
