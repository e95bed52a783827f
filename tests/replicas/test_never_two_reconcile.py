"""Whatever happens to the leader: at no moment do two replicas reconcile, and the next one takes over in time.

The plugin appends its replica's name to a journal on the server, under optimistic concurrency, and notes the machine's
monotonic time before each reconcile. A name that comes back after another one wrote, or a conflict, is two at work.
"""

import json
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.replicas.conftest import Replica, Replicas, until

LEASE_SECONDS = 5.0
RENEW_SECONDS = 3.0
RETRY_SECONDS = 0.5
# For a machine that has other work: the limits with it tell slow from never, and safety does not depend on them.
SLACK_SECONDS = 15.0
DOWN_SECONDS = 60.0
TAKEN_OVER_SECONDS = LEASE_SECONDS + RETRY_SECONDS * 2.2 + SLACK_SECONDS

Trouble = Callable[[Any, Any], None]


def long(test: Any) -> Any:
    """Mark a test that takes minutes: it runs on the real server, or if asked for."""
    asked = os.environ.get("REPLICAS_SERVER") == "real" or os.environ.get("REPLICAS_LONG") == "1"
    return pytest.mark.skipif(not asked, reason="minutes: part of make conformance")(pytest.mark.timeout(600)(test))


def terminated(replicas: Replicas, leader: Replica) -> None:
    began = time.monotonic()
    leader.signal(signal.SIGTERM)
    assert leader.end() == 0, leader.log
    ended = time.monotonic()
    replicas.take_out(leader)
    begins = replicas.begins(replicas.leader().name)
    # The next one may have begun before the process of the old one was gone, but not before its Lease was free.
    assert begins is not None
    # Sooner than a Lease expires that is not released.
    assert begins - ended < LEASE_SECONDS - RETRY_SECONDS, (began, ended, begins)


def killed(replicas: Replicas, leader: Replica) -> None:
    leader.signal(signal.SIGKILL)
    replicas_take_over(replicas, leader)


def stopped(replicas: Replicas, leader: Replica) -> None:
    leader.signal(signal.SIGSTOP)
    replicas_take_over(replicas, leader)
    leader.signal(signal.SIGCONT)
    assert leader.end(10) == 1
    assert ", exiting" in leader.log
    assert "Traceback" not in leader.log


def partitioned(replicas: Replicas, leader: Replica) -> None:
    leader.network.cut()
    began = time.monotonic()
    assert leader.end(RENEW_SECONDS + SLACK_SECONDS) == 1
    assert time.monotonic() - began > RENEW_SECONDS - RETRY_SECONDS - 0.2
    replicas_take_over(replicas, leader)
    leader.network.heal()


def blocked(replicas: Replicas, leader: Replica) -> None:
    (replicas.folder / f"block-{leader.name}").write_text(str(2 * (RENEW_SECONDS + SLACK_SECONDS)))
    assert leader.end(RENEW_SECONDS + SLACK_SECONDS) == 1
    assert "the event loop is blocked" in leader.log
    replicas_take_over(replicas, leader)


def clocks_jump(replicas: Replicas, leader: Replica) -> None:
    """Wall clocks go an hour forth and back, the leader's and the standbys' against each other."""
    for jump in (3600.0, -3600.0):
        for each in replicas.alive:
            wrong = jump if each is leader else -jump
            (replicas.folder / f"jump-{each.name}").write_text(str(wrong))
        renewals: set[str] = set()
        deadline = time.monotonic() + 60
        # More renewals than a Lease lasts, and the last of them with the wrong time in it.
        while len(renewals) < 1.5 * LEASE_SECONDS / RETRY_SECONDS and time.monotonic() < deadline:
            lease = replicas.lease()
            off = (datetime.fromisoformat(lease["renewTime"]) - datetime.now(UTC)).total_seconds()
            if abs(off - jump) < 60:
                renewals.add(lease["renewTime"])
        assert len(renewals) >= 1.5 * LEASE_SECONDS / RETRY_SECONDS
        assert replicas.leader().name == leader.name
    killed(replicas, leader)


def robbed_of_its_lease(replicas: Replicas, leader: Replica) -> None:
    """Somebody deletes the Lease: the leader hears of it at once, and the others wait as long as it might not."""
    replicas.server.kubectl("delete", "lease", "plugin-operator-leader-election")
    deleted = time.monotonic()
    assert leader.end(SLACK_SECONDS) == 1
    assert "the Lease was deleted" in leader.log
    assert "Traceback" not in leader.log
    replicas.take_out(leader)
    begins = replicas.begins(replicas.leader().name)
    assert begins is not None
    assert LEASE_SECONDS - 0.5 < begins - deleted < TAKEN_OVER_SECONDS


