"""Taking, keeping, losing and releasing the Lease, on a virtual clock."""

from collections.abc import Callable

import pytest

from plugin_operator.errors import ConfigError, LeadershipLost
from plugin_operator.leaderelection import new_identity
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.leaderelection.conftest import FakeLeases, Replica


async def test_the_first_replica_creates_the_lease_and_leads(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    leases.lease = None
    first = start("a")
    await clock.advance(1.9)
    assert first.led == 0  # somebody may have deleted the Lease of a leader that does not know yet
    await clock.advance(0.1)
    assert (first.led, first.gauge, first.elector.is_leader()) == (1, 1, True)
    assert leases.spec == {
        "holderIdentity": "a",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-01-01T00:00:02.000000Z",
        "renewTime": "2026-01-01T00:00:02.000000Z",
        "leaseTransitions": 0,
    }


async def test_the_leader_renews_every_retry_period_and_keeps_its_acquire_time(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    start("a")
    await clock.advance(7)
    assert leases.spec["renewTime"] == "2026-01-01T00:00:06.000000Z"
    assert leases.spec["acquireTime"] == "2026-01-01T00:00:00.000000Z"
    assert leases.requests == 2 + 3


async def test_a_standby_waits_while_the_lease_changes(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    start("a")
    await clock.advance(0)
    second = start("b")
    await clock.advance(120)
    assert (second.led, second.gauge, second.elector.leader) == (0, 0, "a")


async def test_a_standby_takes_over_a_lease_that_does_not_change_for_its_duration(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    second = start("b")
    await clock.advance(0)
    await first.stop()
    await clock.advance(14.9)
    assert second.led == 0
    await clock.advance(2)
    assert second.led == 1
    assert (leases.spec["holderIdentity"], leases.spec["leaseTransitions"]) == ("b", 2)


async def test_expiry_is_judged_by_observed_change_and_not_by_the_holders_clock(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    start("a")
    await clock.advance(0)
    leases.touch(holderIdentity="z", renewTime="1999-01-01T00:00:00.000000Z")
    standby = start("b")
    await clock.advance(14)
    assert standby.led == 0


async def test_a_released_lease_is_taken_at_the_next_try(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    second = start("b")
    await clock.advance(1)
    await first.stop()
    await first.elector.release()
    assert (leases.spec["holderIdentity"], leases.spec["leaseDurationSeconds"]) == ("", 1)
    assert (first.gauge, first.elector.is_leader()) == (0, False)
    await clock.advance(1)
    assert second.led == 1
    assert leases.spec["leaseTransitions"] == 2


async def test_a_renewal_that_is_cut_off_by_the_stop_does_not_keep_the_lease_from_being_released(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(1.9)
    leases.answer_delay_seconds = 0.5
    await clock.advance(0.2)  # the server has renewed, and its answer is on the way
    await first.stop()
    leases.answer_delay_seconds = 0.0
    await first.elector.release()
    assert leases.spec["holderIdentity"] == ""


async def test_a_renewal_that_comes_back_after_the_release_makes_nobody_a_leader(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(1.9)
    leases.answer_delay_seconds = 1.0
    await clock.advance(0.2)  # the server has renewed, and its answer is on the way
    leases.answer_delay_seconds = 0.0
    await first.elector.release()  # by somebody who did not wait for the end of ``run``
    second = start("b")
    await clock.advance(2)
    assert (first.elector.is_leader(), second.elector.is_leader()) == (False, True)


async def test_a_lease_that_another_took_is_not_released_for_him(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    await first.stop()
    leases.touch(holderIdentity="b")
    await first.elector.release()
    assert leases.spec["holderIdentity"] == "b"


async def test_releasing_what_we_do_not_hold_writes_nothing(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    start("a")
    await clock.advance(0)
    second = start("b")
    await clock.advance(0)
    await second.stop()
    before = leases.version
    await second.elector.release()
    assert leases.version == before


async def test_a_release_that_fails_is_not_an_error(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    await first.stop()
    leases.down = True
    await first.elector.release()
    assert not first.elector.is_leader()


async def test_a_leader_that_cannot_renew_gives_up_before_others_may_start(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    leases.down = True
    await clock.advance(9.9)
    assert not first.task.done()
    await clock.advance(0.2)
    with pytest.raises(LeadershipLost, match="could not be renewed within 10 s"):
        first.task.result()
    assert first.gauge == 0


async def test_requests_that_hang_do_not_outlast_the_renew_deadline(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    leases.delay_seconds = 1_000
    await clock.advance(10)
    with pytest.raises(LeadershipLost):
        first.task.result()


async def test_a_short_outage_is_ridden_out(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    leases.down = True
    await clock.advance(7)
    leases.down = False
    await clock.advance(30)
    assert first.elector.is_leader()


async def test_credentials_that_fail_for_a_while_are_ridden_out(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    async def refuse() -> None:
        raise ConfigError("the command that hands out tokens failed")

    first, second = start("a"), start("b")
    await clock.advance(0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(leases, "_arrive", refuse)
        await clock.advance(7)
    await clock.advance(30)
    assert first.elector.is_leader()
    assert not second.task.done()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(leases, "_arrive", refuse)
        await first.stop()
        await first.elector.release()


async def test_an_answer_that_was_lost_does_not_cost_the_lease(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    leases.lose_answers = True
    await clock.advance(3)
    leases.lose_answers = False
    await clock.advance(30)
    assert first.elector.is_leader()
    assert leases.spec["leaseTransitions"] == 1


async def test_another_holder_in_the_lease_ends_leadership_at_once(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    leases.touch(holderIdentity="usurper")
    await clock.advance(2)
    with pytest.raises(LeadershipLost, match="held by usurper"):
        first.task.result()


async def test_somebody_elses_labels_and_a_conflict_are_survived(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    leases.metadata["labels"] = {"team": "blue"}
    leases.touch(preferredHolder="c")
    await clock.advance(4)
    assert first.elector.is_leader()
    assert leases.metadata["labels"] == {"team": "blue"}
    assert leases.spec["preferredHolder"] == "c"


async def test_a_process_that_slept_past_its_deadline_does_not_renew(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    before = leases.requests
    clock._monotonic += 100  # SIGSTOP: no timer fired meanwhile
    await clock.advance(2)
    with pytest.raises(LeadershipLost):
        first.task.result()
    assert leases.requests == before


def test_identities_are_readable_and_never_the_same() -> None:
    import socket

    first, second = new_identity(), new_identity()
    assert first != second
    assert first.startswith(f"{socket.gethostname()}_")


async def test_a_hint_makes_a_standby_try_at_once(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(0)
    second = start("b")
    await clock.advance(0.1)
    await first.stop()
    await first.elector.release()
    second.elector.hint()
    await clock.advance(0)
    assert second.led == 1
