"""The Lease is deleted, emptied, edited or made anew by somebody who is no replica."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from plugin_operator.errors import LeadershipLost, NotFoundError
from plugin_operator.leaderelection import Sighting
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.leaderelection.conftest import FakeLeases

INT32_MAX = 2**31 - 1


Start = Callable[[str], Any]


def of(leases: FakeLeases, **changes: Any) -> Sighting:
    """Return the Lease as a watch reports it."""
    lease = {"holder": leases.spec["holderIdentity"], "resource_version": leases.metadata["resourceVersion"]}
    return Sighting(**{**lease, **changes})


async def test_a_leader_that_hears_of_the_deletion_may_not_act_any_more_and_ends(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0.5)
    gone = leases.lose()
    leases.delay_seconds = 0.3
    first.elector.heard_deleted(gone)
    assert not first.leads
    with pytest.raises(LeadershipLost):
        first.elector.fence.check()
    await clock.advance(0.7)
    with pytest.raises(LeadershipLost, match="the Lease was deleted"):
        first.task.result()


async def test_a_leader_that_hears_nothing_finds_the_deletion_at_its_next_renewal(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0.5)
    leases.lease = None
    await clock.advance(1.5)
    with pytest.raises(LeadershipLost, match="the Lease was deleted"):
        first.task.result()
    assert leases.lease is None


async def test_a_leader_whose_lease_was_made_anew_in_its_own_name_ends(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0.5)
    leases.put(dict(leases.spec))
    await clock.advance(2)
    with pytest.raises(LeadershipLost, match="deleted and created again"):
        first.task.result()


async def test_a_standby_that_saw_a_holder_waits_a_full_lease_before_it_creates(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    second = start("b")
    await clock.advance(0.5)
    await first.stop()
    gone = leases.lose()
    second.elector.heard_deleted(gone)
    await clock.advance(14.9)
    assert not second.leads
    await clock.advance(0.1)
    assert second.leads
    assert leases.spec["leaseTransitions"] == 0


async def test_a_holder_that_only_the_watch_showed_counts_as_seen_from_then_on(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    leases.lease = None
    late = start("b")
    await clock.advance(1)
    late.elector.heard(Sighting("a", "7"))
    await clock.advance(14.9)
    assert not late.leads
    await clock.advance(0.1)
    assert late.leads


async def test_the_duration_of_a_lease_that_only_the_watch_showed_counts(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    leases.lease = None
    late = start("b")
    await clock.advance(1)
    late.elector.heard(Sighting("a", "7", 40))
    await clock.advance(39.9)
    assert not late.leads
    await clock.advance(0.1)
    assert late.leads


@pytest.mark.parametrize("spec", [{}, None, [], "x", {"holderIdentity": None}, {"holderIdentity": "", "renewTime": 7}])
async def test_a_process_that_never_saw_a_holder_takes_an_empty_lease_after_a_retry_period(
    start: Start, leases: FakeLeases, clock: VirtualClock, spec: Any
) -> None:
    leases.put(spec)
    first = start("a")
    await clock.advance(1.9)
    assert not first.leads
    await clock.advance(0.1)
    assert first.leads


async def test_of_two_that_create_at_once_one_leads_and_the_other_stands_by(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    leases.lease = None
    leases.delay_seconds = 0.1
    both = [start("a"), start("b")]
    await clock.advance(3)
    assert [each.leads for each in both].count(True) == 1
    await clock.advance(30)
    assert [each.leads for each in both].count(True) == 1
    assert not any(each.task.done() for each in both)


async def test_a_holder_that_is_emptied_by_hand_is_no_release_and_its_leader_takes_the_lease_back(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(1)
    second = start("b")
    await clock.advance(0.5)
    leases.touch(holderIdentity="")
    second.elector.heard(of(leases))
    first.elector.heard(of(leases))
    assert not first.leads
    await clock.advance(0)
    assert (first.leads, second.leads) == (True, False)
    assert leases.spec["holderIdentity"] == "a"
    await clock.advance(30)
    assert (first.leads, second.leads) == (True, False)


async def test_a_standby_that_a_stranger_writes_in_as_holder_waits_a_full_lease(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    second = start("b")
    await clock.advance(0)
    await first.stop()
    leases.touch(holderIdentity="b")
    second.elector.hint()
    await clock.advance(14.9)
    assert not second.leads
    await clock.advance(2.1)
    assert second.leads


@pytest.mark.parametrize("holder", ["b", ""])
async def test_a_late_report_of_what_was_before_our_lease_changes_nothing(
    start: Start, leases: FakeLeases, clock: VirtualClock, holder: str
) -> None:
    stale = of(leases, holder=holder)
    first = start("a")
    await clock.advance(0.5)
    requests = leases.requests
    first.elector.heard(stale)
    first.elector.heard(of(leases))  # our own write
    assert first.leads
    first.elector.heard_deleted("uid-of-an-earlier-lease")
    assert first.leads
    await clock.advance(0)
    assert first.leads
    assert leases.requests == requests + 1  # the deletion made it look


@pytest.mark.parametrize("version", ["99", "no-number"])
async def test_a_false_report_closes_the_fence_only_until_the_server_was_asked(
    start: Start, leases: FakeLeases, clock: VirtualClock, version: str
) -> None:
    first = start("a")
    await clock.advance(0.5)
    leases.delay_seconds = 0.1
    first.elector.heard(Sighting("b", version))
    first.elector.heard_deleted(leases.metadata["uid"])
    assert not first.leads
    passing = asyncio.ensure_future(first.elector.fence.passage())
    await clock.advance(0)
    assert not passing.done()
    await clock.advance(0.2)
    assert first.leads
    passing.result()
    assert not first.task.done()


async def test_what_waits_at_the_fence_is_refused_once_leadership_is_lost(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0.5)
    gone = leases.lose()
    first.elector.heard_deleted(gone)
    passing = asyncio.ensure_future(first.elector.fence.passage())
    await clock.advance(0)
    with pytest.raises(LeadershipLost):
        passing.result()


async def test_a_renewal_that_was_under_way_when_the_lease_was_deleted_proves_nothing(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(1.9)
    leases.answer_delay_seconds = 0.5
    await clock.advance(0.3)  # the server has renewed, and its answer is on the way
    gone = leases.lose()
    first.elector.heard_deleted(gone)
    for _ in range(8):
        await clock.advance(0.1)
        assert not first.leads
    assert first.task.done()


async def test_a_lease_that_is_deleted_while_it_is_taken_makes_no_leader(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    leases.answer_delay_seconds = 1.0
    first = start("a")
    await clock.advance(0.5)
    assert leases.spec["holderIdentity"] == "a"
    gone = leases.lose()
    first.elector.heard_deleted(gone)
    await clock.advance(2)
    assert not first.leads


async def test_a_path_that_is_not_served_for_a_while_is_no_deletion(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    async def not_served() -> None:
        raise NotFoundError(404, "", "404 page not found")

    first = start("a")
    await clock.advance(0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(leases, "_arrive", not_served)
        await clock.advance(7)
    await clock.advance(30)
    assert first.leads


@pytest.mark.parametrize("answer", [None, [], "lease", {}, {"metadata": None}, {"metadata": {"name": "lease"}}])
async def test_an_answer_that_is_no_lease_takes_nothing_and_ends_nothing(
    start: Start, leases: FakeLeases, clock: VirtualClock, answer: Any
) -> None:
    async def lie(*_: Any) -> Any:
        return answer

    first = start("a")
    await clock.advance(0)
    second = start("b")
    await clock.advance(0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(leases, "get", lie)
        leases.touch(preferredHolder="c")  # so that the leader has to read
        await clock.advance(4)
        assert (first.leads, second.leads) == (True, False)
    await clock.advance(30)
    assert (first.leads, second.leads) == (True, False)


@pytest.mark.parametrize("transitions", [INT32_MAX, INT32_MAX + 5, -1, None, "7", 1.5])
async def test_whatever_counts_as_transitions_somebody_leads(
    start: Start, leases: FakeLeases, clock: VirtualClock, transitions: Any
) -> None:
    leases.touch(leaseTransitions=transitions)
    first = start("a")
    await clock.advance(0)
    assert first.leads
    assert 0 < leases.spec["leaseTransitions"] <= INT32_MAX
    leases.touch(leaseTransitions=transitions)
    await clock.advance(4)
    assert first.leads
    assert 0 <= leases.spec["leaseTransitions"] <= INT32_MAX
    await first.stop()
    await first.elector.release()
    assert 0 <= leases.spec["leaseTransitions"] <= INT32_MAX


@pytest.mark.parametrize("time", [None, "", "soon", 7, "2026-01-01", "2026-13-01T00:00:00Z", "2026-W01-1T00:00:00Z"])
async def test_times_that_are_none_are_replaced_by_the_leader(
    start: Start, leases: FakeLeases, clock: VirtualClock, time: Any
) -> None:
    first = start("a")
    await clock.advance(1)
    leases.touch(acquireTime=time, renewTime=time)
    await clock.advance(1)
    assert first.leads
    assert leases.spec["acquireTime"] == leases.spec["renewTime"] == "2026-01-01T00:00:02.000000Z"


@pytest.mark.parametrize("duration", [0, -15, None, "15", 1, 1.5])
async def test_a_short_or_senseless_duration_lets_nobody_start_while_the_holder_may_lead(
    start: Start, leases: FakeLeases, clock: VirtualClock, duration: Any
) -> None:
    first = start("a")
    await clock.advance(0.5)
    leases.touch(leaseDurationSeconds=duration)
    second, third = start("b"), None
    await clock.advance(1)
    third = start("c")
    await first.stop()
    await clock.advance(13.9)
    assert not second.leads
    await clock.advance(3)
    assert [second.leads, third.leads].count(True) == 1


def gone(leases: FakeLeases) -> None:
    leases.lease = None


@pytest.mark.parametrize(
    "trouble",
    [
        gone,
        lambda leases: leases.touch(holderIdentity=""),
        lambda leases: leases.touch(holderIdentity=None, leaseDurationSeconds=None),
        lambda leases: leases.touch(holderIdentity="stranger", leaseDurationSeconds=15),
        lambda leases: leases.touch(holderIdentity="b", leaseDurationSeconds=1, renewTime="2026-01-01T00:00:09Z"),
        lambda leases: leases.put({}),
        lambda leases: leases.put({"holderIdentity": "stranger", "leaseDurationSeconds": 15}),
    ],
)
async def test_a_holder_with_a_longer_lease_than_ours_is_waited_for_whatever_becomes_of_the_lease(
    start: Start, leases: FakeLeases, clock: VirtualClock, trouble: Callable[[Any], None]
) -> None:
    leases.touch(holderIdentity="a", leaseDurationSeconds=45)
    second = start("b")
    await clock.advance(4)
    trouble(leases)
    await clock.advance(4)
    trouble(leases)  # twice, as a person in doubt does it
    await clock.advance(40.9)
    assert not second.leads
    await clock.advance(10)
    assert second.leads


async def test_a_holder_with_a_longer_lease_that_was_over_is_not_waited_for(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    leases.touch(holderIdentity="a", leaseDurationSeconds=45)
    second = start("b")
    await clock.advance(44.9)
    leases.touch(holderIdentity="c", leaseDurationSeconds=15, renewTime="2026-01-01T00:00:44Z")
    await clock.advance(0.2)
    leases.touch(renewTime="2026-01-01T00:00:45Z")
    await clock.advance(19)
    assert second.leads


async def test_a_huge_duration_that_somebody_edits_in_does_not_outlast_what_the_holder_said(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    second = start("b")
    await clock.advance(0)
    await first.stop()
    for _ in range(6):
        await clock.advance(2)
        leases.touch(leaseDurationSeconds=INT32_MAX, leaseTransitions=leases.spec["leaseTransitions"] + 1)
    await clock.advance(5)
    assert second.leads


async def test_a_huge_duration_locks_nobody_out_for_ever(start: Start, leases: FakeLeases, clock: VirtualClock) -> None:
    leases.touch(holderIdentity="dead", leaseDurationSeconds=INT32_MAX)
    first = start("a")
    await clock.advance(149)
    assert not first.leads
    await clock.advance(6)
    assert first.leads
    assert leases.spec["leaseDurationSeconds"] == 15


async def test_a_longer_duration_of_another_replica_is_honoured(
    start: Start, leases: FakeLeases, clock: VirtualClock
) -> None:
    leases.touch(holderIdentity="other", leaseDurationSeconds=137)
    first = start("a")
    await clock.advance(136)
    assert not first.leads


async def test_renewals_differ_even_if_the_wall_clock_stands_still(
    start: Start, leases: FakeLeases, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = clock.now()
    monkeypatch.setattr(VirtualClock, "now", lambda _: frozen)
    first, second = start("a"), start("b")
    await clock.advance(60)
    assert (first.leads, second.leads) == (True, False)


@pytest.mark.parametrize("touched", [False, True])
async def test_a_lease_that_a_process_of_the_same_identity_holds_is_not_given_back(
    start: Start, leases: FakeLeases, clock: VirtualClock, touched: bool
) -> None:
    first = start("a")
    await clock.advance(0.5)
    await first.stop()
    renewed = "2026-01-01T00:00:09Z" if not touched else leases.spec["renewTime"]
    leases.touch(renewTime=renewed, acquireTime=renewed, leaseTransitions=5)
    await first.elector.release()
    assert leases.spec["holderIdentity"] == ("" if touched else "a")