def standby_is_stopped(replicas: Replicas, leader: Replica) -> None:
    """A standby sleeps longer than a Lease lasts: what it saw before is no reason to take over when it wakes up."""
    standby = next(each for each in replicas.alive if each is not leader)
    standby.signal(signal.SIGSTOP)
    time.sleep(LEASE_SECONDS + 2)
    standby.signal(signal.SIGCONT)
    until(standby.is_ready, lambda: standby.log[-2000:])
    time.sleep(LEASE_SECONDS)
    assert replicas.leader().name == leader.name
    assert standby.process.poll() is None


def server_is_stopped_for_a_moment(replicas: Replicas, leader: Replica) -> None:
    """A server that pauses for less than the renew deadline costs nobody the Lease."""
    replicas.server.signal(signal.SIGSTOP)
    time.sleep(RENEW_SECONDS / 2)
    replicas.server.signal(signal.SIGCONT)
    time.sleep(LEASE_SECONDS)
    assert replicas.leader().name == leader.name


def server_is_stopped(replicas: Replicas, leader: Replica) -> None:
    """A server that pauses past the Lease: the leader ends, and one of the standbys leads once it answers again."""
    replicas.server.signal(signal.SIGSTOP)
    assert leader.end(RENEW_SECONDS + SLACK_SECONDS) == 1
    replicas.take_out(leader)
    time.sleep(LEASE_SECONDS)
    assert [each.process.poll() for each in replicas.alive] == [None] * len(replicas.alive)
    replicas.server.signal(signal.SIGCONT)
    assert replicas.leader(LEASE_SECONDS + 15).name != leader.name


def without_a_server(replicas: Replicas, leader: Replica) -> None:
    replicas.server.stop()
    assert leader.end(RENEW_SECONDS + SLACK_SECONDS) == 1
    replicas.take_out(leader)
    time.sleep(DOWN_SECONDS - RENEW_SECONDS)
    assert [each.process.poll() for each in replicas.alive] == [None] * len(replicas.alive)
    replicas.server.start()
    assert replicas.leader(30).name != leader.name


def replicas_take_over(replicas: Replicas, leader: Replica) -> None:
    began = time.monotonic()
    replicas.take_out(leader)
    replicas.leader()
    assert time.monotonic() - began < TAKEN_OVER_SECONDS


def assert_standbys_are_warm(replicas: Replicas, leader: Replica) -> None:
    for standby in (each for each in replicas.alive if each is not leader):
        assert standby.is_ready()
        assert standby.metric('plugin_operator_informer_objects{kind="v1/ConfigMap",namespace=""}') == 1
        assert standby.metric('leader_election_master_status{name="plugin-operator-leader-election"}') == 0
        assert standby.metric('workqueue_depth{controller="journal",name="journal",priority="0"}') >= 0
        assert standby.status()["leading"] is False
        assert standby.status()["plugins"][0]["digest"] == leader.status()["plugins"][0]["digest"]


def assert_all_tell_the_same_plugins(replicas: Replicas) -> None:
    def told() -> list[str]:
        found = replicas.server.kubectl(
            "get", "lease", "plugin-operator-leader-election", "-o", "json", "--ignore-not-found"
        )
        if not found:
            return []  # the first leader has not written it yet
        annotations = json.loads(found)["metadata"].get("annotations", {})
        return [value for key, value in annotations.items() if key.startswith("plugins.plugin-operator/")]

    deadline = time.monotonic() + 30
    while len(found := told()) < len(replicas.alive) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert len(found) >= len(replicas.alive)
    assert len(set(found)) == 1


def play(replicas: Replicas, *troubles: Trouble) -> None:
    replicas.add("a1", "a2", "a3")
    assert_all_tell_the_same_plugins(replicas)
    for number, trouble in enumerate(troubles):
        leader = replicas.leader()
        assert_standbys_are_warm(replicas, leader)
        trouble(replicas, leader)
        if number < len(troubles) - 1:
            replicas.add(f"b{number}")
    replicas.leader()
    replicas.assert_never_two(server_was_stopped=server_is_stopped in troubles)


def test_a_leader_that_is_blocked_ends_before_another_starts(replicas: Replicas) -> None:
    play(replicas, blocked)


def test_a_leader_that_is_cut_off_ends_before_another_starts(replicas: Replicas) -> None:
    play(replicas, partitioned, terminated)


def test_a_leader_whose_lease_is_deleted_ends_before_another_starts(replicas: Replicas) -> None:
    play(replicas, robbed_of_its_lease)


@long
def test_whatever_happens_to_leaders_one_after_the_other_never_do_two_work(replicas: Replicas) -> None:
    play(replicas, killed, stopped, partitioned, blocked, terminated)


@long
def test_what_is_stopped_and_goes_on_makes_no_second_leader(replicas: Replicas) -> None:
    play(replicas, standby_is_stopped, server_is_stopped_for_a_moment, server_is_stopped, stopped)


@long
def test_a_wall_clock_that_jumps_neither_ends_nor_prolongs_a_lead(replicas: Replicas) -> None:
    play(replicas, clocks_jump)


@long
def test_a_leader_without_a_server_ends_and_standbys_wait_a_minute_for_it(replicas: Replicas) -> None:
    play(replicas, without_a_server, terminated)
